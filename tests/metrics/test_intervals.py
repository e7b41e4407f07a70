"""Intervals: hold what they should, as often as they say, and say why where they cannot."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.metrics import (
    METRICS,
    Interval,
    accuracy,
    auc,
    bootstrap_mean,
    brier,
    expected_calibration_error,
    grouped_bootstrap,
    log_loss,
    mean_interval,
    paired_difference,
    rmse,
    student_bootstrap,
)

PLAIN = {
    "auc": auc,
    "accuracy": accuracy,
    "rmse": rmse,
    "log_loss": log_loss,
    "brier": brier,
    "ece": expected_calibration_error,
}


def _simulated(seed, n_students=40, answers=15, spread=1.0):
    """Students of different ability: their answers are alike, and the model knows only half of that."""
    generator = np.random.default_rng(seed)
    ability = spread * generator.normal(size=n_students)
    student = np.repeat(np.arange(n_students), answers)
    logit = ability[student] + generator.normal(size=student.size)
    correct = (generator.random(student.size) < 1 / (1 + np.exp(-logit))).astype(int)
    return student, 1 / (1 + np.exp(-logit / 2)), correct


def test_values_are_the_metrics():
    student, probability, correct = _simulated(0)
    assert tuple(PLAIN) == METRICS
    for name, found in student_bootstrap(student, probability, correct, draws=50).items():
        assert found.value == pytest.approx(PLAIN[name](probability, correct), abs=1e-12)
        assert found.low <= found.value <= found.high


def test_same_seed_same_interval():
    columns = _simulated(0)
    first = student_bootstrap(*columns, draws=60, seed=1)
    assert first == student_bootstrap(*columns, draws=60, seed=1)
    assert first["auc"] != student_bootstrap(*columns, draws=60, seed=2)["auc"]


def test_names_and_order_of_students_change_nothing():
    student, probability, correct = _simulated(0)
    order = np.random.default_rng(1).permutation(student.size)
    first = student_bootstrap(student, probability, correct, draws=50)
    second = student_bootstrap(3 * student[order] + 5, probability[order], correct[order], draws=50)
    for name in METRICS:
        assert vars(first[name]) == pytest.approx(vars(second[name]))


def test_a_student_repeated_whole_adds_nothing():
    student, probability, correct = _simulated(0, n_students=30)
    once = student_bootstrap(student, probability, correct, metrics=["brier"], draws=400)["brier"]
    thrice = student_bootstrap(*(np.tile(x, 3) for x in (student, probability, correct)), metrics=["brier"], draws=400)
    assert vars(thrice["brier"]) == pytest.approx(vars(once))  # as answers they would narrow it by sqrt(3)


def test_mean_of_clusters_matches_theory():
    # one number a cluster: the bootstrap's standard error is the deviation over sqrt(clusters)
    values = np.random.default_rng(0).normal(size=50)
    found = bootstrap_mean(np.repeat(values, 4), np.repeat(np.arange(50), 4), draws=4000)
    half = 1.96 * values.std() / math.sqrt(50)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.06)


@pytest.mark.parametrize("name", ["auc", "log_loss"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(name):
    _, probability, correct = _simulated(10_000, n_students=4000)
    truth = PLAIN[name](probability, correct)
    inside = 0
    for seed in range(150):
        found = student_bootstrap(*_simulated(seed), metrics=[name], draws=200, level=0.9)[name]
        inside += found.low <= truth <= found.high
    assert 0.83 < inside / 150 < 0.96


def test_groups_are_measured_as_if_alone():
    student, probability, correct = _simulated(0)
    group = np.arange(student.size) % 3
    found = grouped_bootstrap(student, probability, correct, group=group, n_groups=4, draws=300)
    for name in METRICS:
        for part in range(3):
            mine = group == part
            alone = student_bootstrap(student[mine], probability[mine], correct[mine], metrics=[name], draws=300)[name]
            assert found[name][part].value == pytest.approx(PLAIN[name](probability[mine], correct[mine]))
            assert vars(found[name][part]) == pytest.approx(vars(alone))  # every student is in every group
        assert math.isnan(found[name][3].value)
        assert found[name][3].reason == "no answers"


@pytest.mark.parametrize(("correct", "reason"), [(1, "every answer is right"), (0, "every answer is wrong")])
def test_auc_of_one_class_is_undefined(correct, reason):
    found = student_bootstrap([0, 0, 1], [0.5, 0.6, 0.7], [correct] * 3, draws=20)
    assert found["auc"].to_dict() == {"value": None, "low": None, "high": None, "reason": reason}
    assert found["brier"].reason is None
    assert math.isfinite(found["brier"].low)


def test_resamples_without_both_classes_are_skipped():
    # two students, one all right, one all wrong: half of the resamples have one class only
    found = student_bootstrap([0, 0, 1, 1], [0.9, 0.8, 0.1, 0.85], [1, 1, 0, 0], metrics=["auc"], draws=100)["auc"]
    assert found == Interval(0.75, 0.75, 0.75)


def test_a_calibration_error_is_never_below_zero():
    found = student_bootstrap(np.arange(40), np.full(40, 0.5), [0, 1] * 20, metrics=["ece"], draws=200)["ece"]
    assert found.value == found.low == 0
    assert found.high > 0.01


def test_of_no_answers():
    assert all(found.reason == "no answers" for found in student_bootstrap([], [], []).values())
    assert mean_interval([]).reason == bootstrap_mean([], []).reason == "no values"


def test_a_difference_from_oneself_is_nothing():
    student, probability, correct = _simulated(0)
    for found in paired_difference(student, probability, correct, other=probability, draws=30).values():
        assert (found.value, found.low, found.high) == (0, 0, 0)


def test_paired_differences_see_what_separate_intervals_do_not():
    student, probability, correct = _simulated(0)
    worse = np.clip(probability + 0.04 * np.random.default_rng(1).normal(size=student.size), 0, 1)
    found = paired_difference(student, probability, correct, other=worse, metrics=["auc", "brier", "ece"])
    apart = [student_bootstrap(student, given, correct)["auc"] for given in (probability, worse)]
    assert found["auc"].value == pytest.approx(apart[0].value - apart[1].value)
    assert found["brier"].value == pytest.approx(brier(probability, correct) - brier(worse, correct))
    assert found["auc"].high - found["auc"].low < 0.5 * (apart[0].high - apart[0].low)
    assert found["ece"].low <= found["ece"].value <= found["ece"].high


def test_a_difference_of_undefined_metrics_says_why():
    found = paired_difference([0, 1], [0.1, 0.2], [1, 1], other=[0.3, 0.2], draws=10)
    assert found["auc"].reason == "every answer is right"


def test_mean_by_hand():
    found = mean_interval([0.5, 0.7, 0.9])
    half = 4.302653 * 0.2 / math.sqrt(3)  # t of 2 degrees of freedom
    assert vars(found) == pytest.approx(vars(Interval(0.7, 0.7 - half, 0.7 + half)))
    assert mean_interval([0.5]).value == 0.5
    assert math.isnan(mean_interval([0.5]).low)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20), st.floats(0.5, 0.9))
def test_a_higher_level_is_wider(values, level):
    narrow, wide = mean_interval(values, level=level), mean_interval(values, level=level + 0.05)
    assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high


@pytest.mark.parametrize(
    "interval",
    [
        Interval(0.5, 0.4, 0.6),
        Interval(float("nan"), reason="no answers"),
        Interval(float("inf")),
        Interval(np.float32(1)),
    ],
)
def test_intervals_are_strict_json(interval):
    content = json.loads(json.dumps(interval.to_dict(), allow_nan=False))
    assert content["value"] == (interval.value if math.isfinite(interval.value) else None)
    assert ("reason" in content) == (interval.reason is not None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": ["auc", "f1"]}, "Unknown metric 'f1'. Choose one of: accuracy, auc, brier, ece, log_loss, rmse."),
        ({"student": [1]}, "Each value needs its student"),
        ({"probability": [0.5, 1.5]}, "in \\[0, 1\\]"),
        ({"group": [0, 2], "n_groups": 2}, "Each answer needs a group from 0 to 1"),
        ({"group": [0], "n_groups": 2}, "Each answer needs a group"),
    ],
)
def test_refuses(change, message):
    arguments = {"student": [0, 1], "probability": [0.5, 0.5], "correct": [0, 1], "group": [0, 0], "n_groups": 1}
    with pytest.raises(ValueError, match=message):
        grouped_bootstrap(**{**arguments, **change})
