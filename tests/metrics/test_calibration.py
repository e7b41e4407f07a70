"""Calibration: bins and errors by hand, Platt scaling against scikit-learn and at its edges."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from kt_fewshot.metrics import (
    PlattScaling,
    auc,
    equal_mass_bins,
    expected_calibration_error,
    fit_platt,
    log_loss,
    reliability,
)


def test_bins_by_hand():
    values = np.array([0.9, 0.1, 0.2, 0.8, 0.5, 0.6])
    assert equal_mass_bins(values, bins=3).tolist() == [2, 0, 0, 2, 1, 1]
    assert equal_mass_bins(values, np.array([4.0, 1, 1, 2, 0, 0]), bins=2).tolist() == [1, 0, 0, 0, 0, 0]
    assert equal_mass_bins(np.array([0.5] * 9 + [0.7]), bins=5).tolist() == [2] * 9 + [4]  # ties stay together


def test_error_by_hand():
    probability, correct = [0.1, 0.3, 0.6, 0.8], [0, 0, 1, 0]
    table = reliability(probability, correct, bins=2)
    np.testing.assert_allclose(table.predicted, [0.2, 0.7])
    np.testing.assert_allclose(table.observed, [0.0, 0.5])
    np.testing.assert_allclose(table.count, [2, 2])
    assert expected_calibration_error(probability, correct, bins=2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.2)
    weighted = expected_calibration_error(probability, correct, [1, 1, 2, 0], bins=2)
    assert weighted == pytest.approx(2 / 4 * 0.2 + 2 / 4 * 0.4)


def test_empty_bins_are_left_out_and_no_answers_are_undefined():
    assert reliability([0.5] * 4, [0, 1, 1, 1]).count.tolist() == [4]
    assert expected_calibration_error([0.5] * 4, [0, 1, 1, 1]) == 0.25
    assert math.isnan(expected_calibration_error([], []))
    assert math.isnan(expected_calibration_error([0.5], [1], [0]))


def test_a_calibrated_prediction_has_nearly_no_error_and_a_bold_one_has_it():
    generator = np.random.default_rng(0)
    truth = generator.random(20_000)
    correct = generator.random(truth.size) < truth
    assert expected_calibration_error(truth, correct) < 3 * math.sqrt(15 / truth.size) / 3
    assert expected_calibration_error(np.clip(truth + 0.1, 0, 1), correct) > 0.08


def test_needs_a_bin():
    with pytest.raises(ValueError, match="`bins` should be at least 1. Found `bins = 0`"):
        reliability([0.5], [1], bins=0)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 3), st.floats(-2, 2))
def test_platt_finds_the_best_line(seed, slope, intercept):
    generator = np.random.default_rng(seed)
    logits = 2 * generator.normal(size=300) + 1
    correct = (generator.random(300) < expit(slope * logits + intercept)).astype(int)
    correct[:2] = 0, 1
    weights = generator.random(300) + 0.1
    found = fit_platt(logits, correct, weights)
    # Platt's smoothed targets are the two classes at every point, with weights that add up to the point's
    right, wrong = weights @ correct, weights @ (1 - correct)
    target = np.where(correct == 1, (right + 1) / (right + 2), 1 / (wrong + 2))
    model = LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky")
    model.fit(np.tile(logits, 2)[:, None], np.repeat([1, 0], 300), np.r_[weights * target, weights * (1 - target)])
    if model.coef_[0, 0] > 0.01:
        assert found.slope == pytest.approx(model.coef_[0, 0], rel=1e-4)
        assert found.intercept == pytest.approx(model.intercept_[0], rel=1e-4, abs=1e-4)


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.integers(0, 1), st.floats(0, 5)), max_size=30),
    st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_platt_is_always_finite_rising_and_repeatable(rows, scale):
    logits, correct, weights = (np.array([row[place] for row in rows], dtype=float) for place in range(3))
    found = fit_platt(scale * logits, correct, weights)
    assert found.slope > 0
    assert math.isfinite(found.slope)
    assert math.isfinite(found.intercept)
    assert found == fit_platt(scale * logits, correct, weights)


def test_platt_mends_bold_probabilities_and_keeps_their_order():
    generator = np.random.default_rng(1)
    logits = generator.normal(size=4000)
    correct = (generator.random(4000) < expit(logits - 0.5)).astype(int)
    bold = 3 * logits
    mended = fit_platt(bold, correct)(bold)
    assert fit_platt(bold, correct).slope == pytest.approx(1 / 3, rel=0.1)
    assert log_loss(mended, correct) < log_loss(expit(bold), correct) - 0.1
    assert auc(mended, correct) == auc(bold, correct)


@pytest.mark.parametrize("correct", [[1, 1, 1], [0, 0, 0]])
def test_platt_learns_nothing_from_answers_that_are_all_the_same(correct):
    assert fit_platt([-1.0, 0.0, 2.0], correct) == PlattScaling(1.0, 0.0)
    assert fit_platt([], []) == PlattScaling()


def test_platt_on_separated_answers_stays_finite():
    found = fit_platt([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    assert 0.5 < found.slope < 5


def test_platt_of_useless_scores_says_nearly_the_base_rate():
    found = fit_platt([3.0, 2.0, 1.0, 0.0], [0, 0, 1, 1])
    assert found.slope == pytest.approx(0.001 / np.std([3, 2, 1, 0]))
    np.testing.assert_allclose(found(np.array([3.0, 0.0])), 0.5, atol=1e-3)


def test_platt_of_equal_scores_moves_the_intercept():
    found = fit_platt([2.0, 2.0, 2.0], [0, 1, 1])
    assert found.slope == 1
    assert found(np.array([2.0]))[0] == pytest.approx((2 * 3 / 4 + 1 / 3) / 3)  # the mean of the smoothed targets


def test_platt_takes_arrays_and_tensors():
    scaling = PlattScaling(0.5, -1.0)
    logits = np.array([[-1.0, 0.0], [2.0, 30.0]])
    tensor = scaling(torch.tensor(logits, requires_grad=True))
    np.testing.assert_allclose(scaling(logits), expit(0.5 * logits - 1))
    np.testing.assert_allclose(tensor.detach().numpy(), scaling(logits))
    assert tensor.requires_grad
    assert scaling(torch.zeros(2, dtype=torch.float32)).dtype == torch.float32
    assert scaling(np.zeros(2, dtype=np.float32)).dtype == np.float32


def test_platt_survives_json():
    scaling = PlattScaling(0.1 + 0.2, -1 / 3)
    assert PlattScaling.from_dict(json.loads(json.dumps(scaling.to_dict()))) == scaling


@pytest.mark.parametrize("numbers", [(0.0, 0.0), (-1.0, 0.0), (math.nan, 0.0), (1.0, math.inf)])
def test_platt_refuses_what_does_not_rise(numbers):
    with pytest.raises(ValueError, match="finite positive slope"):
        PlattScaling(*numbers)


def test_platt_refuses_infinite_logits():
    with pytest.raises(ValueError, match="finite"):
        fit_platt([math.inf, 0.0], [1, 0])
