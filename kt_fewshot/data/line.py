"""`Line`: histories laid end to end, without writing the line out."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from .store import SequenceStore


@dataclass(frozen=True)
class Line:
    """Whole histories of a store, end to end in some order, as one line of answers.

    It holds two numbers a student, not two an answer, so that a store larger than memory can be lined up.

    - `first: (students,)` store position of each history's first answer, in the order of the line;
    - `begins: (students,)` its place in the line.
    """

    first: Tensor
    begins: Tensor

    @classmethod
    def of(cls, store: SequenceStore, students: Tensor) -> Self:
        """Line up histories.

        Args:
            store: the histories.
            students: (students,) the order.
        """
        students = students.to(store.starts.device)
        lengths = store.lengths[students]
        return cls(store.starts[students], lengths.cumsum(0) - lengths)

    def at(self, place: Tensor) -> tuple[Tensor, Tensor]:
        """What stands at some places.

        Args:
            place: (...) places in the line.

        Returns:
            (...) positions in the store; (...) whether a history begins there.
        """
        which = torch.searchsorted(self.begins, place, right=True) - 1
        into = place - self.begins[which]
        return self.first[which] + into, into == 0
