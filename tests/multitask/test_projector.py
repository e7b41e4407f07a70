"""Tests of the projection onto the dual cone."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from kt_fewshot.multitask.projector import NNLSProjector


@pytest.mark.parametrize("seed", range(5))
def test_solves_the_quadratic_program(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(4, 6))
    gram, u = rows @ rows.T, generator.uniform(0.1, 1, 4)
    found = NNLSProjector()(torch.from_numpy(u), torch.from_numpy(gram)).numpy()
    bounds = [(low, None) for low in u]
    expected = minimize(lambda v: v @ gram @ v / np.trace(gram), u, bounds=bounds, options={"ftol": 1e-14}).x
    np.testing.assert_allclose(found @ gram @ found, expected @ gram @ expected, rtol=0.011)
    assert (found >= u - 1e-12).all()


def test_no_conflict_no_change() -> None:
    u = torch.tensor([[0.5, 0.5], [0.1, 0.9]])
    torch.testing.assert_close(NNLSProjector()(u, torch.tensor([[1.0, 0.5], [0.5, 2.0]])), u)


def test_gradients_of_zero() -> None:
    u = torch.tensor([0.5, 0.5])
    torch.testing.assert_close(NNLSProjector()(u, torch.zeros(2, 2)), u)
