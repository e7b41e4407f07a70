"""LSTM layer (Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735) for packed rows."""

import os
from collections.abc import Mapping
from typing import Final, final

import torch
from torch import Tensor, nn

from . import lstm_fast
from .base import Layer, State
from .lstm_backend import Backend
from .lstm_cudnn import CUDNN
from .lstm_fast import FAST, MANY
from .lstm_torch import TORCH, read_by_autograd, step

LSTM_BACKENDS: Final[Mapping[str, Backend]] = {"cudnn": CUDNN, "fast": FAST, "torch": TORCH}
"""Ways to compute the recurrence, in the order in which they are asked; the last one always serves."""

BACKEND_VARIABLE: Final = "KT_FEWSHOT_LSTM"
"""Environment variable that names the only backend to be asked before `torch`, such as `torch` itself."""


@final
class LSTM(Layer):
    """An LSTM that is handed its gate pre-activations and can forget at any step.

    The input comes *already projected*, so that a lookup table, a matrix product or their sum may feed it:
    `x = W_in u + b`, in blocks input gate, forget gate, output gate, cell candidate. With recurrent weight U:

        i, f, o = sigmoid(x + U h);  g = tanh(x + U h);  c = f c + i g;  h = o tanh(c)

    Who computes that is decided by device, precision and what the machine has: torch itself, compiled vector code on a
    CPU, cuDNN. Their gradients are written by hand and can be differentiated no further; with `twice_differentiable`
    they are left to autograd, slower, to any order.

    Under autocast the input is rounded to its type; sums and the cell's state stay in float32.

    Args:
        hidden: units.
        backend: the only one of `LSTM_BACKENDS` to be asked before `torch`; by default what the environment variable
            `KT_FEWSHOT_LSTM` says, else all.

    Shape:
        x: (batch, time, 4 * hidden); y: (batch, time, hidden); state: (h, c), each (batch, hidden). Of one step, x may
        be (batch, 4 * hidden), and y is h.

    Raises:
        ValueError: if there is no such backend.
    """

    def __init__(self, hidden: int, *, backend: str | None = None) -> None:
        super().__init__()
        self.hidden = hidden
        self.backend = backend
        self.twice_differentiable = False
        self.weight = nn.Parameter(torch.empty(4 * hidden, hidden))
        for block in self.weight.data.chunk(4):
            nn.init.orthogonal_(block)
        _candidates(backend)

    def start(self, batch: int) -> State:
        """H = c = 0."""
        zero = self.weight.new_zeros(batch, self.hidden)
        return zero, zero

    def forward(self, x: Tensor, state: State, reset: Tensor | None = None) -> tuple[Tensor, State]:
        """Read packed rows; see the class."""
        if x.ndim == 2:
            return self._step(x, state)
        if self.twice_differentiable:
            return read_by_autograd(x, self.weight, state, reset)
        if torch.is_autocast_enabled(x.device.type) and x.is_floating_point():
            x = x.to(torch.get_autocast_dtype(x.device.type))
        backend = next(backend for backend in _candidates(self.backend) if backend.serves(x))
        with torch.autocast(x.device.type, enabled=False):
            return backend.read(x, self.weight, state, reset)

    def _step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        if len(x) < MANY:
            x, fast = x.to(self.weight.dtype), FAST in _candidates(self.backend)
            take = lstm_fast.step if fast and lstm_fast.serves_step(x, self.weight) else step
            state = take(x, self.weight, state)
        else:
            _, state = self(x[:, None], state)
        return state[0], state


def _candidates(name: str | None) -> list[Backend]:
    """The backends to ask, in order."""
    name = name or os.environ.get(BACKEND_VARIABLE)
    if not name:
        return list(LSTM_BACKENDS.values())
    if name not in LSTM_BACKENDS:
        raise ValueError(f"Unknown LSTM backend '{name}'. Choose one of: {', '.join(LSTM_BACKENDS)}.")
    return [LSTM_BACKENDS[name], TORCH]
