"""`Spread`: the median of numbers that come in pieces."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Spread:
    """Numbers, in any number of pieces; pieces are remembered as distinct numbers, so memory grows with these only.

    - `values`: float32, one at least;
    - `counts: (values,)` how often each occurs; None: once each.
    """

    values: pl.Series
    counts: np.ndarray | None = None

    def joined(self, other: "Spread") -> "Spread":
        """The numbers of both.

        >>> few, more = Spread(pl.Series([1.0, 5.0, 5.0])), Spread(pl.Series([7.0, 1.0]))
        >>> few.joined(more).median()
        5.0
        """
        pieces = [pl.DataFrame({"value": one.values, "count": one._counted()}) for one in (self, other)]
        both = pl.concat(pieces).group_by("value").agg(pl.col("count").sum()).sort("value")
        return Spread(both["value"], both["count"].to_numpy())

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.values) if self.counts is None else int(self.counts.sum())

    @property
    def most(self) -> float:
        """The largest number."""
        return self.values.max()  # pyright: ignore[reportReturnType]

    def median(self) -> float:
        """The number in the middle, or the mean of the two there."""
        return self._middle

    @cached_property
    def _middle(self) -> float:
        if self.counts is None:
            numbers, middle = self.values.to_numpy(), len(self.values) // 2
            parted = np.partition(numbers, middle)
            return _mean(parted[middle], parted[:middle].max() if len(numbers) % 2 == 0 else parted[middle])
        ends = np.cumsum(self.counts)  # the values are sorted
        places = np.searchsorted(ends, [(ends[-1] - 1) // 2, ends[-1] // 2], side="right")
        return _mean(*self.values.to_numpy()[places])

    def _counted(self) -> np.ndarray:
        return np.ones(len(self.values), dtype=np.int64) if self.counts is None else self.counts


def _mean(one: np.floating, other: np.floating) -> float:
    """The mean of two numbers, in their own precision, as polars has it."""
    return float((one + other) / one.dtype.type(2))
