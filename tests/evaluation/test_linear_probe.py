"""A linear probe finds what is there in a line, and nothing else."""

import numpy as np
import pytest

from kt_fewshot.evaluation import linear_probe

RNG = np.random.default_rng(0)
FEATURES, ASKED = RNG.normal(size=(400, 3)), RNG.normal(size=(50, 3))


def test_a_line_is_found():
    said = linear_probe(FEATURES, 2 + FEATURES @ [1, 0, -3], ASKED, yes_or_no=False)
    np.testing.assert_allclose(said, 2 + ASKED @ [1, 0, -3], atol=0.01)


def test_yes_or_no_is_a_probability_that_rises_along_the_line():
    yes = (RNG.random(400) < 1 / (1 + np.exp(-2 * FEATURES[:, 1]))).astype(float)
    said = linear_probe(FEATURES, yes, ASKED, yes_or_no=True)
    assert ((said > 0) & (said < 1)).all()
    assert np.corrcoef(said, 1 / (1 + np.exp(-2 * ASKED[:, 1])))[0, 1] > 0.95


def test_the_scale_of_a_feature_does_not_matter():
    target, scale = FEATURES[:, 0] + RNG.normal(size=400), np.array([1e4, 1, 1e-4])
    for yes_or_no in (False, True):
        wanted = (target > 0).astype(float) if yes_or_no else target
        said = linear_probe(FEATURES, wanted, ASKED, yes_or_no=yes_or_no)
        again = linear_probe(FEATURES * scale, wanted, ASKED * scale, yes_or_no=yes_or_no)
        np.testing.assert_allclose(again, said, rtol=1e-4)


def test_unlabelled_answers_are_left_out():
    target = FEATURES @ [1.0, 0, 0]
    target[200:] = np.nan
    again = linear_probe(FEATURES[:200], target[:200], ASKED, yes_or_no=False)
    np.testing.assert_array_equal(linear_probe(FEATURES, target, ASKED, yes_or_no=False), again)


@pytest.mark.parametrize("yes_or_no", [True, False])
def test_without_anything_to_learn_it_says_the_mean(yes_or_no):
    ones = np.ones((400, 1))
    target = (np.arange(400) % 4 == 0).astype(float)
    said = linear_probe(ones, target, np.ones((7, 1)), yes_or_no=yes_or_no)
    np.testing.assert_allclose(said, 0.25, atol=1e-3)
    assert (linear_probe(FEATURES, np.ones(400), ASKED, yes_or_no=yes_or_no) == 1).all()
    assert (linear_probe(FEATURES, np.full(400, np.nan), ASKED, yes_or_no=yes_or_no) == 0).all()
