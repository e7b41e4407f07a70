"""Tests of the LSTM layer against torch's."""

import pytest
import torch
from torch import nn

from kt_fewshot.encoders import LSTM
from kt_fewshot.encoders.lstm import BACKEND_VARIABLE, LSTM_BACKENDS
from kt_fewshot.encoders.lstm_fast import MANY

BATCH, TIME, INPUT, HIDDEN = 3, 7, 4, 5


def twins() -> tuple[LSTM, nn.LSTM]:
    """Our layer with the weights of torch's, whose gates come in another order."""
    torch.manual_seed(0)
    theirs = nn.LSTM(INPUT, HIDDEN, batch_first=True).double()
    ours = LSTM(HIDDEN).double()
    ours.weight.data = in_our_order(theirs.weight_hh_l0.data)
    return ours, theirs


def in_our_order(blocks: torch.Tensor) -> torch.Tensor:
    i, f, g, o = blocks.chunk(4)
    return torch.cat([i, f, o, g])


def project(theirs: nn.LSTM, u: torch.Tensor) -> torch.Tensor:
    return u @ in_our_order(theirs.weight_ih_l0).t() + in_our_order(theirs.bias_ih_l0 + theirs.bias_hh_l0)


def test_equals_torch_with_gradients() -> None:
    ours, theirs = twins()
    u = torch.randn(BATCH, TIME, INPUT, dtype=torch.float64)
    y, (h, c) = ours(project(theirs, u), ours.start(BATCH))
    expected, (h_expected, c_expected) = theirs(u)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(h, h_expected[0])
    torch.testing.assert_close(c, c_expected[0])
    weight = torch.randn_like(y)
    (y * weight).sum().backward()
    gradients = [ours.weight.grad, theirs.weight_ih_l0.grad.clone()]
    theirs.zero_grad()
    (expected * weight).sum().backward()
    torch.testing.assert_close(gradients[0], in_our_order(theirs.weight_hh_l0.grad))
    torch.testing.assert_close(gradients[1], theirs.weight_ih_l0.grad)


def test_a_reset_row_is_two_rows() -> None:
    ours, _ = twins()
    x = torch.randn(1, TIME, 4 * HIDDEN, dtype=torch.float64)
    reset = torch.zeros(1, TIME, dtype=torch.bool)
    reset[0, 3] = True
    packed, _ = ours(x, ours.start(1), reset)
    first, _ = ours(x[:, :3], ours.start(1))
    second, _ = ours(x[:, 3:], ours.start(1))
    torch.testing.assert_close(packed, torch.cat([first, second], dim=1))


def test_gradients_by_finite_differences() -> None:
    ours, _ = twins()
    reset = torch.rand(BATCH, TIME) < 0.3

    def run(x: torch.Tensor, weight: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y, state = torch.func.functional_call(ours, {"weight": weight}, (x, (h, c), reset))
        return y, *state

    shapes = [(BATCH, TIME, 4 * HIDDEN), (4 * HIDDEN, HIDDEN), (BATCH, HIDDEN), (BATCH, HIDDEN)]
    inputs = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(run, inputs)


def test_carried_state_is_one_long_row() -> None:
    ours, _ = twins()
    x = torch.randn(BATCH, TIME, 4 * HIDDEN, dtype=torch.float64)
    whole, end = ours(x, ours.start(BATCH))
    first, state = ours(x[:, :4], ours.start(BATCH))
    second, last = ours(x[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(last[1], end[1])


@pytest.mark.parametrize("batch", [BATCH, MANY])
def test_step_by_step_is_the_row(batch: int) -> None:
    ours = twins()[0].float()
    x = torch.randn(batch, TIME, 4 * HIDDEN)
    whole, end = ours(x, ours.start(batch))
    state = ours.start(batch)
    for t in range(TIME):
        y, state = ours(x[:, t], state)
        torch.testing.assert_close(y, whole[:, t])
    torch.testing.assert_close(state, end)


def test_autograd_finds_the_same_gradient_and_the_next() -> None:
    ours, theirs = twins()
    x = project(theirs, torch.randn(BATCH, TIME, INPUT, dtype=torch.float64)).detach()
    reset = torch.rand(BATCH, TIME) < 0.3
    found = []
    for twice in (False, True):
        ours.twice_differentiable = twice
        y, state = ours(x, ours.start(BATCH), reset)
        total = y.square().sum() + sum(part.square().sum() for part in state)
        found.append((y, torch.autograd.grad(total, ours.weight)[0]))
    torch.testing.assert_close(found[0], found[1])
    small, weight = x[:2, :3].requires_grad_(), ours.weight.detach().requires_grad_()

    def run(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(ours, {"weight": weight}, (x, ours.start(2)))[0]

    assert torch.autograd.gradgradcheck(run, (small, weight))


def test_the_backend_is_chosen_by_option_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x = LSTM(HIDDEN), torch.randn(2, TIME, 4 * HIDDEN)
    asked = []
    for name, backend in LSTM_BACKENDS.items():

        def serves(x: torch.Tensor, name: str = name) -> bool:
            asked.append(name)
            return name == "torch"

        monkeypatch.setitem(LSTM_BACKENDS, name, backend._replace(serves=serves))
    monkeypatch.delenv(BACKEND_VARIABLE, raising=False)
    layer(x, layer.start(2))
    assert asked == ["cudnn", "fast", "torch"]
    asked.clear()
    monkeypatch.setenv(BACKEND_VARIABLE, "torch")
    layer(x, layer.start(2))
    assert asked == ["torch"]
    asked.clear()
    layer.backend = "fast"
    layer(x, layer.start(2))
    assert asked == ["fast"]


def test_an_unknown_backend_is_told() -> None:
    with pytest.raises(ValueError, match="Unknown LSTM backend 'abacus'. Choose one of: cudnn, fast, torch."):
        LSTM(HIDDEN, backend="abacus")
