"""Tests of what is held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.multitask.tabular.row_split import validation_rows

ALL = np.ones((1, 20), dtype=bool)


@given(st.integers(0, 1000), st.floats(0.05, 0.9), st.integers(2, 10))
def test_a_group_is_on_one_side(seed: int, fraction: float, n_groups: int) -> None:
    groups = np.random.default_rng(seed).permutation(np.arange(20) % n_groups)
    held_out = validation_rows(ALL, fraction=fraction, groups=groups, seed=seed)
    sides = [set(held_out[groups == group]) for group in range(n_groups)]
    assert all(len(side) == 1 for side in sides)
    assert sum(side == {True} for side in sides) == min(max(round(fraction * n_groups), 1), n_groups - 1)


def test_rows_are_their_own_groups() -> None:
    assert validation_rows(ALL, fraction=0.25).sum() == 5
    assert not validation_rows(ALL, fraction=0.0).any()
    assert not validation_rows(np.ones((1, 1), dtype=bool), fraction=0.5).any()
    assert not validation_rows(ALL, fraction=0.5, groups=["one"] * 20).any()


def test_few_labels_are_on_both_sides() -> None:
    few = np.arange(20) < 3
    for seed in range(20):
        held_out = validation_rows(np.stack([ALL[0], few]), fraction=0.2, seed=seed)
        assert 0 < held_out[few].sum() < 3


def test_a_single_label_is_trained_on() -> None:
    one = np.arange(20) < 1
    for seed in range(20):
        assert not validation_rows(np.stack([ALL[0], one]), fraction=0.5, seed=seed)[0]


def test_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\). Found 1"):
        validation_rows(ALL, fraction=1)
    with pytest.raises(ValueError, match=r"each of 20 rows. Found shape \(3,\)"):
        validation_rows(ALL, fraction=0.5, groups=[1, 2, 3])
    only = np.eye(2, dtype=bool)
    with pytest.raises(ValueError, match="none are left for training"):
        validation_rows(only, fraction=0.5)


def test_rows_a_user_chose() -> None:
    def chosen(mask: object, groups: object = None) -> list[bool]:
        return validation_rows(np.ones((1, 4), dtype=bool), fraction=0.1, groups=groups, chosen=mask).tolist()  # pyright: ignore

    mask = np.arange(4) < 2
    assert chosen(mask.tolist(), ["a", "a", "b", "c"]) == mask.tolist()
    with pytest.raises(ValueError, match="Found 'b' on both sides"):
        chosen(mask, ["a", "b", "b", "c"])
    with pytest.raises(ValueError, match=r"each of 4 rows whether it is held out. Found int64 of shape \(2,\)"):
        chosen([0, 1])
    with pytest.raises(ValueError, match="leave rows to train on"):
        chosen(np.ones(4, dtype=bool))
