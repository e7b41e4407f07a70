"""The recurrence of an LSTM through cuDNN, for CUDA devices.

cuDNN reads sequences that never forget, so a row is cut where it does: each piece becomes a sequence of its own, and
all are read side by side, longest first, as torch's packed sequences are. cuDNN also wants to project its input itself;
it is given the identity, with the gates put in its order, one product more that fills the device well.

cuDNN rounds products to TF32 as `torch.backends.cudnn.allow_tf32` says.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from .base import State
from .lstm_backend import Backend

_ORDER: Final = (0, 1, 3, 2)
"""cuDNN's gates (input, forget, candidate, output) among ours."""


class Pieces(NamedTuple):
    """Rows cut where they forget, as cuDNN takes them. All on the rows' device but `sizes`.

    - `at: (batch * time,)` position among the rows' steps of each of theirs; `back`: the opposite;
    - `sizes: (longest,)` pieces that have a step t;
    - `row: (pieces,)` whose piece; `goes_on: (pieces, 1)` whether it begins with the row's state;
    - `last: (batch,)` the piece that ends each row.
    """

    at: Tensor
    back: Tensor
    sizes: Tensor
    row: Tensor
    goes_on: Tensor
    last: Tensor


def cut(reset: Tensor, device: torch.device) -> Pieces:
    """Cut rows `reset: (batch, time)` for a device; waits for it once."""
    batch, time = reset.shape
    forgets = reset.cpu()
    begins = forgets.clone()
    begins[:, 0] = True
    first = begins.flatten().nonzero().flatten()
    length = torch.cat([first[1:], torch.tensor([batch * time])]) - first
    order = length.argsort(descending=True, stable=True)
    first, length = first[order], length[order]
    step = torch.arange(int(length[0]))[:, None]
    there = step < length  # (longest, pieces)
    at = (first + step)[there]
    row = first // time
    goes_on = (first % time == 0) & ~forgets[row, 0]
    ends = (first + length) % time == 0
    last = torch.empty(batch, dtype=torch.long)
    last[row[ends]] = ends.nonzero().flatten()
    on_device = (part.to(device, non_blocking=True) for part in (row, goes_on[:, None], last))
    return Pieces(at.to(device), at.argsort().to(device), there.sum(1), *on_device)


def read_pieces(x: Tensor, weight: Tensor, state: State, reset: Tensor | None) -> tuple[Tensor, State]:
    """See `Backend`; numbers of half precision are computed in float32."""
    batch, time, width = x.shape
    pieces = cut(torch.zeros(batch, time, dtype=torch.bool) if reset is None else reset, x.device)
    h, c = (torch.where(pieces.goes_on, part[pieces.row], 0.0)[None] for part in state)
    given = x.to(weight.dtype).flatten(0, 1)[pieces.at]
    y, h, c = torch._VF.lstm(given, pieces.sizes, (h, c), _weights(weight), False, 1, 0.0, True, False)  # pyright: ignore[reportAttributeAccessIssue]
    y = y[pieces.back].view(batch, time, width // 4).to(x.dtype)
    return y, (h[0, pieces.last], c[0, pieces.last])


def _serves(x: Tensor) -> bool:
    return x.device.type == "cuda" and x.numel() > 0 and torch.backends.cudnn.is_available()


CUDNN: Final = Backend(_serves, read_pieces)


def _weights(weight: Tensor) -> list[Tensor]:
    """The identity and the recurrent weight in cuDNN's order, in one block of memory, as cuDNN wants them."""
    width, hidden = weight.shape
    order = torch.tensor(_ORDER, device=weight.device)
    theirs = weight.view(4, hidden, hidden)[order].view(width, hidden)
    identity = torch.eye(width, dtype=weight.dtype, device=weight.device).view(4, hidden, width)[order]
    block = torch.cat([identity.flatten(), theirs.flatten()])
    return [block[: width * width].view(width, width), block[width * width :].view(width, hidden)]
