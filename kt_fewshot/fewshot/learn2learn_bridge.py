"""learn2learn (https://github.com/learnables/learn2learn): its algorithms as methods, its task sets, its models.

The one module that imports it, and only once something of it is asked for.
"""

import contextlib
import io
import random
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, ClassVar, final

import torch
from pydantic import Field
from torch import Tensor, nn

from kt_fewshot.encoders import Encoder, Memoryless
from kt_fewshot.errors import KTError
from kt_fewshot.training import LossSum, mix

from .episode_source import EpisodeSource
from .episodes import Episode, Examples
from .inner_loop import Loop, example_losses, task_losses
from .linear_head import LinearHeadMethod, LinearHeadOptions
from .method import MethodOptions, Predictor, at_least_single


class Learn2LearnMethod(LinearHeadMethod):
    """An encoder and a linear head that learn2learn's MAML adapts, task after task.

    Raises:
        KTError: if learn2learn is not installed.
    """

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        learn2learn()

    @abstractmethod
    def parts(self, head: nn.Module) -> tuple[Callable[[Tensor], Tensor], nn.Module]:
        """What all tasks share, and what each adapts."""

    def adapt(self, support: Examples, n_way: int) -> Predictor:
        """See `Method.adapt`."""
        fitted = [self._fit(task, n_way) for task in Loop().parts(support)]
        return lambda x: torch.cat([of_task(query) for of_task, query in zip(fitted, x.split(1), strict=True)])

    def losses(self, batch: Episode) -> dict[str, LossSum]:
        """Loss of the queries after adapting to the support sets."""
        loop, totals = Loop(), []
        for support, query in zip(loop.parts(batch.support), loop.parts(batch.query), strict=True):
            outputs = self._fit(support, batch.n_way)(query.x)
            totals.append(example_losses(outputs if batch.n_way else outputs[..., None], query, batch.n_way).sum())
        return {"query": LossSum(torch.stack(totals).sum(), batch.query.real().sum().to(totals[0].dtype))}

    def _fit(self, task: Examples, n_way: int) -> Callable[[Tensor], Tensor]:
        follow = torch.is_grad_enabled()
        with torch.enable_grad():
            shared, adapted = self.parts(self._head(n_way))
            algorithm = learn2learn().algorithms.MAML(adapted, lr=self.options.inner_rate, first_order=not follow)
            clone = algorithm.clone(allow_unused=True)
            with torch.set_grad_enabled(follow):
                seen = shared(task.x[0])
            for _ in range(self.steps):
                outputs = at_least_single(clone(seen))[None]
                clone.adapt(task_losses(outputs, task, n_way).sum())

        def predict(x: Tensor) -> Tensor:
            outputs = at_least_single(clone(shared(x[0])))[None]
            return outputs if n_way else outputs.squeeze(-1)

        return predict

    def _head(self, n_way: int) -> nn.Module:
        """The head, or one that begins with its mean row for every class."""
        head = learn2learn().clone_module(self.head)
        head._parameters.update(self.head_rows(n_way))
        return head


@final
class Learn2LearnMAML(Learn2LearnMethod):
    """`learn2learn.algorithms.MAML` of encoder and head."""

    name: ClassVar[str] = "l2l-maml"

    def parts(self, head: nn.Module) -> tuple[Callable[[Tensor], Tensor], nn.Module]:
        """Nothing is shared."""
        return lambda x: x, nn.Sequential(self.encoder, head)


class Learn2LearnANILOptions(LinearHeadOptions):
    """As `ANILOptions` has them."""

    inner_steps: int = Field(default=5, ge=1)
    inner_rate: float = Field(default=0.5, gt=0)


@final
class Learn2LearnANIL(Learn2LearnMethod):
    """`learn2learn.algorithms.MAML` of the head, on features that all tasks share."""

    name: ClassVar[str] = "l2l-anil"
    Options: ClassVar[type[MethodOptions]] = Learn2LearnANILOptions

    def parts(self, head: nn.Module) -> tuple[Callable[[Tensor], Tensor], nn.Module]:
        """The encoder is shared."""
        return lambda x: at_least_single(self.encoder(x)), head


@final
class TaskDatasetEpisodes(EpisodeSource):
    """Episodes out of a `learn2learn.data.Taskset` (`TaskDataset` of old).

    Its transforms draw from Python's `random`, whose state is put aside meanwhile, so that task t is a function of
    `seed` and t here too. Of each class the first examples are the support's, the others the query's.

    Args:
        dataset: whose tasks are (x, y), each class 0, 1, ... of a task with as many examples as the others.
        k_shot: support examples a class.
        seed: of all tasks.
        tasks, steps, part: as `EpisodeSource` has them.
    """

    def __init__(
        self,
        dataset: Any,  # noqa: ANN401 (learn2learn's)
        k_shot: int = 1,
        *,
        seed: int = 0,
        tasks: int = 4,
        steps: int = 100,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        super().__init__(tasks=tasks, steps=steps, part=part)
        self.dataset, self.k_shot, self.seed = dataset, k_shot, seed

    @property
    def fingerprint(self) -> str:
        """A text that changes with the kind of tasks; the data themselves are learn2learn's affair."""
        return f"learn2learn {self.dataset.num_tasks} {self.k_shot} {self.tasks} {self.steps} {self.seed}"

    def draw_tasks(self, first: int, n: int, batch: int) -> Episode:  # noqa: ARG002 (all batches are alike)
        """Tasks `first` to `first + n - 1`.

        Raises:
            ValueError: if a task's classes are not of one size, above `k_shot`.
        """
        drawn = [self._draw(task) for task in range(first, first + n)]
        way = int(drawn[0][1].max()) + 1
        support, query = zip(*[self._split(x, y, way) for x, y in drawn], strict=True)
        return Episode(_stacked(support), _stacked(query), n_way=way)

    def _draw(self, task: int) -> tuple[Tensor, Tensor]:
        n = self.dataset.num_tasks
        number = task if n < 0 else task % n
        state = random.getstate()
        random.seed(mix(self.seed, number))
        try:
            x, y = self.dataset.sample() if n < 0 else self.dataset[number]
        finally:
            random.setstate(state)
        return x, y.long()

    def _split(self, x: Tensor, y: Tensor, way: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        counts = y.bincount(minlength=way)
        if int(counts.min()) != int(counts.max()) or int(counts.min()) <= self.k_shot:
            raise ValueError(f"Each class should have one number of examples, above {self.k_shot}. Found {counts}.")
        by_class = y.argsort(stable=True).reshape(way, -1)
        support, query = by_class[:, : self.k_shot].flatten(), by_class[:, self.k_shot :].flatten()
        return (x[support], y[support]), (x[query], y[query])


def encoder_of(model: nn.Module, shape: Sequence[int]) -> Encoder:
    """A model of learn2learn's (`learn2learn.vision.models`), or any, as an encoder: without its classifier.

    Args:
        model: its `features` are taken if it has them, else all of it.
        shape: of an example.
    """
    body = getattr(model, "features", model)
    whole = nn.Sequential(body, nn.Flatten())
    training = body.training
    with torch.no_grad():
        width = whole.eval()(torch.zeros(1, *shape)).shape[1]
    body.train(training)
    return Encoder([Memoryless(whole)], width)


@cache
def learn2learn() -> ModuleType:
    """The package.

    Raises:
        KTError: if it is not installed.
    """
    with contextlib.redirect_stderr(io.StringIO()):  # gym, which it imports, says there that it is old
        try:
            _make_torchvision_importable()
            import learn2learn as package
        except ImportError as error:
            raise KTError(f"learn2learn cannot be imported ({error}). Install it: make learn2learn") from error
    return package


@cache
def _make_torchvision_importable() -> torch.library.Library | None:
    """torchvision for CUDA beside torch for CPU wants operators that nobody defined; they are then declared.

    The cache keeps the declarations alive.
    """
    try:
        import torchvision  # noqa: F401  # pyright: ignore[reportMissingImports]
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        operators = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return operators
    return None


def _stacked(pairs: Sequence[tuple[Tensor, Tensor]]) -> Examples:
    x, y = zip(*pairs, strict=True)
    return Examples(torch.stack(x), torch.stack(y))
