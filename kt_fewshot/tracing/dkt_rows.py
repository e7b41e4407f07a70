"""Which rows of a deep tracer's tables belong to what is asked and answered now."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from kt_fewshot.data import SkillSets


class Rows(NamedTuple):
    """Which rows of a table belong to each of n questions: `at`, `weights: (n, rows)`; None where all weigh 1.

    The table has a row for each skill, and behind them, if items are read, one for each item.
    """

    at: Tensor
    weights: Tensor | None

    @classmethod
    def of(cls, sets: SkillSets, item: Tensor | None, *, n_skills: int, dtype: torch.dtype) -> "Rows":
        """Question k has the skills `sets.members[k]`, which weigh 1 together, and item `item[k]`."""
        at, weights = sets.members, None
        if at.shape[1] > 1:
            at, weights = at.clamp(min=0), sets.weights.to(dtype)
        if item is not None:
            at = torch.cat([at, item[:, None] + n_skills], dim=1)
            weights = functional.pad(weights, (0, 1), value=1.0) if weights is not None else None
        return cls(at, weights)

    def answered(self, correct: Tensor) -> "Rows":
        """The rows in a table that has two for each one here: answered wrong, `correct[k] = 0`, and right."""
        return Rows(2 * self.at + correct[:, None], self.weights)

    def sum(self, table: Tensor) -> Tensor:
        """(n, width) the sum of each question's rows."""
        return functional.embedding_bag(self.at, table, per_sample_weights=self.weights, mode="sum")


class Questions(NamedTuple):
    """What n students are asked now: rows, and history features (n, QUESTION_FEATURES)."""

    rows: Rows
    features: Tensor


class Answers(NamedTuple):
    """What n students answer now: rows, correct (n,), history features, and behaviour (n, BEHAVIOUR), NaN unknown.

    `group: (n,)` as a `Question` has it.
    """

    rows: Rows
    correct: Tensor
    features: Tensor
    behaviour: Tensor
    group: Tensor | None
