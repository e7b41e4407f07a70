"""`IdCodes`: the ids of a column as codes, each different id looked up as seldom as may be."""

from typing import Final

import numpy as np
import polars as pl

START: Final = 1000
"""By its first thousand ids a piece is judged."""

RUN: Final = 4
"""Ids that come in runs of four and more, on average, are looked up a run at a time."""

LARGEST: Final = 1 << 22
"""Ids that are whole numbers below this are looked up in an array instead of by their text."""

NO_CODE: Final = np.iinfo(np.uint32).max


class IdCodes:
    """Ids of one column as codes of 4 bytes; every id comes out as it went in.

    Several threads may use it at once: what one of them forgets of another's, it looks up again.

    Args:
        name: of the column.
    """

    def __init__(self, name: str) -> None:
        self.kind = pl.Categorical(pl.Categories.random(name))
        self._held = pl.Series(dtype=self.kind)  # codes are forgotten where no series of their kind is left
        self._of_number = np.zeros(0, dtype=np.uint32)  # code of each whole number, `NO_CODE` of those never met

    def of(self, ids: pl.Series) -> pl.Series:
        """A piece of the column, of type `kind`; null stays null."""
        start = ids.head(START)
        if len(start.rle()) * RUN <= len(start):
            runs = ids.rle().struct.unnest()
            places = np.repeat(np.arange(len(runs), dtype=np.uint32), runs["len"].to_numpy())
            return runs["value"].cast(self.kind).gather(places).alias(ids.name)
        if whole_numbers(start) is None or (numbers := whole_numbers(ids)) is None:
            return ids.cast(self.kind)
        return self._looked_up(numbers).alias(ids.name)

    def _looked_up(self, numbers: np.ndarray) -> pl.Series:
        """Whole numbers below `LARGEST` as codes of their texts."""
        codes = self._room(int(numbers.max(initial=0)) + 1)
        found = codes[numbers]
        if (new := found == NO_CODE).any():
            distinct = np.unique(numbers[new])
            codes[distinct] = pl.Series(distinct).cast(pl.String).cast(self.kind).to_physical().to_numpy()
            found = codes[numbers]
        return pl.Series(found).cat.to(self.kind)

    def _room(self, size: int) -> np.ndarray:
        """The codes of numbers up to `size` - 1 and more."""
        codes = self._of_number
        if len(codes) < size:
            more = np.full(min(max(size, 2 * len(codes)), LARGEST) - len(codes), NO_CODE, dtype=np.uint32)
            codes = self._of_number = np.concatenate([codes, more])
        return codes


def whole_numbers(ids: pl.Series) -> np.ndarray | None:
    """Ids as whole numbers, if all are such below `LARGEST` and written as one writes them: not 007, +7 or 7.0.

    A text that is understood as a number and has no more letters than this has digits can only be these digits.
    """
    numbers = ids.cast(pl.UInt32, strict=False)
    if numbers.null_count() or not len(numbers) or int(numbers.max()) >= LARGEST:  # pyright: ignore[reportArgumentType]
        return None
    values = numbers.to_numpy()
    digits = np.ones(len(values), dtype=np.uint32)
    for power in range(1, len(str(LARGEST))):
        digits += values >= 10**power
    return values if np.array_equal(digits, ids.str.len_bytes().to_numpy()) else None
