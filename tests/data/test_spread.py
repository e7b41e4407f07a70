"""Medians of numbers that come in pieces."""

from functools import reduce

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.spread import Spread

PIECE = st.lists(st.floats(0, 1e6, width=32) | st.sampled_from([1.0, 2.5]), min_size=1, max_size=9)


def spread(numbers: list[float]) -> Spread:
    return Spread(pl.Series(numbers, dtype=pl.Float32))


@pytest.mark.parametrize(("pieces", "middle"), [([[3, 1], [2]], 2.0), ([[1, 1], [4, 9]], 2.5), ([[5], [5]], 5.0)])
def test_by_hand(pieces, middle):
    found = reduce(Spread.joined, map(spread, pieces))
    assert (found.median(), found.size, found.most) == (middle, sum(map(len, pieces)), max(map(max, pieces)))


@given(st.lists(PIECE, min_size=1, max_size=6))
def test_pieces_or_not_is_the_same(pieces: list[list[float]]):
    apart = reduce(Spread.joined, map(spread, pieces))
    whole = spread([number for piece in pieces for number in piece])
    assert apart.median() == whole.median()
    assert (apart.size, apart.most) == (whole.size, whole.most)


def test_memory_grows_with_distinct_numbers_only():
    numbers = np.arange(1000) % 7
    both = spread(list(map(float, numbers))).joined(spread([1.0, 8.0]))
    assert both.values.to_list() == [0, 1, 2, 3, 4, 5, 6, 8]
