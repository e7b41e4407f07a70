"""Tests of the tallies of past answers."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data import Occurrences, after, describe, empty_tally, final_tally, tally_features, upcoming
from kt_fewshot.data.history_features import count_features

KEYS = torch.tensor([1, 2, 1, 1, 2])
CORRECT = torch.tensor([1, 0, 0, 1, 1])


def test_describe_on_paper() -> None:
    features = tally_features(Occurrences.of(KEYS), CORRECT, dtype=torch.float64)
    log2 = math.log(2)
    assert features[0].tolist() == [0, 0, 0, 0, 0]
    torch.testing.assert_close(features[2], torch.tensor([log2, 0, 0.2, log2, 1 / 3], dtype=torch.float64))
    torch.testing.assert_close(features[3], torch.tensor([log2, log2, -0.04, -log2, 0], dtype=torch.float64))
    torch.testing.assert_close(features[4], torch.tensor([0, log2, -0.2, -log2, -1 / 3], dtype=torch.float64))


def test_upcoming_on_paper() -> None:
    ahead = upcoming(Occurrences.of(KEYS), CORRECT, 3)
    assert ahead.tolist() == [[1, 0, 1], [0, 1, -1], [0, 1, -1], [1, -1, -1], [1, -1, -1]]


def test_by_rank_visits_everything_once_longer_groups_first() -> None:
    ranks = [here.tolist() for here in Occurrences.of(KEYS).by_rank()]
    assert ranks == [[0, 1], [2, 4], [3]]


def test_nothing() -> None:
    nothing = Occurrences.of(torch.tensor([], dtype=torch.int64))
    assert tally_features(nothing, torch.tensor([])).shape == (0, 5)
    assert upcoming(nothing, torch.tensor([], dtype=torch.int64), 3).shape == (0, 3)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=40))
def test_all_at_once_is_one_by_one(answers: list[tuple[int, int]]) -> None:
    keys = torch.tensor([key for key, _ in answers])
    correct = torch.tensor([value for _, value in answers])
    features = tally_features(Occurrences.of(keys), correct, dtype=torch.float64)
    counts = count_features(Occurrences.of(keys), correct, dtype=torch.float64)
    torch.testing.assert_close(counts, features[:, :2], rtol=0, atol=0)
    final = final_tally(Occurrences.of(keys), correct, dtype=torch.float64)
    tallies = {int(key): empty_tally(1, dtype=torch.float64) for key in keys}
    for at, (key, value) in enumerate(answers):
        torch.testing.assert_close(features[at], describe(tallies[key])[0])
        tallies[key] = after(tallies[key], torch.tensor([value]))
    for group, key in enumerate(keys.unique().tolist()):
        torch.testing.assert_close(torch.stack([*final])[:, group], torch.stack([*tallies[key]])[:, 0])


def test_as_asked_on_paper() -> None:
    groups = Occurrences.of(torch.tensor([1, 2, 1, 1, 2, 1]))
    before = torch.tensor([10, 20, 11, 12, 21, 13])
    bundle = torch.tensor([0, 0, 0, 3, 3, 3])
    assert groups.as_asked(before, bundle).tolist() == [10, 20, 10, 12, 21, 12]
    assert groups.as_asked(before, None) is before


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30))
def test_as_asked_is_the_first_of_the_group_in_the_bundle(entries: list[tuple[int, bool]]) -> None:
    key = torch.tensor([key for key, _ in entries], dtype=torch.int64)
    bundle = torch.tensor([new for _, new in entries], dtype=torch.int64).cumsum(0)
    found = Occurrences.of(key).as_asked(torch.arange(len(key)), bundle)
    for at, first in enumerate(found.tolist()):
        assert first == int(((key == key[at]) & (bundle == bundle[at])).nonzero()[0])
