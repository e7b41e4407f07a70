"""`Watched`: a model that tells how its tasks relate while it is trained."""

from collections.abc import Mapping, Sequence
from typing import Any, final

from torch import nn

from kt_fewshot.training import LossSum

from .relations import Moment, Relations


@final
class Watched(nn.Module):
    """Trains exactly as the model it holds, and looks at its tasks' relations every few steps.

    >>> watched = Watched(model, ("a", "b"))  # doctest: +SKIP
    >>> Trainer(options).fit(watched, batches)  # doctest: +SKIP
    >>> watched.cosine.matrix, watched.affinity.matrix  # doctest: +SKIP

    Args:
        model: a `Trainable`.
        tasks: which of its losses to relate.
        every: steps from one look to the next; a look costs a backward and a forward pass a task.
        rate: of the step that looks ahead, see `lookahead_affinity`.

    Raises:
        ValueError: if `every` is less than 1.
    """

    def __init__(self, model: nn.Module, tasks: Sequence[str], *, every: int = 10, rate: float = 0.1) -> None:
        if every < 1:
            raise ValueError(f"`every` should be at least 1. Found `every = {every}`.")
        super().__init__()
        self.model = model
        self.tasks, self.every, self.rate = tuple(tasks), every, rate
        self.steps = 0
        self._cosines: list[Relations] = []
        self._affinities: list[Relations] = []

    @property
    def cosine(self) -> Relations:
        """Mean `gradient_cosine` so far."""
        return Relations.mean(self._cosines)

    @property
    def affinity(self) -> Relations:
        """Mean `lookahead_affinity` so far."""
        return Relations.mean(self._affinities)

    def losses(self, batch: Any) -> Mapping[str, LossSum]:  # noqa: ANN401 (whatever the model takes)
        """The model's; on the way, now and then, a look."""
        if self.training:
            self.steps += 1
            if self.steps % self.every == 0:
                now = Moment(self.model, batch, self.tasks)
                self._cosines.append(now.cosines())
                self._affinities.append(now.affinities(rate=self.rate))
        return self.model.losses(batch)  # pyright: ignore[reportCallIssue]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The model's."""
        return list(self.model.shared_parameters())  # pyright: ignore[reportCallIssue, reportArgumentType]

    def parameter_groups(self) -> list[dict[str, object]]:
        """The model's, if it has any."""
        groups = getattr(self.model, "parameter_groups", None)
        return groups() if groups else [{"params": list(self.model.parameters())}]
