"""Which rows of a deep tracer's tables belong to what is asked and answered now, and the tables."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from kt_fewshot.data import Question


class Rows(NamedTuple):
    """Which rows of a table belong to n questions: those of its skills, which weigh 1 together, and that of its item.

    The table has a row for each of `n_skills`, and behind them, if `items` are read, one for each item.
    """

    question: Question
    n_skills: int
    items: bool

    def sum(self, table: Tensor, correct: Tensor | None = None) -> Tensor:
        """(n, width) the sum of each question's rows.

        Args:
            table: (rows, width); with `correct` it has two for each, answered wrong and right.
            correct: (n,) in {0, 1}.
        """
        sets = self.question.narrow
        at, weights = sets.members, None
        if at.shape[1] > 1:
            at, weights = at.clamp(min=0), sets.weights.to(table.dtype)
        if self.items:
            at = torch.cat([at, self.question.item[:, None] + self.n_skills], dim=1)
            weights = functional.pad(weights, (0, 1), value=1.0) if weights is not None else None
        if correct is not None:
            at = 2 * at + correct[:, None]
        return functional.embedding_bag(at, table, per_sample_weights=weights, mode="sum")


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


class Affine(NamedTuple):
    """What questions bring: a sum of rows of `table: (rows, outputs)`, and `x @ weight + bias` beside it.

    `weight: (factors, outputs)`, `bias: (outputs,)`.
    """

    table: Tensor
    weight: Tensor
    bias: Tensor


class TwoLogits(NamedTuple):
    """Two heads of one hidden layer: first their logits' own sums, then the layer's units.

    - `inner`: of (2 + units) outputs, except that its table has `width` more columns before them: the weight of the
      trunk's features in the first logit;
    - `out: (2, units)`, `out_bias: (2,)` from the units to the logits.
    """

    inner: Affine
    out: Tensor
    out_bias: Tensor

    def logits(self, sums: Tensor) -> Tensor:
        """(..., 2) from all that comes before the layer, (..., 2 + units)."""
        return functional.linear(functional.relu(sums[..., 2:]), self.out, self.out_bias) + sums[..., :2]
