"""Dropout (Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html) that costs little on a CPU."""

import struct
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from kt_fewshot.compiled import SOURCES, Kernel

KERNEL: Final = Kernel(SOURCES / "dropout.cpp", numbers=("n", "seed", "threshold", "scale"), tensors=("x", "y"))

_TYPES: Final = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


def dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """Numbers of x set to 0 at random and the others divided by `1 - share`; x itself unless `training`.

    The same as torch's, and that itself on other devices or where nothing can be compiled. On a CPU torch's generator
    is asked for one number, from which all draws follow; that takes a tenth of the time.

    Args:
        x: (...)
        share: P(a number is dropped), in [0, 1).
        training: whether to do anything.

    Raises:
        ValueError: if `share` is out of its range.
    """
    if not 0 <= share < 1:
        raise ValueError(f"`share` should be in [0, 1). Found `share = {share}`.")
    if x.device.type != "cpu" or x.dtype not in _TYPES or not training or not share or not KERNEL.is_there():
        return functional.dropout(x, share, training)
    seed = int(torch.empty((), dtype=torch.int64).random_())
    return _Dropout.apply(x, share, seed)  # pyright: ignore[reportReturnType] (torch types no `apply`)


class _Dropout(torch.autograd.Function):
    """The kernel. Its gradient is itself: the same numbers are dropped and scaled."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, share: float, seed: int) -> Tensor:  # noqa: ANN401 (autograd's has no public type)
        ctx.drawn = share, seed
        x = x.contiguous()
        y = torch.empty_like(x)
        scale = int.from_bytes(struct.pack("<f", 1 / (1 - share)), "little")
        KERNEL.run(f"dropout_{_TYPES[x.dtype]}", x.numel(), seed, round(share * 2**32), scale, x=x, y=y)
        return y

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (grad,) = grad_outputs
        return _Dropout.apply(grad, *ctx.drawn), None, None  # pyright: ignore[reportReturnType]
