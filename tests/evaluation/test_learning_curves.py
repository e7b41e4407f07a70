"""Learning curves: points and categories worked out by hand."""

import numpy as np
import pytest

from _asserts import log_of
from kt_fewshot.evaluation import CurveRules, categorise, learning_curves

LITTLE = CurveRules(students=2)


@pytest.mark.parametrize(
    ("error", "slope", "category"),
    [
        ([0.1, 0.1], 0.2, "too little data"),  # before anything else
        ([0.19, 0.19, 0.19], 0.0, "low and flat"),  # before the slope is looked at
        ([0.19, 0.2, 0.19], 0.0, "no learning"),  # 20 % is not below 20 %
        ([0.9, 0.9, 0.9], 0.001, "no learning"),  # at the threshold, and before still high
        ([0.9, 0.6, 0.4], 0.0011, "still high"),  # 40 % is not below 40 %
        ([0.9, 0.6, 0.39], 0.0011, "good"),
        ([0.3, 0.9, 0.39], 1.0, "good"),  # only the last point counts
        ([], 1.0, "too little data"),
    ],
)
def test_categories_come_in_datashops_order_with_datashops_numbers(error, slope, category):
    assert categorise(np.array(error), slope) == category


def test_the_defaults_are_datashops():
    assert vars(CurveRules()) == {
        "students": 10,
        "opportunities": 3,
        "low_error": 0.2,
        "high_error": 0.4,
        "slope": 0.001,
    }


def test_points_by_hand():
    rows = [
        ("ann", None, "a", 0),
        ("ann", None, "b", 1),  # another skill between does not count
        ("ann", None, "a", 1),
        ("ann", None, "a~~b", 1),  # an opportunity on both
        ("bob", None, "a", 1),
        ("bob", None, None, 0),
        ("bob", None, "a", 0),
        ("cat", None, "a", 0),
    ]
    said = np.array([0.2, 0.5, 0.6, 0.9, 0.4, 0.1, np.nan, 0.6])
    a, b = learning_curves(log_of(rows), said, rules=LITTLE)
    assert (a.skill, b.skill) == ("a", "b")
    assert a.students.tolist() == [3, 2, 1]
    assert a.error == pytest.approx([2 / 3, 0.5, 0])
    assert a.predicted == pytest.approx([0.6, 0.4, 0.1])  # 1 - mean; the unforetold answer is left out
    assert (a.valid, a.answers) == (2, 6)
    assert a.category == "too little data"
    assert b.students.tolist() == [1, 1]


def test_without_predictions_none_are_drawn():
    (curve,) = learning_curves(log_of([("ann", None, "a", 1)]))
    assert np.isnan(curve.predicted).all()


def test_a_log_without_skills_has_no_curves():
    assert learning_curves(log_of([("ann", "item", None, 1)])) == ()


def test_students_who_learn_are_seen_to_learn():
    rng = np.random.default_rng(0)
    rows = [
        (f"s{k}", None, skill, int(rng.random() < chance))
        for k in range(150)
        for skill, chances in {"learn": (0.3, 0.5, 0.7, 0.9), "stay": (0.5,) * 4, "known": (0.95,) * 4}.items()
        for chance in chances
    ]
    curves = {curve.skill: curve for curve in learning_curves(log_of(rows))}
    assert curves["learn"].category == "good"
    assert curves["learn"].slope > 0.5
    assert curves["known"].category == "low and flat"
    assert curves["stay"].category in {"no learning", "still high"}


def test_one_probability_an_answer():
    with pytest.raises(ValueError, match="one number for each of 1 answers"):
        learning_curves(log_of([("ann", None, "a", 1)]), [0.5, 0.5])
