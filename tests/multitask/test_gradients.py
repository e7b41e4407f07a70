"""Gradients in a row, and back."""

import torch

from kt_fewshot.multitask.gradients import flat, unflat


def test_what_a_loss_does_not_use_is_0():
    parameters = [torch.zeros(2, 2), torch.zeros(1), torch.zeros(2)]
    row = flat([torch.tensor([[1.0, 2.0], [3.0, 4.0]]), None, torch.tensor([5.0, 6.0])], parameters)
    assert row.tolist() == [1, 2, 3, 4, 0, 5, 6]
    assert [part.tolist() for part in unflat(row, parameters)] == [[[1, 2], [3, 4]], [0], [5, 6]]
