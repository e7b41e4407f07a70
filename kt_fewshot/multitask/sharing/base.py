"""`Sharing`, the contract: towers of layers, run side by side, and how tasks take their features from them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

from torch import Tensor, nn

from kt_fewshot.encoders import Layer, State

Tower = Sequence[Layer]
"""Layers of an encoder, in order."""
MakeTower = Callable[[], Tower]
"""A new tower at each call, freshly initialised; all of them have the same layers."""


class Sharing(nn.Module, ABC):
    """Gives every task its features of an example.

    A scheme says how many towers there are, what passes between them after each layer (`mix`), and how features are
    made of what the towers give (`combine`). It knows encoders only as lists of layers, so it works on tables, images
    and sequences alike; what recurrent layers remember travels in `state`.

    Args:
        make_tower: gives a new tower.
        tasks: their names; a task that others build on stands before them.
        width: of a tower's features, the last axis of what its last layer gives.
        towers: how many there are.
    """

    name: ClassVar[str]
    """What it is called on the command line."""

    def __init__(self, make_tower: MakeTower, tasks: Sequence[str], *, width: int, towers: int) -> None:
        super().__init__()
        if not tasks:
            raise ValueError("`tasks` should name at least one task. Found none.")
        self.tasks = tuple(tasks)
        self.width = width
        self.towers = nn.ModuleList(nn.ModuleList(make_tower()) for _ in range(towers))
        self._remembers = [len(layer.start(1)) for layer in self.towers[0]]  # pyright: ignore[reportGeneralTypeIssues]

    @property
    def n_views(self) -> int:
        """How many different features `forward` gives: one a task, or one that all see."""
        return len(self.tasks)

    def view(self, task: str) -> int:
        """Which of the features are a task's."""
        return self.tasks.index(task)

    def tower_names(self) -> tuple[str, ...]:
        """What each tower is called, for pictures: by the task it belongs to."""
        return self.tasks

    def start(self, batch: int) -> State:
        """What all layers remember of `batch` examples before any step."""
        return tuple(tensor for layer in self._layers() for tensor in layer.start(batch))

    def forward(self, x: Any, state: State, reset: Tensor | None = None) -> tuple[tuple[Tensor, ...], State]:  # noqa: ANN401 (examples are what the first layer takes)
        """Features of examples.

        Args:
            x: examples, as the first layer of a tower takes them.
            state: what the layers remember; `start` for nothing.
            reset: where a row forgets, as in `Layer`.

        Returns:
            The features, each (..., width), and the state to go on from. `view` says which are whose.
        """
        values: list[Any] = [x] * len(self.towers)
        # level after level; the states stand tower by tower, as `start` gives them
        remembered = self._by_layer(state)
        for level in range(len(remembered[0])):
            for k, layer in enumerate(self._level(level)):
                values[k], remembered[k][level] = layer(values[k], remembered[k][level], reset)
            values = self.mix(level, values)
        return self.combine(values), tuple(tensor for tower in remembered for own in tower for tensor in own)

    def mix(self, level: int, values: list[Tensor]) -> list[Tensor]:  # noqa: ARG002 (schemes use it)
        """What the towers' next layers read, from what their layers at `level` gave; nothing passes by default."""
        return values

    @abstractmethod
    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """Features (..., width), one for each view, from what the towers give (..., width)."""

    def start_alike(self) -> None:
        """Give all towers the weights of the first."""
        for tower in self.towers[1:]:
            tower.load_state_dict(self.towers[0].state_dict())

    def shared_parameters(self) -> list[nn.Parameter]:
        """Parameters that several tasks use."""
        return list(self.parameters())

    def penalty(self) -> Tensor | None:
        """(): what the scheme adds to the loss of each example; None for nothing."""
        return None

    def mixing(self) -> Tensor | None:
        """(tasks, towers): how much each task takes of each tower, as learned; None where nothing is learned."""
        return None

    def _layers(self) -> Iterator[Layer]:
        for tower in self.towers:
            yield from tower  # pyright: ignore[reportGeneralTypeIssues] (ModuleList hides what it holds)

    def _level(self, level: int) -> list[Layer]:
        return [tower[level] for tower in self.towers]  # pyright: ignore[reportIndexIssue]

    def _by_layer(self, state: State) -> list[list[State]]:
        """The state cut up: of each tower, of each layer."""
        tensors = iter(state)
        return [[tuple(islice(tensors, n)) for n in self._remembers] for _ in self.towers]
