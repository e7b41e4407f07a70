"""Tests of dropout."""

import pytest
import torch

from kt_fewshot.encoders import dropout

each_type = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])  # the last one is torch's


@each_type
def test_drops_a_share_and_keeps_the_mean(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    n, share = 200_001, 0.4
    found = dropout(torch.ones(n, dtype=dtype), share, training=True)
    assert sorted(found.unique().tolist()) == pytest.approx([0, 1 / (1 - share)], rel=1e-2)
    assert float((found == 0).double().mean()) == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)
    for apart in (1, 16, 200):
        both = (found[apart:] == 0) & (found[:-apart] == 0)
        assert float(both.double().mean()) == pytest.approx(share**2, abs=0.01)


def test_calls_draw_apart() -> None:
    torch.manual_seed(0)
    n, share = 100_000, 0.3
    first, second = (dropout(torch.ones(n), share, training=True) == 0 for _ in range(2))
    assert float((first & second).double().mean()) == pytest.approx(share**2, abs=0.01)


@each_type
@pytest.mark.parametrize("shape", [(3, 7), (2, 16), (1, 35), (0, 4)])
def test_gradient_passes_where_numbers_do(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    x = torch.ones(shape, dtype=dtype, requires_grad=True)
    found = dropout(x, 0.5, training=True)
    found.sum().backward()
    torch.testing.assert_close(x.grad, found, rtol=0, atol=0)


def test_can_be_differentiated_twice() -> None:
    x = torch.ones(50, requires_grad=True)
    found = dropout(x, 0.5, training=True)
    (once,) = torch.autograd.grad((found * found).sum(), x, create_graph=True)  # 2 x d d
    (twice,) = torch.autograd.grad(once.sum(), x)
    assert torch.equal(twice, 2 * found.detach() ** 2)


def test_reads_any_layout() -> None:
    x = torch.arange(1.0, 13.0).view(3, 4).t()
    found = dropout(x, 0.25, training=True)
    torch.testing.assert_close(found, torch.where(found == 0, 0.0, x / 0.75))


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
