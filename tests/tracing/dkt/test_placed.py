"""Tests of the product that reads a vector in one of two places."""

import pytest
import torch
from torch import Tensor

from kt_fewshot.tracing.dkt.placed import placed_linear


def made(n: int, width: int, others: int, outputs: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, width, generator=generator, dtype=torch.float64, requires_grad=True)
    beside = torch.randn(n, others, generator=generator, dtype=torch.float64)
    weight = torch.randn(outputs, 2 * width + others, generator=generator, dtype=torch.float64, requires_grad=True)
    return x, torch.rand(n, generator=generator) < 0.6, beside, weight


def test_by_hand() -> None:
    x, beside = torch.tensor([[2.0], [3.0]]), torch.tensor([[1.0], [1.0]])
    weight = torch.tensor([[10.0, 100.0, 0.5]])
    assert placed_linear(x, torch.tensor([True, False]), beside, weight).tolist() == [[20.5], [300.5]]


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize("others", [0, 2])
def test_gradients_of_any_order(n: int, others: int) -> None:
    x, first, beside, weight = made(n, 3, others, 4)
    plain = torch.where(first[:, None], x @ weight[:, :3].t(), x @ weight[:, 3:6].t()) + beside @ weight[:, 6:].t()
    found = placed_linear(x, first, beside, weight)
    torch.testing.assert_close(found, plain)
    for of in (x, weight):
        once = [torch.autograd.grad(y.sin().sum(), of, create_graph=True)[0] for y in (found, plain)]
        torch.testing.assert_close(*once)
        twice = [torch.autograd.grad(y.sin().sum(), [x, weight], retain_graph=True) for y in once]
        torch.testing.assert_close(*twice)


def test_all_rows_in_one_place() -> None:
    x, _, beside, weight = made(5, 2, 1, 3)
    found = placed_linear(x, torch.ones(5, dtype=torch.bool), beside, weight)
    torch.testing.assert_close(found, x @ weight[:, :2].t() + beside @ weight[:, 4:].t())
    (on_weight,) = torch.autograd.grad(found.sum(), weight)
    assert not on_weight[:, 2:4].any()


def test_what_a_row_says_does_not_depend_on_the_places_of_others() -> None:
    x, first, beside, weight = made(40, 6, 3, 8)
    changed = first.clone()
    changed[20:] = ~first[20:]
    found = [placed_linear(x, places, beside, weight)[:20] for places in (first, changed)]
    assert torch.equal(*found)
