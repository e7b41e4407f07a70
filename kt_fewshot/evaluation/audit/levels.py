"""A column of any kind as a few levels, and what each level says about right and wrong."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from .records import Codes, Flags, Floats

MOST: Final = 40
"""Levels of a column; numbers of more values are cut in so many equal parts, rarer words are one level."""

WORDS: Final = 2000
"""A column of more different words is text or an id: its values hardly come again, so they tell nothing."""


@dataclass(frozen=True)
class Levels:
    """`code: (records,)` level of each record, from 0; 0 is an empty cell. `names`: level -> what it stands for."""

    code: Codes
    names: tuple[str, ...]

    def score(self, correct: Floats, halves: Flags, among: Flags) -> float:
        """AUC of the mean outcome of each level, learned from one half of the students and tried on the other.

        Args:
            correct: (records,) in {0, 1}.
            halves: (records,) which half the student belongs to.
            among: (records,) which records count.

        Returns:
            In [0, 1], 0.5 for a column that says nothing; nan without both right and wrong answers.
        """
        right, count = (
            np.stack(
                [np.bincount(self.code[flags], weights=weight[flags], minlength=len(self.names)) for flags in parts]
            )
            for parts, weight in [((among & ~halves, among & halves), w) for w in (correct, np.ones(len(correct)))]
        )
        mean = right.sum() / max(count.sum(), 1)
        learned = (right + mean) / (count + 1)
        return float(np.mean([_auc(learned[1 - half], right[half], count[half] - right[half]) for half in (0, 1)]))

    def means(self, correct: Floats) -> tuple[Floats, Floats]:
        """Mean outcome and number of records of each level: (levels,) each."""
        count = np.bincount(self.code, minlength=len(self.names)).astype(np.float64)
        return np.bincount(self.code, weights=correct, minlength=len(self.names)) / np.maximum(count, 1), count


def levels_of(values: pl.Series) -> Levels | None:
    """A column's levels; None if it has only one, or too many different words."""
    return _of_numbers(values) if values.dtype.is_numeric() else _of_words(values)


def _of_numbers(values: pl.Series) -> Levels | None:
    numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    filled = np.isfinite(numbers)
    if not filled.any():
        return None
    edges = np.unique(numbers[filled])
    if edges.size > MOST:
        edges = np.unique(np.quantile(numbers[filled], np.linspace(0, 1, MOST + 1)[:-1], method="higher"))
        names = tuple(f"from {edge:g}" for edge in edges)
    else:
        names = tuple(f"{edge:g}" for edge in edges)
    code = np.where(filled, np.searchsorted(edges, numbers, side="right"), 0)
    return _worth(code, names)


def _of_words(values: pl.Series) -> Levels | None:
    counts = values.drop_nulls().value_counts(sort=True)
    if counts.height > WORDS:
        return None
    names = counts[values.name].head(MOST).to_list()
    frame = pl.DataFrame({"word": values})
    known = pl.DataFrame(
        {"word": names, "code": np.arange(1, len(names) + 1)}, schema={"word": pl.String, "code": pl.Int64}
    )
    code = frame.join(known, on="word", how="left", maintain_order="left")["code"]
    rest = np.where(values.is_null().to_numpy(), 0, len(names) + 1)
    return _worth(np.where(code.is_null().to_numpy(), rest, code.fill_null(0).to_numpy()), (*names, "other"))


def _worth(code: Codes, names: tuple[str, ...]) -> Levels | None:
    """Levels, if there are at least two that occur."""
    return None if code.size == 0 or code.min() == code.max() else Levels(code, ("empty", *names))


def _auc(score: Floats, right: Floats, wrong: Floats) -> float:
    """AUC from the number of right and wrong answers of each score: (levels,) each."""
    order = np.argsort(score)
    score, right, wrong = score[order], right[order], wrong[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    right, wrong = np.add.reduceat(right, starts), np.add.reduceat(wrong, starts)
    pairs = right.sum() * wrong.sum()
    below = np.cumsum(wrong) - wrong
    return float(right @ (below + wrong / 2) / pairs) if pairs > 0 else float("nan")
