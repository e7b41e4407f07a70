"""Correctness metrics: by hand, then against scikit-learn, then what is undefined and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from kt_fewshot.metrics import accuracy, auc, brier, log_loss, mean_absolute_error, r2, rmse
from kt_fewshot.metrics.correctness import PROBABILITY_FLOOR

OF_PROBABILITIES = (auc, accuracy, rmse, brier, log_loss)
OF_NUMBERS = (mean_absolute_error, r2)

PROBABILITY, CORRECT, WEIGHTS = [0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1], [1, 2, 3, 0]


def test_by_hand():
    assert auc(PROBABILITY, CORRECT) == (1 + 0.5 + 1 + 1) / 4
    assert accuracy(PROBABILITY, CORRECT) == 3 / 4
    assert brier(PROBABILITY, CORRECT) == pytest.approx((0.01 + 0.16 + 0.36 + 0.04) / 4)
    assert rmse(PROBABILITY, CORRECT) == pytest.approx(math.sqrt(0.57 / 4))
    assert log_loss(PROBABILITY, CORRECT) == pytest.approx(-math.log(0.9 * 0.6 * 0.4 * 0.8) / 4)


def test_weights_by_hand():
    assert auc(PROBABILITY, CORRECT, WEIGHTS) == pytest.approx((1 + 2 * 0.5) / 3)
    assert accuracy(PROBABILITY, CORRECT, WEIGHTS) == pytest.approx(3 / 6)
    assert brier(PROBABILITY, CORRECT, WEIGHTS) == pytest.approx((0.01 + 2 * 0.16 + 3 * 0.36) / 6)
    assert log_loss(PROBABILITY, CORRECT, WEIGHTS) == pytest.approx(-math.log(0.9 * 0.6**2 * 0.4**3) / 6)


def test_a_probability_of_a_half_predicts_a_right_answer():
    assert accuracy([0.5, 0.5, 0.5], [1, 1, 0]) == pytest.approx(2 / 3)


def test_regression_by_hand():
    assert mean_absolute_error([1, 2, 5], [1, 4, 2]) == pytest.approx(5 / 3)
    assert mean_absolute_error([1, 2, 5], [1, 4, 2], [1, 1, 0]) == 1
    assert r2([1, 2, 6], [1, 2, 3]) == pytest.approx(1 - 9 / 2)
    assert r2([2, 2, 2], [1, 2, 3]) == 0


def test_one_certain_mistake_stays_finite():
    assert log_loss([1.0], [0]) == pytest.approx(-math.log(PROBABILITY_FLOOR))


# A coarse grid makes ties common; log-loss stays inside the floor.
rows = st.lists(
    st.tuples(st.integers(1, 9).map(lambda tenths: tenths / 10), st.integers(0, 1), st.floats(0.1, 10)),
    min_size=2,
    max_size=40,
).filter(lambda rows: len({row[1] for row in rows}) == 2)


@given(rows)
def test_as_in_scikit_learn(rows):
    probability, correct, weights = (np.array(column) for column in zip(*rows, strict=True))
    for weight in (None, weights):
        ours = [metric(probability, correct, weight) for metric in (auc, brier, log_loss)]
        theirs = [
            sklearn_metrics.roc_auc_score(correct, probability, sample_weight=weight),
            sklearn_metrics.brier_score_loss(correct, probability, sample_weight=weight),
            sklearn_metrics.log_loss(correct, probability, sample_weight=weight),
        ]
        assert ours == pytest.approx(theirs, rel=1e-9)
        assert accuracy(probability, correct, weight) == pytest.approx(
            sklearn_metrics.accuracy_score(correct, probability >= 0.5, sample_weight=weight)
        )
        assert mean_absolute_error(probability, correct, weight) == pytest.approx(
            sklearn_metrics.mean_absolute_error(correct, probability, sample_weight=weight)
        )
        assert r2(probability, correct, weight) == pytest.approx(
            sklearn_metrics.r2_score(correct, probability, sample_weight=weight)
        )


@given(rows, st.permutations(range(40)))
def test_order_and_repetition(rows, order):
    probability, correct, _ = (np.array(column) for column in zip(*rows, strict=True))
    order = [at for at in order if at < len(rows)]
    counts = 1 + np.arange(len(rows)) % 3
    for metric in (*OF_PROBABILITIES, *OF_NUMBERS):
        assert metric(probability[order], correct[order]) == pytest.approx(metric(probability, correct))
        repeated = metric(np.repeat(probability, counts), np.repeat(correct, counts))
        assert metric(probability, correct, counts) == pytest.approx(repeated)


@given(rows)
def test_auc_knows_only_the_order_of_scores(rows):
    probability, correct, _ = (np.array(column) for column in zip(*rows, strict=True))
    assert auc(100 * probability**3 - 50, correct) == auc(probability, correct)
    assert auc(-probability, correct) == pytest.approx(1 - auc(probability, correct))


@pytest.mark.parametrize("metric", [*OF_PROBABILITIES, *OF_NUMBERS])
def test_of_no_answers_is_undefined(metric):
    assert math.isnan(metric([], []))
    assert math.isnan(metric([0.5, 0.2], [1, 0], [0, 0]))


def test_undefined_without_contrast():
    assert math.isnan(auc([0.5, 0.2], [1, 1]))
    assert math.isnan(auc([0.5, 0.2], [1, 0], [1, 0]))
    assert math.isnan(r2([0.5, 0.2], [3, 3]))


@pytest.mark.parametrize("metric", OF_PROBABILITIES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5], [1, 0]), r"one length. Found shapes \(1,\), \(2,\)"),
        (([[0.5]], [[1]]), "vectors of one length"),
        (([0.5], [1], [1, 1]), "one length"),
        (([math.nan], [1]), "finite. Found nan"),
        (([0.5], [0.5]), "`correct` should be 0 or 1"),
        (([0.5], [1], [-1]), "Weights should be 0 or more. Found -1"),
    ],
)
def test_refuses(metric, arguments, message):
    with pytest.raises(ValueError, match=message):
        metric(*arguments)


@pytest.mark.parametrize("metric", OF_PROBABILITIES[1:])
def test_refuses_what_is_no_probability(metric):
    with pytest.raises(ValueError, match=r"in \[0, 1\]. Found -0.1 to 1.5"):
        metric([-0.1, 1.5], [0, 1])
