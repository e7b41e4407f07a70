"""Tests of the compiled recurrence against torch's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from kt_fewshot.encoders import LSTM, lstm_fast, lstm_torch
from kt_fewshot.encoders.lstm_backend import Backend
from kt_fewshot.encoders.lstm_fast import FAST, KERNEL, SMALLEST, serves_step
from kt_fewshot.encoders.lstm_torch import TORCH

pytestmark = pytest.mark.skipif(not KERNEL.is_there(), reason="there is no C++ compiler")


def rows(seed: int, batch: int, time: int, hidden: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Input, weight, state and where rows forget."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(batch, time, 4 * hidden), (4 * hidden, hidden), (batch, hidden), (batch, hidden)]
    inputs = [torch.randn(*shape, generator=generator) for shape in shapes]
    inputs[1] /= hidden**0.5
    return inputs, torch.rand(batch, time, generator=generator) < 0.2


def outcome(backend: Backend, inputs: list[torch.Tensor], reset: torch.Tensor | None) -> list[torch.Tensor]:
    """What comes out and all gradients, for a loss that weighs every number differently."""
    x, weight, h, c = (part.clone().requires_grad_() for part in inputs)
    y, (h_end, c_end) = backend.read(x, weight, (h, c), reset)
    parts = [y, h_end, c_end]
    total = torch.stack([(part * torch.linspace(-1, 1, part.numel()).view_as(part)).sum() for part in parts]).sum()
    return [*(part.detach() for part in parts), *torch.autograd.grad(total, (x, weight, h, c))]


def assert_equal(found: list[torch.Tensor], expected: list[torch.Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        scale = max(1.0, float(other.abs().max()))
        torch.testing.assert_close(one / scale, other / scale, atol=1e-5, rtol=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 15), st.integers(SMALLEST, 9), st.integers(1, 70))
def test_equals_torch_with_all_gradients(seed: int, batch: int, time: int, hidden: int) -> None:
    inputs, reset = rows(seed, batch, time, hidden)
    assert_equal(outcome(FAST, inputs, reset), outcome(TORCH, inputs, reset))


def test_equals_torchs_own_lstm() -> None:
    torch.manual_seed(0)
    batch, time, width, hidden = 5, 12, 6, 37
    theirs, ours = nn.LSTM(width, hidden, batch_first=True), LSTM(hidden, backend="fast")
    i, f, g, o = theirs.weight_hh_l0.detach().chunk(4)
    ours.weight.data = torch.cat([i, f, o, g])
    u = torch.randn(batch, time, width)
    expected, _ = theirs(u)
    blocks = (u @ theirs.weight_ih_l0.t() + theirs.bias_ih_l0 + theirs.bias_hh_l0).detach().chunk(4, -1)
    y, _ = ours(torch.cat([blocks[k] for k in (0, 1, 3, 2)], -1), ours.start(batch))
    torch.testing.assert_close(y, expected, atol=1e-5, rtol=0)
    weight = torch.randn_like(y)
    (y * weight).sum().backward()
    (expected * weight).sum().backward()
    i, f, g, o = theirs.weight_hh_l0.grad.chunk(4)
    torch.testing.assert_close(ours.weight.grad, torch.cat([i, f, o, g]), atol=1e-5, rtol=1e-5)


def test_gradient_by_finite_differences() -> None:
    inputs, reset = rows(1, 2, 5, 9)
    gradient = outcome(FAST, inputs, reset)[3:]
    for k, grad in enumerate(gradient):
        at = grad.abs().flatten().argmax()
        losses = []
        for step in (1e-2, -1e-2):
            moved = [part.double() for part in inputs]
            moved[k].view(-1)[at] += step
            y, (h, c) = TORCH.read(moved[0], moved[1], (moved[2], moved[3]), reset)
            parts = (y, h, c)
            losses.append(sum((p * torch.linspace(-1, 1, p.numel()).double().view_as(p)).sum() for p in parts))
        torch.testing.assert_close(float(grad.flatten()[at]), float(losses[0] - losses[1]) / 2e-2, rtol=1e-3, atol=1e-4)


def test_strange_layouts_and_a_gradient_of_the_output_alone() -> None:
    inputs, reset = rows(2, 4, 6, 20)
    found = []
    for backend in (FAST, TORCH):
        x = inputs[0].transpose(0, 1).contiguous().transpose(0, 1).requires_grad_()
        y, _ = backend.read(x, inputs[1], (inputs[2][:, :1].expand(-1, 20), inputs[3]), reset.t().contiguous().t())
        found.append([y.detach(), *torch.autograd.grad(y[:, 1:].square().sum(), x)])
    assert_equal(*found)


def test_rows_do_not_depend_on_their_mates_or_threads() -> None:
    inputs, reset = rows(3, 13, 8, 24)
    whole, _ = FAST.read(inputs[0], inputs[1], (inputs[2], inputs[3]), reset)
    part, _ = FAST.read(inputs[0][3:5], inputs[1], (inputs[2][3:5], inputs[3][3:5]), reset[3:5])
    assert torch.equal(whole[3:5], part)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        shared = outcome(FAST, inputs, reset)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(shared[0], whole)
    assert_equal(shared, outcome(FAST, inputs, reset))


def test_extreme_and_broken_numbers_go_through() -> None:
    inputs, _ = rows(4, 3, 5, 16)
    inputs[0][0] *= 1e4
    inputs[0][1, 2, 3] = torch.nan
    found, expected = (backend.read(*inputs[:2], (inputs[2], inputs[3]), None)[0] for backend in (FAST, TORCH))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0, equal_nan=True)
    assert found[1].isnan().any()


def test_bfloat16_stays_near_float32() -> None:
    inputs, reset = rows(5, 7, 12, 33)
    half = [inputs[0].bfloat16(), *inputs[1:]]
    exact, found = outcome(TORCH, [half[0].float(), *inputs[1:]], reset), outcome(FAST, half, reset)
    assert found[0].dtype == found[3].dtype == torch.bfloat16
    assert found[1].dtype == found[4].dtype == torch.float32
    for one, other in zip(found, exact, strict=True):
        assert float((one.float() - other).abs().max()) < 0.02 * max(1.0, float(other.abs().max()))


def test_autocast_reaches_the_layer() -> None:
    torch.manual_seed(0)
    layer = LSTM(8)
    x = torch.randn(2, 6, 32, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, (h, c) = layer(x, layer.start(2))
    assert (y.dtype, h.dtype, c.dtype) == (torch.bfloat16, torch.float32, torch.float32)
    y.float().sum().backward()
    assert x.grad is not None
    assert layer.weight.grad is not None


def test_serves_what_it_is_made_for() -> None:
    assert FAST.serves(torch.zeros(1, SMALLEST, 4))
    assert not FAST.serves(torch.zeros(1, SMALLEST, 4, dtype=torch.float64))
    assert not FAST.serves(torch.zeros(1, 1, 4))
    assert not FAST.serves(torch.zeros(0, SMALLEST, 4))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 15), st.integers(1, 70))
def test_a_step_of_few_rows_equals_torch(seed: int, batch: int, hidden: int) -> None:
    (x, weight, h, c), _ = rows(seed, batch, 1, hidden)
    with torch.no_grad():
        assert serves_step(x[:, 0], weight)
        found, expected = (take(x[:, 0], weight, (h, c)) for take in (lstm_fast.step, lstm_torch.step))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_a_step_that_is_differentiated_is_torchs() -> None:
    (x, weight, h, c), _ = rows(0, 2, 1, 5)
    assert not serves_step(x[:, 0], weight)
    layer = LSTM(5)
    y, _ = layer(x[:, 0], (h, c))
    assert y.requires_grad


def test_a_step_is_left_to_the_backend_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (x, _, h, c), _ = rows(0, 2, 1, 5)
    monkeypatch.setattr("kt_fewshot.encoders.lstm_fast.step", lambda *_: pytest.fail("the compiled step was taken"))
    with torch.no_grad():
        y, _ = LSTM(5, backend="torch")(x[:, 0], (h, c))
    assert y.shape == (2, 5)


def test_a_step_takes_rows_however_they_lie() -> None:
    (x, weight, h, c), _ = rows(0, 4, 1, 5)
    turned = x[:, 0].t().contiguous().t()
    with torch.no_grad():
        for one, other in zip(
            lstm_fast.step(turned, weight, (h.double(), c.double())),
            lstm_torch.step(x[:, 0], weight, (h, c)),
            strict=True,
        ):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
        with pytest.raises(RuntimeError, match="expand"):
            lstm_fast.step(turned, weight, (h[:3], c[:3]))
