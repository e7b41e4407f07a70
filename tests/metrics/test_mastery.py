"""Decisions about mastery: every number worked out by hand on short sequences, then properties."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.metrics.mastery import (
    decision_terms,
    effort_against_score,
    future_success,
    mastery_decisions,
    share_lowered,
)

HIGH, LOW = 0.97, 0.5
# Five sequences; rows: what is declared (1) before each answer, and the truth then.
SEQUENCES = {
    "late": ([0, 0, 0, 1], [0, 1, 1, 1]),  # lag 2, over-practice 2, stop 3
    "early": ([0, 1, 1, 1, 1], [0, 0, 0, 0, 1]),  # under-practice 3, stop 1
    "undeclared": ([0, 0, 0], [1, 1, 1]),  # lag at least 3, over-practice 3
    "unmastered": ([1, 1], [0, 0]),  # under-practice at least 2, stop 0
    "neither": ([0], [0]),
}


def _rows(*names):
    declared = np.concatenate([SEQUENCES[name][0] for name in names])
    truth = np.concatenate([SEQUENCES[name][1] for name in names])
    group = np.concatenate([np.full(len(SEQUENCES[name][0]), 10 * place) for place, name in enumerate(names)])
    return np.where(declared == 1, HIGH, LOW), truth, group


def test_every_number_by_hand():
    decisions = mastery_decisions(*_rows(*SEQUENCES))
    expected = {
        "declared": 7 / 15,
        "false_mastery": 5 / 7,
        "missed": 5 / 7,  # two of "late", three of "undeclared", of 3 + 1 + 3 mastered rows
        "stopped_early": 2 / 3,
        "under_practice": (0 + 3 + 2) / 3,
        "over_practice": (2 + 0 + 3) / 3,
        "lag_mean": 2.0,
        "lag_median": 2.0,  # lags 2 and at least 3: half have ended by 2
        "lags": 2.0,
        "lag_censored": 1 / 2,
        "effort": (3 + 1 + 3 + 0 + 1) / 5,
        "spared": (1 + 4 + 0 + 2 + 0) / 5,
        "score": (1 + 0 + 1 + 0 + 0) / 5,
    }
    assert asdict(decisions) == pytest.approx(expected)


def test_early_declaration_is_under_practice_and_no_lag():
    decisions = mastery_decisions(*_rows("early"))
    assert decisions.under_practice == 3
    assert decisions.over_practice == 0
    assert decisions.lags == 0
    assert math.isnan(decisions.lag_mean)
    assert math.isnan(decisions.lag_median)


def test_median_lag_takes_the_censored_as_longer():
    # Lags 0, 1 and at least 3, 3, 3: fewer than half are ever declared.
    names = ("late", "undeclared", "undeclared", "undeclared")
    assert mastery_decisions(*_rows(*names)).lag_median == math.inf
    # A sequence censored before the others end says nothing about them: of 3 at risk at lag 2, all end there.
    estimate = [LOW, LOW, LOW, HIGH, LOW, LOW, HIGH, LOW, LOW, HIGH]
    group = [0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    decisions = mastery_decisions(estimate, np.ones(10), group)
    assert decisions.lag_median == 2
    assert decisions.lag_censored == 1 / 4


def test_a_skill_lost_before_the_declaration_is_a_false_one():
    # Truly mastered at first, then forgotten, and learnt again one opportunity after the declaration.
    decisions = mastery_decisions([LOW, LOW, HIGH, HIGH], [1, 0, 0, 1], [0, 0, 0, 0])
    assert decisions.stopped_early == 1
    assert decisions.under_practice == 1
    assert decisions.score == 0
    assert decisions.over_practice == 2


def test_the_truth_as_estimate_is_perfect():
    _, truth, group = _rows(*SEQUENCES)
    decisions = mastery_decisions(truth, truth, group)
    assert decisions.false_mastery == decisions.missed == decisions.stopped_early == 0
    assert decisions.over_practice == decisions.under_practice == decisions.lag_mean == decisions.lag_censored == 0


def test_the_threshold_itself_declares():
    assert mastery_decisions([0.95], [1], [0]).declared == 1
    assert mastery_decisions([0.95], [1], [0], threshold=0.951).declared == 0


def test_no_rows_give_nan():
    decisions = asdict(mastery_decisions([], [], []))
    assert decisions.pop("lags") == 0
    assert all(math.isnan(value) for value in decisions.values())


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.data())
def test_interleaving_groups_changes_nothing(rows, data):
    group, estimate, truth = map(np.array, zip(*rows, strict=True))
    together = np.argsort(group, kind="stable")
    straight = asdict(mastery_decisions(estimate, truth, group, threshold=0.6))
    sorted_rows = asdict(mastery_decisions(estimate[together], truth[together], group[together], threshold=0.6))
    assert straight == pytest.approx(sorted_rows, nan_ok=True)
    relabel = np.array(data.draw(st.permutations([5, 6, 7, 8])))
    renamed = asdict(mastery_decisions(estimate, truth, relabel[group], threshold=0.6))
    assert straight == pytest.approx(renamed, nan_ok=True)


def test_terms_name_the_rows_they_come_from():
    #                       a     b     a     a
    estimate, truth, group = [HIGH, LOW, HIGH, LOW], [0, 1, 1, 1], [0, 1, 0, 0]
    terms = decision_terms(estimate, truth, group)
    assert terms["false_mastery"].values.tolist() == [1, 0]
    assert terms["false_mastery"].rows.tolist() == [0, 2]
    assert terms["effort"].values.tolist() == [0, 1]
    assert terms["effort"].rows.tolist() == [0, 1]
    assert terms["over_practice"].values.tolist() == [0, 1]
    assert terms["lag_censored"].rows.tolist() == [1]
    means = {name: term.values.mean() for name, term in terms.items() if term.values.size}
    numbers = asdict(mastery_decisions(estimate, truth, group))
    assert means == {name: numbers[name] for name in means}
    assert set(numbers) - set(terms) == {"lag_median", "lags"}


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_effort_and_what_is_spared_make_the_whole(rows):
    group, estimate, truth = map(np.array, zip(*rows, strict=True))
    decisions = mastery_decisions(estimate, truth, group, threshold=0.6)
    assert decisions.effort + decisions.spared == pytest.approx(len(rows) / len(np.unique(group)))


def test_a_higher_threshold_takes_more_effort():
    random = np.random.default_rng(0)
    estimate, truth = random.random(300), random.random(300) < 0.5
    group = np.repeat(np.arange(30), 10)
    effort, score = effort_against_score(estimate, truth, group, [0.0, 0.5, 0.9, 1.0])
    assert effort[0] == 0
    assert effort[-1] == 10
    assert (np.diff(effort) >= 0).all()
    assert score[0] == truth[::10].mean()


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`threshold` should be within \[0, 1\]. Found `threshold = 1.5`"):
        mastery_decisions([0.5], [1], [0], threshold=1.5)
    with pytest.raises(ValueError, match=r"`group` should have shape \(1,\)"):
        mastery_decisions([0.5], [1], [0, 1])
    with pytest.raises(ValueError, match="Probabilities should be in"):
        mastery_decisions([1.5], [1], [0])


def test_share_lowered_looks_at_right_answers_only():
    before, after = [0.5, 0.5, 0.5, 0.5], [0.4, 0.6, 0.1, 0.5]
    assert share_lowered(before, after, [1, 1, 0, 1]) == pytest.approx(1 / 3)
    assert share_lowered([0.5], [0.5 - 1e-9], [1]) == 0
    assert math.isnan(share_lowered([0.5], [0.4], [0]))


def test_future_success_by_hand():
    #        a  b  a  b  a  a
    group = [0, 1, 0, 1, 0, 0]
    correct = [1, 0, 1, 1, 0, 1]
    found = future_success(correct, group, horizon=3)
    assert found[[0, 2]] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(found[[1, 3, 4, 5]]).all()


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=40), st.integers(1, 6))
def test_future_success_is_the_plain_loop(rows, horizon):
    group = np.array([row[0] for row in rows], dtype=int)
    correct = np.array([row[1] for row in rows], dtype=float)
    found = future_success(correct, group, horizon=horizon)
    for place in range(len(rows)):
        coming = correct[place:][group[place:] == group[place]][:horizon]
        if len(coming) < horizon:
            assert np.isnan(found[place])
        else:
            assert found[place] == pytest.approx(coming.mean())


def test_future_success_needs_a_horizon():
    with pytest.raises(ValueError, match="`horizon` should be at least 1. Found `horizon = 0`"):
        future_success([1], [0], horizon=0)
