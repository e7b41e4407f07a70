"""Tests of sine waves: each task is one, spread as the paper says."""

import math

import pytest
import torch

from kt_fewshot.fewshot import Sinusoids


def test_support_and_query_are_of_one_wave():
    episode = Sinusoids(k_shot=2, n_query=40, tasks=30, seed=1).draw(0)
    assert episode.n_way == 0
    # y = p sin x + q cos x: two examples determine p and q, which then give the queries
    x = torch.cat([episode.support.x, episode.query.x], 1)[..., 0].double()
    y = torch.cat([episode.support.y, episode.query.y], 1).double()
    basis = torch.stack([x.sin(), x.cos()], -1)
    found = torch.linalg.lstsq(basis, y[..., None]).solution[..., 0]
    assert torch.allclose((basis @ found[..., None])[..., 0], y, atol=1e-4)
    amplitude, phase = found.norm(dim=1), torch.atan2(found[:, 1], found[:, 0])
    assert amplitude.min() >= 0.1 and amplitude.max() < 5
    assert phase.min() >= 0 and phase.max() < math.pi


def test_x_is_spread_evenly():
    x = Sinusoids(tasks=2000).draw(3).query.x
    assert -5 <= x.min() < -4.99
    assert 4.99 < x.max() < 5
    assert float(x.mean()) == pytest.approx(0, abs=0.05)


def test_noise_is_the_supports_and_as_large_as_said():
    clean, noisy = (Sinusoids(noise=noise, tasks=3000).draw(0) for noise in (0.0, 0.5))
    assert torch.equal(clean.query.y, noisy.query.y)
    added = noisy.support.y - clean.support.y
    assert float(added.mean()) == pytest.approx(0, abs=0.01)
    assert float(added.std()) == pytest.approx(0.5, abs=0.01)


def test_a_task_depends_on_seed_and_number_alone():
    few, many = (Sinusoids(tasks=tasks, seed=2) for tasks in (2, 6))
    assert torch.equal(torch.cat([few.draw(n).query.y for n in range(3)]), many.draw(0).query.y)
    assert not torch.equal(Sinusoids(tasks=6, seed=3).draw(0).query.y, many.draw(0).query.y)
    assert Sinusoids(seed=3).fingerprint != Sinusoids(seed=4).fingerprint


def test_numbers_out_of_range():
    for options in ({"k_shot": 0}, {"n_query": 0}, {"noise": -1.0}):
        with pytest.raises(ValueError, match=f"`{next(iter(options))}` should be at least"):
            Sinusoids(**options)
