"""The order of a log's answers, found in little memory: students by first appearance, each one's answers by time."""

from typing import Final

import numpy as np
import polars as pl

PART: Final = 1 << 20
"""Answers that are sorted at a time, more only where one student has more."""


def real_order(answers: pl.DataFrame) -> np.ndarray | None:
    """Positions of the answers in order, None if they are in order already.

    Students stand in order of first appearance, each one's answers in order of `time`, ties in order of `order`, then
    as they stood; where there is neither column, as they stood.
    """
    keys = answers.select(name for name in ("time", "order") if name in answers.columns)
    rank = _ranks(answers["student"])
    together = _grouped(rank)
    if not keys.width:
        return together
    ends = np.cumsum(np.bincount(rank))  # (students,) where each one's answers end
    order: list[np.ndarray] = []
    start = 0
    while start < len(rank):
        last = np.searchsorted(ends, min(start + PART, len(rank)), side="right") - 1
        end = int(ends[max(last, np.searchsorted(ends, start, side="right"))])
        order.append(_sorted_part(keys, rank, together, slice(start, end)))
        start = end
    if together is None and all(_counts_up(part) for part in order):
        return None
    return np.concatenate(order) if order else None


def reordered(frame: pl.DataFrame, positions: np.ndarray) -> pl.DataFrame:
    """The rows at these positions; column by column, each leaving `frame` as soon as it is copied."""
    index = pl.Series(positions)
    return pl.DataFrame({name: frame.drop_in_place(name).gather(index) for name in list(frame.columns)})


def chosen(frame: pl.DataFrame, mask: pl.Series) -> pl.DataFrame:
    """The rows where `mask` is true; column by column, each leaving `frame` as soon as it is copied."""
    return pl.DataFrame({name: frame.drop_in_place(name).filter(mask) for name in list(frame.columns)})


def codes(ids: pl.Series) -> pl.Series:
    """Small whole numbers instead of ids: equal for equal ids."""
    if not isinstance(ids.dtype, pl.Categorical):
        ids = ids.cast(pl.Categorical(pl.Categories.random("ids")))
    return ids.to_physical()


def _ranks(students: pl.Series) -> np.ndarray:
    """(answers,) each student's place in the order of first appearance."""
    numbers = codes(students)
    first = numbers.unique(maintain_order=True).to_numpy()
    rank = np.zeros(int(first.max(initial=0)) + 1, dtype=np.uint32)
    rank[first] = np.arange(len(first), dtype=np.uint32)
    return rank[numbers.to_numpy()]


def _grouped(rank: np.ndarray) -> np.ndarray | None:
    """Positions that bring the answers of a student together; None if they are together."""
    if not len(rank) or bool((rank[1:] >= rank[:-1]).all()):
        return None
    small = rank.astype(np.uint16) if rank.max() < 1 << 16 else rank  # sorted by radix, twice as fast
    return np.argsort(small, kind="stable").astype(np.uint32)


def _sorted_part(keys: pl.DataFrame, rank: np.ndarray, together: np.ndarray | None, part: slice) -> np.ndarray:
    """Positions of the answers of some students, in order."""
    places = np.arange(part.start, part.stop, dtype=np.uint32) if together is None else together[part]
    frame = keys[places].with_columns(__rank=rank[places], __place=pl.int_range(len(places), dtype=pl.UInt32))
    order = frame.sort("__rank", *keys.columns, "__place", nulls_last=True)["__place"]
    return places[order.to_numpy()]


def _counts_up(positions: np.ndarray) -> bool:
    """Whether positions rise one by one."""
    return bool((np.diff(positions.astype(np.int64)) == 1).all())
