"""Tests of looking up rows."""

import pytest
import torch

from kt_fewshot.encoders import look_up


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3)])
@pytest.mark.parametrize("at", [torch.tensor(4), torch.tensor([[0, 4, 4], [1, 0, 2]])])
def test_equals_an_index_with_its_gradient(shape: tuple[int, ...], at: torch.Tensor) -> None:
    table = torch.randn(*shape, dtype=torch.float64, requires_grad=True)
    found = []
    for rows in (look_up(table, at), table[at]):
        found.append([rows, torch.autograd.grad(rows.sin().sum(), table)[0]])
    torch.testing.assert_close(found[0], found[1])
