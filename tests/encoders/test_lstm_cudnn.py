"""Tests of rows cut for cuDNN; the same calls run on a CPU, where torch has an LSTM of its own."""

import pytest
import torch

from kt_fewshot.encoders import LSTM
from kt_fewshot.encoders.lstm_cudnn import CUDNN, cut, read_pieces
from kt_fewshot.encoders.lstm_torch import TORCH


def test_pieces_of_two_rows() -> None:
    reset = torch.tensor([[True, False, True, False], [False, False, False, True]])
    pieces = cut(reset, reset.device)
    assert pieces.sizes.tolist() == [4, 3, 1]  # lengths 3, 2, 2, 1
    assert pieces.at.tolist() == [4, 0, 2, 7, 5, 1, 3, 6]
    assert pieces.at[pieces.back].tolist() == list(range(8))
    assert pieces.row.tolist() == [1, 0, 0, 1]
    assert pieces.goes_on.flatten().tolist() == [True, False, False, False]
    assert pieces.last.tolist() == [2, 3]


@pytest.mark.parametrize("forgetful", [0.0, 0.3, 1.0])
def test_equals_torch_with_all_gradients(forgetful: float) -> None:
    torch.manual_seed(0)
    batch, time, hidden = 4, 9, 5
    shapes = [(batch, time, 4 * hidden), (4 * hidden, hidden), (batch, hidden), (batch, hidden)]
    inputs = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    reset = torch.rand(batch, time) < forgetful
    found = []
    for read in (read_pieces, TORCH.read):
        y, state = read(inputs[0], inputs[1], (inputs[2], inputs[3]), reset if forgetful else None)
        total = y.square().sum() + sum(part.sin().sum() for part in state)
        found.append([y, *state, *torch.autograd.grad(total, inputs)])
    torch.testing.assert_close(found[0], found[1])


def test_half_precision_is_computed_in_full() -> None:
    x, weight = torch.randn(2, 3, 8).bfloat16(), torch.randn(8, 2)
    state = torch.zeros(2, 2), torch.zeros(2, 2)
    y, (h, _) = read_pieces(x, weight, state, None)
    assert (y.dtype, h.dtype) == (torch.bfloat16, torch.float32)
    torch.testing.assert_close(y, TORCH.read(x, weight, state, None)[0])


def test_serves_no_cpu() -> None:
    assert not CUDNN.serves(torch.zeros(1, 5, 4))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_on_a_device_it_equals_the_cpu() -> None:
    torch.manual_seed(0)
    x, reset = torch.randn(6, 20, 4 * 16), torch.rand(6, 20) < 0.2
    found = []
    for device, backend in (("cpu", "torch"), ("cuda", "cudnn")):
        torch.manual_seed(1)
        layer = LSTM(16, backend=backend).to(device)
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            y, _ = layer(x.to(device), layer.start(6), reset.to(device))
            y.square().sum().backward()
        assert layer.weight.grad is not None
        found.append([y.cpu(), layer.weight.grad.cpu()])
    torch.testing.assert_close(found[0], found[1], atol=1e-5, rtol=1e-5)
