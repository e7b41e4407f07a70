"""Tests of dropout."""

import pytest
import torch

from kt_fewshot.encoders import dropout


def test_drops_a_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    n, share = 200_001, 0.4
    found = dropout(torch.ones(n), share, training=True)
    assert sorted(found.unique().tolist()) == pytest.approx([0, 1 / (1 - share)])
    assert float((found == 0).float().mean()) == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)
    neighbours = (found[1:] == 0) & (found[:-1] == 0)
    assert float(neighbours.float().mean()) == pytest.approx(share**2, abs=0.01)


def test_gradient_passes_where_numbers_do() -> None:
    x = torch.ones(3, 7, dtype=torch.float64, requires_grad=True)
    found = dropout(x, 0.5, training=True)
    found.sum().backward()
    assert torch.equal(x.grad, found)


def test_the_generator_decides() -> None:
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found.append(dropout(torch.ones(4, 50), 0.3, training=True))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_does_nothing_unless_asked() -> None:
    x = torch.randn(5)
    assert torch.equal(dropout(x, 0.3, training=False), x)
    assert torch.equal(dropout(x, 0.0, training=True), x)


def test_half_precision_stays() -> None:
    assert dropout(torch.ones(8, dtype=torch.bfloat16), 0.5, training=True).dtype == torch.bfloat16


def test_a_share_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="`share` should be in \\[0, 1\\). Found `share = 1.5`."):
        dropout(torch.ones(3), 1.5, training=True)
