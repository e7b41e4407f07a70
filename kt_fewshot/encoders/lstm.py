"""LSTM layer (Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735) for packed rows."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .base import Layer, State


@final
class LSTM(Layer):
    """An LSTM that is handed its gate pre-activations and can forget at any step.

    The input comes *already projected*, so that a lookup table, a matrix product or their sum may feed it:
    `x = W_in u + b`, in blocks input gate, forget gate, output gate, cell candidate. With recurrent weight U:

        i, f, o = sigmoid(x + U h);  g = tanh(x + U h);  c = f c + i g;  h = o tanh(c)

    Gradients are written by hand: the weight's gradient is one large product over all steps. They can be
    differentiated no further; with `twice_differentiable` they are left to autograd, slower, to any order.

    Args:
        hidden: units.

    Shape:
        x: (batch, time, 4 * hidden); y: (batch, time, hidden); state: (h, c), each (batch, hidden).
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.twice_differentiable = False
        self.weight = nn.Parameter(torch.empty(4 * hidden, hidden))
        for block in self.weight.data.chunk(4):
            nn.init.orthogonal_(block)

    def start(self, batch: int) -> State:
        """H = c = 0."""
        zero = self.weight.new_zeros(batch, self.hidden)
        return zero, zero.clone()

    def forward(self, x: Tensor, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:
        """Read packed rows; see the class."""
        h, c = state
        keep = x.new_ones(*x.shape[:2], 1) if reset is None else (~reset)[..., None].to(x.dtype)
        if self.twice_differentiable:
            return _read(x, self.weight, state, keep)
        y, h, c = _PackedLSTM.apply(x, self.weight, h, c, keep)  # pyright: ignore[reportGeneralTypeIssues]
        return y, (h, c)


def _read(x: Tensor, weight: Tensor, state: State, keep: Tensor) -> tuple[Tensor, State]:
    """The recurrence, its gradient left to autograd."""
    h, c = state
    y: list[Tensor] = []
    for x_t, keep_t in zip(x.unbind(1), keep.unbind(1), strict=True):
        i, f, o, g = (x_t + (h * keep_t) @ weight.t()).chunk(4, -1)
        c = f.sigmoid() * (c * keep_t) + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        y.append(h)
    return torch.stack(y, 1), (h, c)


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
