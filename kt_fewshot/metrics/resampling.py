"""Metrics under many resamples of the students: sort the answers once, then only weigh them anew.

A resample of students with replacement is a weight for each student: how often it was drawn. A `Resampler` is a metric
of fixed answers as a function of such weights, for one or many groups of answers at once (all of them; each skill):
`weights: (draws, students)` in, `(draws, groups)` out, nan where the metric is undefined. Weights of 1 give the metric
itself, and a weight counts all answers of a student that many times.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .calibration import equal_mass_bins
from .correctness import Floats, log_losses

Resampler = Callable[[Floats], Floats]

_DRAWS_AT_ONCE: Final = 50
_CELLS_AT_ONCE: Final = 1 << 16  # draws x answers in one go: fewer stay in the cache, more amortise the call


@dataclass(frozen=True)
class GroupedAnswers:
    """Answers of `n_students` students in `n_groups` groups; an answer stands in one group.

    `student, group: (answers,)` from 0 | `probability: (answers,)` in [0, 1] | `correct: (answers,)` in {0, 1}.
    """

    student: NDArray[np.intp]
    group: NDArray[np.intp]
    probability: Floats
    correct: Floats
    n_students: int
    n_groups: int

    def sums(self, values: Floats, cell: NDArray[np.intp] | None = None, n_cells: int | None = None) -> Resampler:
        """Weighted sums of `values: (answers,)` by group, or by another `cell: (answers,)` of `n_cells`."""
        rows, n_rows = (self.group, self.n_groups) if cell is None or n_cells is None else (cell, n_cells)
        matrix = sparse.csr_array((values, (rows, self.student)), shape=(n_rows, self.n_students))
        matrix.sum_duplicates()
        return lambda weights: (matrix @ weights.T).T


def student_weights(n_students: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each student is drawn when as many are drawn as there are: chunks of `(some draws, students)`."""
    generator = np.random.default_rng(seed)
    for first in range(0, draws, _DRAWS_AT_ONCE):
        rows = min(_DRAWS_AT_ONCE, draws - first)
        drawn = generator.integers(n_students, size=(rows, n_students)) + np.arange(rows)[:, None] * n_students
        yield np.bincount(drawn.ravel(), minlength=rows * n_students).reshape(rows, n_students).astype(np.float64)


def auc_resampler(answers: GroupedAnswers) -> Resampler:
    """The AUC: for each right answer the weight of the wrong ones with a lower score, from one cumulative sum."""
    order = np.lexsort((answers.probability, answers.group))
    group, score, right = answers.group[order], answers.probability[order], answers.correct[order] == 1
    tie = np.cumsum(np.r_[False, (score[1:] != score[:-1]) | (group[1:] != group[:-1])])  # a number a distinct score
    student_right, student_wrong = answers.student[order[right]], answers.student[order[~right]]
    below = np.searchsorted(tie[~right], tie[right], side="left")
    upto = np.searchsorted(tie[~right], tie[right], side="right")
    tied = np.flatnonzero(upto > below)
    edges_right = np.searchsorted(group[right], np.arange(answers.n_groups + 1))
    edges_wrong = np.searchsorted(group[~right], np.arange(answers.n_groups + 1))

    def some_draws(weights: Floats) -> Floats:
        n = len(weights)
        wrong = np.zeros((n, student_wrong.size + 1))  # cumulative, over all groups
        np.cumsum(np.take(weights, student_wrong, axis=1), axis=1, out=wrong[:, 1:])
        of_right = np.take(weights, student_right, axis=1)
        lower = np.take(wrong, below, axis=1)
        lower[:, tied] += (np.take(wrong, upto[tied], axis=1) - lower[:, tied]) / 2
        before = wrong[:, edges_wrong[:-1]]
        total_right = _segment_sums(of_right, edges_right)
        won = _segment_sums(np.multiply(lower, of_right, out=lower), edges_right) - before * total_right
        return _ratio(won, total_right * (wrong[:, edges_wrong[1:]] - before))

    def resampled(weights: Floats) -> Floats:
        rows = max(1, _CELLS_AT_ONCE // max(1, order.size))
        return np.concatenate([some_draws(weights[at : at + rows]) for at in range(0, len(weights), rows)])

    return resampled


def mean_resampler(values: Callable[[GroupedAnswers], Floats]) -> Callable[[GroupedAnswers], Resampler]:
    """A metric that is the mean of one number an answer, `values(answers): (answers,)`."""

    def resampler(answers: GroupedAnswers) -> Resampler:
        total, count = answers.sums(values(answers)), answers.sums(np.ones(answers.student.size))
        return lambda weights: _ratio(total(weights), count(weights))

    return resampler


def ece_resampler(answers: GroupedAnswers) -> Resampler:
    """The expected calibration error, in the bins of the answers as they are: resamples do not move them."""
    cell = np.zeros(answers.student.size, dtype=np.intp)
    for group in range(answers.n_groups):
        inside = np.flatnonzero(answers.group == group)
        cell[inside] = equal_mass_bins(answers.probability[inside])
    bins = int(cell.max(initial=0)) + 1
    gap = answers.sums(answers.probability - answers.correct, answers.group * bins + cell, answers.n_groups * bins)
    count = answers.sums(np.ones(cell.size))
    return lambda weights: _ratio(np.abs(gap(weights)).reshape(-1, answers.n_groups, bins).sum(axis=2), count(weights))


def _root(resampler: Callable[[GroupedAnswers], Resampler]) -> Callable[[GroupedAnswers], Resampler]:
    def rooted(answers: GroupedAnswers) -> Resampler:
        squared = resampler(answers)
        return lambda weights: np.sqrt(squared(weights))

    return rooted


_BRIER: Final = mean_resampler(lambda answers: (answers.probability - answers.correct) ** 2)

RESAMPLERS: Final[Mapping[str, Callable[[GroupedAnswers], Resampler]]] = {
    "auc": auc_resampler,
    "accuracy": mean_resampler(lambda answers: ((answers.probability >= 0.5) == (answers.correct == 1)).astype(float)),
    "rmse": _root(_BRIER),
    "log_loss": mean_resampler(lambda answers: log_losses(answers.probability, answers.correct)),
    "brier": _BRIER,
    "ece": ece_resampler,
}
"""The metrics of `correctness.py` and the expected calibration error, by name."""


def _segment_sums(values: Floats, edges: NDArray[np.intp]) -> Floats:
    """Sums of `values: (draws, n)` between neighbouring `edges: (groups + 1,)`; 0 where they are equal."""
    sums = np.zeros((len(values), edges.size - 1))
    filled = np.flatnonzero(edges[1:] > edges[:-1])
    if filled.size:
        sums[:, filled] = np.add.reduceat(values, edges[filled], axis=1)
    return sums


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Their quotient; nan where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
