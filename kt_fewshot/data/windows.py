"""Histories cut to a length, so that each answer is predicted from a short past: how pyKT evaluates."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from .interactions import Interactions

AT_ONCE: Final = 250
"""Windows in one piece."""


class Windows(NamedTuple):
    """Some windows as a log of its own.

    - `log`: a window is a student;
    - `rows: (answers,)`: the row of the whole log each answer stands in;
    - `wanted: (answers,)`: whether the answer is to be predicted here, or is only history.
    """

    log: Interactions
    rows: np.ndarray
    wanted: np.ndarray


def sliding_windows(log: Interactions, length: int) -> Iterator[Windows]:
    """Cut histories into windows; each answer is wanted in exactly one of them.

    The first `length` answers of a student are one window. Each later answer ends a window of its own, which holds the
    `length - 1` answers before it: pyKT's evaluation (Liu et al. 2022, https://arxiv.org/abs/2206.11460).

    Args:
        log: whole histories.
        length: answers a window, 1 or more.
    """
    if length < 1:
        raise ValueError(f"`length` should be at least 1. Found `length = {length}`.")
    position = log.table.select(pl.int_range(pl.len()).over("student")).to_series().to_numpy()
    first = position < length
    yield Windows(log.where(pl.Series(first)), np.flatnonzero(first), np.ones(int(first.sum()), dtype=bool))
    later = np.flatnonzero(~first)
    for start in range(0, len(later), AT_ONCE):
        ends = later[start : start + AT_ONCE]
        rows = (ends[:, None] + np.arange(1 - length, 1)).ravel()
        names = np.repeat(ends, length).astype(str)
        piece = log.table[rows].with_columns(student=pl.Series(names, dtype=pl.String))
        yield Windows(Interactions(piece, log.files), rows, np.tile(np.arange(length) == length - 1, len(ends)))
