"""The recurrence of an LSTM in compiled vector code, for CPUs: the loop and its gradient in C++ (`compiled/lstm.cpp`).

Products of a step, gates and state are one pass in registers; rows are dealt to as many threads as torch has. float32,
or bfloat16 in memory with sums in float32 where the input is of that type.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from kt_fewshot.compiled import SOURCES, Kernel

from .base import State
from .lstm_backend import Backend

KERNEL: Final = Kernel(
    SOURCES / "lstm.cpp",
    numbers=("rows", "time", "hidden", "threads"),
    tensors=(
        *("weight", "reset", "x", "h", "c", "y", "h_end", "c_end", "kept", "before"),
        *("dy", "dh_end", "dc_end", "dx", "dh", "dc"),
    ),
)

SMALLEST: Final = 4
"""Steps a call below which packing the weight costs more than the loop, unless there are `MANY` rows."""

MANY: Final = 128

_TYPES: Final = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


def _serves(x: Tensor) -> bool:
    pays = (x.shape[1] >= SMALLEST or x.shape[0] >= MANY) and x.numel() > 0
    return (
        pays
        and x.device.type == "cpu"
        and x.dtype in _TYPES
        and torch._C._get_tracing_state() is None
        and KERNEL.is_there()
    )


def _read(x: Tensor, weight: Tensor, state: State, reset: Tensor | None) -> tuple[Tensor, State]:
    h, c = (part.float() for part in state)
    y, h, c = _FastLSTM.apply(x, weight, h, c, reset, torch.is_grad_enabled())  # pyright: ignore[reportGeneralTypeIssues]
    return y, (h, c)


FAST: Final = Backend(_serves, _read)


def serves_step(x: Tensor, weight: Tensor) -> bool:
    """Whether `step` can take rows (batch, 4 * hidden), on this machine; nothing is differentiated there."""
    alike = x.dtype == weight.dtype == torch.float32 and x.device.type == "cpu"
    return alike and not torch.is_grad_enabled() and torch._C._get_tracing_state() is None and KERNEL.is_there()


def step(x: Tensor, weight: Tensor, state: State) -> State:
    """One step of few rows; see `lstm_torch.step`."""
    x, weight = x.contiguous(), weight.contiguous()
    h, c = (part.to(x.dtype).expand(len(x), -1).contiguous() for part in state)
    ends = {"h_end": torch.empty_like(h), "c_end": torch.empty_like(c)}
    given = {"x": x, "weight": weight, "h": h, "c": c, "y": torch.empty_like(x)}
    KERNEL.run("lstm_step_float32", len(x), 1, h.shape[1], 1, **given, **ends)
    return ends["h_end"], ends["c_end"]


class _FastLSTM(torch.autograd.Function):
    """The kernel and its gradient. All tensors (batch, time, ...)."""

    @staticmethod
    def forward(  # noqa: PLR0917 (autograd's convention)
        ctx: Any,  # noqa: ANN401 (autograd's context has no public type)
        x: Tensor,
        weight: Tensor,
        h: Tensor,
        c: Tensor,
        reset: Tensor | None,
        differentiable: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, time, width = x.shape
        x, weight, h, c = (tensor.contiguous() for tensor in (x, weight, h, c))
        reset = None if reset is None else reset.contiguous()
        y, h_end, c_end = x.new_empty(batch, time, width // 4), torch.empty_like(h), torch.empty_like(c)
        kept: dict[str, Tensor] = {}
        if differentiable and any(ctx.needs_input_grad):
            space = x.new_empty(batch, time, KERNEL.run("lstm_kept_width", batch, time, width // 4, 1))
            kept = {"kept": space, "before": torch.empty_like(y)}
        _run("forward", x, weight=weight, reset=reset, x=x, h=h, c=c, y=y, h_end=h_end, c_end=c_end, **kept)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(weight, reset, c, *kept.values())
        return y, h_end, c_end

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] (the decorator hides the names)
        ctx: Any,  # noqa: ANN401
        *grad_outputs: Tensor | None,
    ) -> Sequence[Tensor | None]:
        weight, reset, c, kept, before = ctx.saved_tensors
        dy, dh_end, dc_end = (None if grad is None else grad.contiguous() for grad in grad_outputs)
        dx = before.new_empty(*before.shape[:2], len(weight))
        dh, dc = torch.empty_like(c), torch.empty_like(c)
        given = {"weight": weight, "reset": reset, "c": c, "kept": kept}
        _run("backward", dx, **given, dy=dy, dh_end=dh_end, dc_end=dc_end, dx=dx, dh=dh, dc=dc)
        dweight = dx.flatten(0, 1).t() @ before.flatten(0, 1)
        return dx, dweight.to(weight.dtype), dh, dc, None, None


def _run(direction: str, like: Tensor, **tensors: Tensor | None) -> int:
    """Call the kernel; what is not named is null there."""
    batch, time, width = like.shape
    return KERNEL.run(
        *(f"lstm_{direction}_{_TYPES[like.dtype]}", batch, time, width // 4, torch.get_num_threads()), **tensors
    )
