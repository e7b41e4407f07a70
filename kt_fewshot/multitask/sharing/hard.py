"""Hard sharing: one tower for all tasks (Caruana 1997, https://doi.org/10.1023/A:1007379606734)."""

from collections.abc import Sequence
from typing import ClassVar, final

from torch import Tensor

from .base import MakeTower, Sharing


@final
class Hard(Sharing):
    """All tasks see the same features; with one task it is plain training.

    Args:
        make_tower: as in `Sharing`.
        tasks: their names.
        width: of the features.
    """

    name: ClassVar[str] = "hard"

    def __init__(self, make_tower: MakeTower, tasks: Sequence[str], *, width: int) -> None:
        super().__init__(make_tower, tasks, width=width, towers=1)

    @property
    def n_views(self) -> int:
        """One, that all see."""
        return 1

    def view(self, task: str) -> int:  # noqa: ARG002 (the contract's)
        """The one."""
        return 0

    def tower_names(self) -> tuple[str, ...]:
        """One for all."""
        return ("all tasks",)

    def combine(self, values: list[Tensor]) -> tuple[Tensor, ...]:
        """The tower's features."""
        return tuple(values)
