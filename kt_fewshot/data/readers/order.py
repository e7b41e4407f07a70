"""The order of a log's answers, found in little memory: students by first appearance, each one's answers by time."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

PART: Final = 1 << 19
"""Answers that are sorted at a time, more only where one student has more."""


def in_order(answers: pl.DataFrame) -> pl.DataFrame:
    """Students in order of first appearance, each one's answers in order; constant times and order ids left out."""
    for name in ("time", "order"):
        if name in answers.columns and answers.height > 1 and answers[name].min() == answers[name].max():  # nulls too
            answers.drop_in_place(name)
    for name in ("student", "time", "order"):
        if name in answers.columns:  # in one piece from now on, or each look at it would copy it
            answers.replace_column(answers.get_column_index(name), answers[name].rechunk())
    positions = real_order(answers)
    return answers if positions is None else reordered(answers, positions)


def real_order(answers: pl.DataFrame) -> np.ndarray | None:
    """Positions of the answers in order, None if they are in order already.

    Students stand in order of first appearance, each one's answers in order of `time`, ties in order of `order`, then
    as they stood; where there is neither column, as they stood.
    """
    keys = pl.DataFrame({name: answers[name].rechunk() for name in ("time", "order") if name in answers.columns})
    rank = _ranks(answers["student"])
    together = bool((rank[1:] >= rank[:-1]).all())
    if together and _is_sorted(keys, rank):
        return None
    order = np.empty(len(rank), dtype=np.uint32)
    done = 0
    for first, last in _parts(rank):
        places = np.flatnonzero((rank >= first) & (rank < last)).astype(np.uint32)
        within = rank[places] - first
        small = within.astype(np.uint16) if last - first < 1 << 16 else within  # sorted by radix
        places = places[np.argsort(small, kind="stable")]  # the sort below is much faster on what is nearly sorted
        order[done : done + len(places)] = _sorted(keys, rank, places) if keys.width else places
        done += len(places)
    return None if together and _counts_up(order) else order


def reordered(frame: pl.DataFrame, positions: np.ndarray) -> pl.DataFrame:
    """The rows at these positions; column by column, each leaving `frame` as soon as it is copied."""
    index = pl.Series(positions)
    return pl.DataFrame({name: frame.drop_in_place(name).rechunk().gather(index) for name in list(frame.columns)})


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


def _is_sorted(keys: pl.DataFrame, rank: np.ndarray) -> bool:
    """Whether no key, or one key without gaps, rises within each student; False where that is not so easily told."""
    if keys.width != 1 or keys.to_series().null_count():
        return keys.width == 0
    key = keys.to_series().to_numpy()
    return bool(((key[1:] >= key[:-1]) | (rank[1:] != rank[:-1])).all())


def _parts(rank: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of students with about `PART` answers each."""
    ends = np.cumsum(np.bincount(rank)) if len(rank) else np.zeros(0, dtype=np.int64)  # (students,)
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + PART, side="right")), first + 1)
        yield first, last
        first = last


def _sorted(keys: pl.DataFrame, rank: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The places of some students' answers, in order."""
    frame = keys[places].with_columns(__rank=rank[places], __place=pl.Series(places))
    return frame.sort("__rank", *keys.columns, "__place", nulls_last=True)["__place"].to_numpy()


def _counts_up(positions: np.ndarray) -> bool:
    """Whether positions rise one by one."""
    return bool((positions[1:] == positions[:-1] + 1).all())
