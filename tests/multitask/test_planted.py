"""Tests of planted families: what is planted is there, and the ten that methods are held against stay as they are."""

import numpy as np
import pytest

from kt_fewshot.multitask import planted_family, planted_stranger
from kt_fewshot.multitask.planted import SPREAD

FROZEN = (
    (0.69999, -0.75461, 0.27357, 0.00632),
    (-0.12330, 0.44557, 0.80454, -1.06284),
    (-0.34604, 1.12923, 0.34937, -0.74555),
    (-0.15496, 1.37007, 0.77314, -0.08461),
    (0.83864, 0.59938, -1.79628, -1.31549),
    (-0.51592, -0.00676, 0.03234, 0.26392),
    (0.20630, -0.92039, 1.40167, -0.85695),
    (-0.89057, 1.16613, -0.49300, -1.18341),
    (0.75811, 0.36818, 1.36218, -0.41517),
    (-0.60330, 0.45480, 1.32114, -1.33930),
)
"""Of seeds 0 to 9: a cosine, an input and a target of the family, a target of the family with a stranger."""


@pytest.mark.parametrize("seed", range(len(FROZEN)))
def test_the_ten_families_are_frozen(seed: int):
    family, with_stranger = planted_family(seed), planted_stranger(seed)
    found = (family.cosine[0, 1], family.inputs[0, 0], family.targets[-1, -1], with_stranger.targets[-1, -1])
    assert found == pytest.approx(FROZEN[seed], abs=1e-5)
    cosines = family.cosine[np.triu_indices(6, 1)]
    opposed, apart, close = SPREAD
    assert cosines.min() <= opposed and np.abs(cosines).min() <= apart and cosines.max() >= close


@pytest.mark.parametrize("family", [planted_family(3, rows=100_000), planted_stranger(3, rows=100_000)])
def test_functions_are_as_alike_as_planted(family):
    np.testing.assert_allclose(np.corrcoef(family.truth.T), family.cosine, atol=0.02)
    np.testing.assert_allclose(family.truth.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(family.truth.std(0), 1, atol=0.02)
    noise = family.targets - family.truth
    np.testing.assert_allclose(noise.std(0), 0.5, atol=0.01)
    np.testing.assert_allclose(np.corrcoef(noise.T), np.eye(len(family.tasks)), atol=0.02)


def test_a_negation_overlaps_wholly():
    family = planted_family(0)
    np.testing.assert_allclose(family.overlap, family.cosine**2)
    np.testing.assert_allclose(family.overlap.diagonal(), 1)


def test_a_straight_line_does_not_do():
    family = planted_family(1, rows=20_000)
    line, *_ = np.linalg.lstsq(family.inputs, family.truth, rcond=None)
    left = (family.truth - family.inputs @ line).var(0)
    np.testing.assert_allclose(left, 0.3, atol=0.03)


def test_the_stranger_is_one():
    family = planted_stranger(5)
    np.testing.assert_allclose(family.cosine[3, :3], 0, atol=1e-12)
    np.testing.assert_allclose(family.cosine[:3, :3][np.triu_indices(3, 1)], 0.8)


def test_too_few_tasks_are_refused():
    with pytest.raises(ValueError, match=r"`tasks` should be at least 4\. Found `tasks = 3`"):
        planted_family(0, tasks=3)
