"""Resampled metrics: weighing the students is the same as writing their answers down that often."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.metrics import accuracy, auc, brier, log_loss, resampling, rmse
from kt_fewshot.metrics.resampling import RESAMPLERS, GroupedAnswers, student_weights

PLAIN = {"auc": auc, "accuracy": accuracy, "rmse": rmse, "log_loss": log_loss, "brier": brier}


def _answers(seed, *, n=60, n_students=7, n_groups=3):
    generator = np.random.default_rng(seed)
    return GroupedAnswers(
        student=generator.integers(n_students, size=n),
        group=generator.integers(n_groups, size=n),
        probability=generator.integers(11, size=n) / 10,  # ties are common
        correct=generator.integers(2, size=n).astype(float),
        n_students=n_students,
        n_groups=n_groups + 1,  # the last group is empty
    )


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3), min_size=7, max_size=7))
@pytest.mark.parametrize("name", PLAIN)
def test_weights_count_answers(name, seed, weights):
    answers = _answers(seed)
    found = RESAMPLERS[name](answers)(np.array([weights, [1] * 7], dtype=float))
    for draw, of_student in enumerate([np.array(weights), np.ones(7)]):
        for group in range(answers.n_groups):
            mine = answers.group == group
            expected = PLAIN[name](answers.probability[mine], answers.correct[mine], of_student[answers.student[mine]])
            assert found[draw, group] == pytest.approx(expected, nan_ok=True)


def test_calibration_error_keeps_the_bins_of_the_answers():
    probability = np.array([0.1, 0.1, 0.9, 0.9])
    answers = GroupedAnswers(
        np.array([0, 1, 0, 1]), np.zeros(4, dtype=int), probability, np.array([0.0, 1, 1, 0]), 2, 1
    )
    found = RESAMPLERS["ece"](answers)(np.array([[1.0, 1.0], [2.0, 0.0], [1.0, 3.0]]))
    # second draw: the first student only, .1 off in both bins; third: observed .75 and .25
    np.testing.assert_allclose(found[:, 0], [0.4, 0.1, 0.65])


@pytest.mark.parametrize("cells", [1, 100, 10_000])
def test_how_many_draws_go_at_once_changes_nothing(cells, monkeypatch):
    answers = _answers(0)
    weights = next(student_weights(7, 20, seed=0))
    expected = RESAMPLERS["auc"](answers)(weights)
    monkeypatch.setattr(resampling, "_CELLS_AT_ONCE", cells)
    np.testing.assert_array_equal(RESAMPLERS["auc"](answers)(weights), expected)


def test_draws_are_students_with_replacement():
    weights = np.concatenate(list(student_weights(20, 3000, seed=3)))
    assert weights.shape == (3000, 20)
    assert (weights.sum(axis=1) == 20).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.1)
    np.testing.assert_allclose(weights.var(axis=0), 1 - 1 / 20, atol=0.15)  # multinomial
    np.testing.assert_array_equal(weights, np.concatenate(list(student_weights(20, 3000, seed=3))))
    assert (weights != np.concatenate(list(student_weights(20, 3000, seed=4)))).any()
