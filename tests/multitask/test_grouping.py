"""Tests of task grouping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.multitask import Relations, group_tasks, planted_family
from kt_fewshot.multitask.grouping import MOST_EXHAUSTIVE, _best, _gain, _joined

NAMES = tuple("abcdefghijklmnop")


def relations(matrix) -> Relations:
    matrix = np.array(matrix, dtype=float)
    return Relations(NAMES[: len(matrix)], matrix, "by hand")


def blocks(*sizes: int, inside: float = 0.5, outside: float = -0.2) -> Relations:
    label = np.repeat(np.arange(len(sizes)), sizes)
    return relations(np.where(label[:, None] == label, inside, outside))


def test_friends_stay_together_and_a_stranger_alone():
    assert group_tasks(blocks(3, 2, 1)) == (("a", "b", "c"), ("d", "e"), ("f",))


def test_many_tasks():
    found = group_tasks(blocks(6, 5, 4, 1))
    assert [len(group) for group in found] == [6, 5, 4, 1]
    assert len(NAMES) > MOST_EXHAUSTIVE


def test_a_mate_who_gives_little_is_left_out_if_the_bar_is_above():
    found = relations([[1, 0.8, 0.1], [0.8, 1, 0.1], [0.1, 0.1, 1]])
    assert group_tasks(found) == (("a", "b", "c"),)
    assert group_tasks(found, at_least=0.2) == (("a", "b"), ("c",))


def test_a_circle_of_friends_is_not_broken_up():
    """Pairs would gain more a task: 0.5 each, against 0.47."""
    found = blocks(4).matrix
    found[[0, 1, 2, 3], [1, 0, 3, 2]] = 0.55
    assert group_tasks(relations(found)) == (("a", "b", "c", "d"),)


def test_what_counts_is_the_gain_of_both():
    assert group_tasks(relations([[1, 0.5], [-0.4, 1]])) == (("a", "b"),)
    assert group_tasks(relations([[1, 0.5], [-0.6, 1]])) == (("a",), ("b",))


def test_the_bar_can_be_raised():
    assert group_tasks(blocks(2, 2, inside=0.3), at_least=0.2) == (("a", "b"), ("c", "d"))
    assert group_tasks(blocks(2, 2, inside=0.3), at_least=0.4) == (("a",), ("b",), ("c",), ("d",))


def test_groups_can_be_few():
    assert group_tasks(blocks(2, 2), most_groups=1) == (("a", "b", "c", "d"),)
    assert len(group_tasks(blocks(1, 1, 1, 1), most_groups=2)) == 2
    many = blocks(*[1] * 12)
    assert len(group_tasks(many)) == 12
    assert len(group_tasks(many, most_groups=3)) == 3


def test_what_is_not_known_counts_nothing():
    assert group_tasks(relations([[1, np.nan], [np.nan, 1]])) == (("a",), ("b",))


@given(st.integers(2, 6), st.integers(0, 10**6), st.integers(1, 6))
def test_joining_never_beats_trying_all(n: int, seed: int, most: int):
    gain = np.random.default_rng(seed).normal(size=(n, n))
    best, joined = (sum(_gain(gain, group) for group in find(gain, most)) for find in (_best, _joined))
    assert best >= joined - 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_groups_of_a_planted_family_hold_only_tasks_that_overlap(seed: int):
    family = planted_family(seed)
    found = group_tasks(Relations(family.tasks, family.overlap, "planted"), at_least=0.3)
    number = {name: k for k, name in enumerate(family.tasks)}
    inside = [family.overlap[number[a], number[b]] for group in found for a in group for b in group if a != b]
    assert np.mean(inside) > 0.3
    assert max(map(len, found)) >= 2


def test_refusals():
    with pytest.raises(ValueError, match="`most_groups` should be at least 1"):
        group_tasks(blocks(2), most_groups=0)
    with pytest.raises(ValueError, match="other columns than rows"):
        group_tasks(Relations(("a",), np.ones((1, 2)), "mixing", ("x", "y")))
