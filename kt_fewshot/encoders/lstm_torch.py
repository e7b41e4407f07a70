"""The recurrence of an LSTM in torch alone: on any device, in any precision; what the other ways are measured by."""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .base import State
from .lstm_backend import Backend

_LOW: Final = (torch.bfloat16, torch.float16)


def step(x: Tensor, weight: Tensor, state: State) -> State:
    """The state after one step, `x: (batch, 4 * hidden)`, whose gradient is left to autograd."""
    h, c = state
    gates = torch.addmm(x, h, weight.t())
    i, f, o = gates[:, : 3 * h.shape[1]].sigmoid().chunk(3, 1)
    c = torch.addcmul(f * c, i, gates[:, 3 * h.shape[1] :].tanh())
    return o * c.tanh(), c


def read_by_autograd(x: Tensor, weight: Tensor, state: State, reset: Tensor | None) -> tuple[Tensor, State]:
    """The recurrence, its gradient left to autograd: slower, but it can be differentiated to any order."""
    h, c = state
    keep = _keep(x, reset)
    y: list[Tensor] = []
    for x_t, keep_t in zip(x.unbind(1), keep.unbind(1), strict=True):
        h, c = step(x_t, weight, (h * keep_t, c * keep_t))
        y.append(h)
    return torch.stack(y, 1), (h, c)


def _read(x: Tensor, weight: Tensor, state: State, reset: Tensor | None) -> tuple[Tensor, State]:
    """With a gradient written by hand; numbers of half precision are computed in float32."""
    wide = x.float() if x.dtype in _LOW else x
    y, h, c = _PackedLSTM.apply(wide, weight, *state, _keep(wide, reset))  # pyright: ignore[reportGeneralTypeIssues]
    return y.to(x.dtype), (h, c)


def _serves(x: Tensor) -> bool:  # noqa: ARG001 (others look)
    return True


TORCH: Final = Backend(_serves, _read)


def _keep(x: Tensor, reset: Tensor | None) -> Tensor:
    """(batch, time, 1): 0 where a row forgets, 1 elsewhere."""
    return x.new_ones(*x.shape[:2], 1) if reset is None else (~reset)[..., None].to(x.dtype)


class _PackedLSTM(torch.autograd.Function):
    """The recurrence and its gradient. All tensors (batch, time, ...); `keep: (batch, time, 1)` is 0 at a reset."""

    @staticmethod
    def forward(  # noqa: PLR0917 (autograd's convention)
        ctx: Any,  # noqa: ANN401 (autograd's context has no public type)
        x: Tensor,
        weight: Tensor,
        h: Tensor,
        c: Tensor,
        keep: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, time, _ = x.shape
        hidden = h.shape[-1]
        recurrent = weight.t()
        gates = x.new_empty(time, batch, 4 * hidden)
        h_before, c_before, squashed = (x.new_empty(time, batch, hidden) for _ in range(3))
        y = x.new_empty(time, batch, hidden)
        for t, (x_t, keep_t) in enumerate(zip(x.unbind(1), keep.unbind(1), strict=True)):
            torch.mul(h, keep_t, out=h_before[t])
            torch.mul(c, keep_t, out=c_before[t])
            gate = torch.addmm(x_t, h_before[t], recurrent, out=gates[t])
            gate[:, : 3 * hidden].sigmoid_()
            gate[:, 3 * hidden :].tanh_()
            i, f, o, g = gate.chunk(4, 1)
            c = torch.addcmul(f * c_before[t], i, g)
            torch.tanh(c, out=squashed[t])
            h = torch.mul(o, squashed[t], out=y[t])
        ctx.save_for_backward(gates, h_before, c_before, squashed, weight, keep)
        return y.transpose(0, 1), h.clone(), c

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] (the decorator hides the names)
        ctx: Any,  # noqa: ANN401
        *grad_outputs: Tensor,
    ) -> Sequence[Tensor | None]:
        dy, dh, dc = grad_outputs
        gates, h_before, c_before, squashed, weight, keep = ctx.saved_tensors
        i, f, o, g = gates.chunk(4, -1)
        # what each gate's pre-activation receives for a unit of gradient on c (i, f, g) and on h (o)
        on_c = torch.stack([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g)], dim=2)
        on_h = squashed * o * (1 - o)
        h_to_c = o * (1 - squashed * squashed)
        time, batch, width = gates.shape
        hidden = width // 4
        dx = torch.empty_like(gates)
        blocks = dx.view(time, batch, 4, hidden)
        for t in range(time - 1, -1, -1):
            dh = dh + dy[:, t]
            dc = torch.addcmul(dc, dh, h_to_c[t])
            torch.mul(dc[:, None], on_c[t, :, :2], out=blocks[t, :, :2])
            torch.mul(dh, on_h[t], out=blocks[t, :, 2])
            torch.mul(dc, on_c[t, :, 2], out=blocks[t, :, 3])
            dh = torch.mm(dx[t], weight).mul_(keep[:, t])
            dc = (dc * f[t]).mul_(keep[:, t])
        dweight = dx.view(-1, width).t() @ h_before.view(-1, hidden)
        return dx.transpose(0, 1), dweight, dh, dc, None
