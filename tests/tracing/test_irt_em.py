"""Tests of the marginal likelihood of the two-parameter model."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from kt_fewshot.tracing.irt_em import LEAST_DISCRIMINATION, ItemPriors, fit_items

GRID = torch.linspace(-4, 4, 33, dtype=torch.float64)
PRIORS = ItemPriors(1.0, 0.3)


def simulated(n_students: int, easiness: np.ndarray, discrimination: np.ndarray, seed: int = 0):
    rng = np.random.default_rng(seed)
    ability = rng.standard_normal(n_students)
    correct = rng.random((n_students, len(easiness))) < expit(ability[:, None] * discrimination + easiness)
    student, row = np.indices(correct.shape)
    return tuple(torch.from_numpy(column.ravel().copy()) for column in (student, row, correct.astype(np.int64)))


def fit(student, row, correct, *, n_rows, priors=PRIORS, iterations=100, tolerance=1e-7):
    return fit_items(
        student, row, correct, grid=GRID, priors=priors, n_rows=n_rows, iterations=iterations, tolerance=tolerance
    )


def test_planted_items_are_found():
    rng = np.random.default_rng(1)
    easiness, discrimination = rng.normal(0.3, 1, 25), rng.uniform(0.5, 1.8, 25)
    found = fit(*simulated(3000, easiness, discrimination), n_rows=25, priors=ItemPriors(2.0, 1.0))
    assert np.abs(found.easiness.numpy() - easiness).max() < 0.2
    assert np.abs(found.discrimination.numpy() - discrimination).max() < 0.25
    assert np.corrcoef(found.discrimination.numpy(), discrimination)[0, 1] > 0.95


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), students=st.integers(1, 12), items=st.integers(1, 6))
def test_the_likelihood_never_falls(seed: int, students: int, items: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    columns = rng.integers(0, students, n), rng.integers(0, items, n), rng.integers(0, 2, n)
    found = fit(*map(torch.from_numpy, columns), n_rows=items, tolerance=-1.0, iterations=30)
    assert len(found.log_likelihood) == 30
    assert np.diff(found.log_likelihood).min() > -1e-9
    assert found.discrimination.min() >= LEAST_DISCRIMINATION


def test_the_likelihood_is_that_of_the_answers():
    """One item, one right answer: P = 1/2 by symmetry, whatever the discrimination; the prior costs nothing there."""
    found = fit(torch.tensor([0]), torch.tensor([0]), torch.tensor([1]), n_rows=1, iterations=1)
    assert found.log_likelihood[0] == pytest.approx(np.log(0.5))


def test_items_without_answers_are_like_the_mean_of_the_others():
    student, row, correct = simulated(200, np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    found = fit(student, row, correct, n_rows=3)
    assert found.easiness[2].item() == pytest.approx(found.easiness[:2].mean().item())
