"""Normalisation by the statistics of the batch at hand, exact to the second order, alone or vectorised over tasks."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, TypeVar, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from kt_fewshot.encoders import LSTM

from .method import at_least_single

M = TypeVar("M", bound=nn.Module)

_backward = torch.ops.aten.native_batch_norm_backward


def twice_differentiable(module: M) -> M:
    """A copy of a module that shares its parameters, under the same names, and can be differentiated twice.

    Batch normalisation (any `nn.BatchNorm`) takes the statistics of the batch at hand and keeps no running ones; the
    LSTM layer leaves its gradient to autograd. Everything else stays as it is.
    """
    copy = deepcopy(module, {id(parameter): parameter for parameter in module.parameters()})
    for part in list(copy.modules()):
        if isinstance(part, LSTM):
            part.twice_differentiable = True
        for name, child in part.named_children():
            if isinstance(child, _BatchNorm):
                setattr(part, name, BatchStatisticsNorm(child))
    return copy


@final
class BatchStatisticsNorm(nn.Module):
    """Batch normalisation by the mean and variance of the batch at hand, in training and afterwards.

        y = weight * (x - mean) / sqrt(variance + eps) + bias

    Two ways to the same numbers: a fast kernel where every example counts; and written out from primitives inside
    `counting`, where some examples may not count, or `torch.func.vmap` runs over many batches at once. Where vmap goes
    around `torch.func.grad`, second derivatives of torch's own batch normalisation are wrong, its first ones and its
    values right (https://github.com/pytorch/functorch/issues/534); those of the primitives are right everywhere.

    Args:
        norm: whose parameters it takes.

    Shape:
        x: (examples, channels, ...), result alike.
    """

    def __init__(self, norm: _BatchNorm) -> None:
        super().__init__()
        self.eps, self.channels = norm.eps, norm.num_features
        self.weight, self.bias = norm.weight, norm.bias
        self.counted: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        weight = x.new_ones(self.channels, dtype=_wide(x)) if self.weight is None else self.weight
        bias = torch.zeros_like(weight) if self.bias is None else self.bias
        if self.counted is None:
            return _Normalise.apply(x, weight, bias, self.eps)  # pyright: ignore[reportReturnType]
        return _normalise(x, weight, bias, self.eps, counted=self.counted)


@contextmanager
def counting(module: nn.Module, counted: Tensor | None) -> Iterator[None]:
    """Inside, statistics are those of the examples that count, and everything is written out from primitives.

    Args:
        module: whose `BatchStatisticsNorm` layers are meant.
        counted: (examples,) True where an example counts; None: all count, and nothing changes.
    """
    norms = [part for part in module.modules() if isinstance(part, BatchStatisticsNorm)]
    for norm in norms:
        norm.counted = counted
    try:
        yield
    finally:
        for norm in norms:
            norm.counted = None


def _normalise(x: Tensor, weight: Tensor, bias: Tensor, eps: float, *, counted: Tensor) -> Tensor:
    wide = at_least_single(x)
    share = counted.to(wide.dtype)
    share = (share / (share.sum() * (x[0, 0].numel()))).reshape(-1, *[1] * (x.dim() - 1))  # adds up to 1
    axes = [0, *range(2, x.dim())]
    centred = wide - (wide * share).sum(axes, keepdim=True)
    variance = (centred.square() * share).sum(axes, keepdim=True)
    y = centred * (variance + eps).rsqrt() * _of_channels(weight, x) + _of_channels(bias, x)
    return y.to(x.dtype)


class _Normalise(torch.autograd.Function):
    """The kernel, with a gradient that knows its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:  # noqa: ANN401
        y, mean, scale = torch.ops.aten.native_batch_norm(x, weight, bias, None, None, True, 0.0, eps)
        ctx.save_for_backward(x, weight, mean, scale)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:  # noqa: ANN401  # pyright: ignore[reportIncompatibleMethodOverride]
        return *_NormaliseGradient.apply(g, *ctx.saved_tensors, ctx.eps), None  # pyright: ignore[reportGeneralTypeIssues]


class _NormaliseGradient(torch.autograd.Function):
    """The gradient as a function of its own, and the gradient of that, written by hand.

    With n the sum's length, z = (x - mean) * scale, and P v = v - mean(v) - z mean(v z), the gradient of x is
    w scale P g, of the weight sum(g z), of the bias sum(g). Let v, a, b arrive in these three. P is symmetric, so g
    gets w scale P v + a z + b, for which the same kernel serves; what x gets is, for every channel, a linear
    combination of x, g, v and 1. Autograd's own formula takes about three times as many passes over memory.
    """

    @staticmethod
    def forward(  # noqa: PLR0917 (autograd's convention)
        ctx: Any,  # noqa: ANN401
        g: Tensor,
        x: Tensor,
        weight: Tensor,
        mean: Tensor,
        scale: Tensor,
        eps: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        of_x, of_weight, of_bias = _backward(g, x, weight, None, None, mean, scale, True, eps, [True] * 3)
        ctx.save_for_backward(g, x, weight, mean, scale, of_weight, of_bias)
        ctx.eps = eps
        ctx.set_materialize_grads(False)
        return of_x, of_weight, of_bias

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, v: Tensor | None, a: Tensor | None, b: Tensor | None) -> Any:  # noqa: ANN401  # pyright: ignore[reportIncompatibleMethodOverride]
        g, x, weight, mean, scale, sum_gz, sum_g = ctx.saved_tensors
        n = x.numel() / x.shape[1]
        v = torch.zeros_like(x) if v is None else v
        a = torch.zeros_like(weight) if a is None else a
        b = torch.zeros_like(weight) if b is None else b
        of_g, sum_vz, sum_v = _backward(v, x, weight, None, None, mean, scale, True, ctx.eps, [True] * 3)
        # the kernel's gradient of the weight with mean 0 and scale 1: sum(g v)
        sum_gv = _backward(
            g, v, weight, None, None, torch.zeros_like(mean), torch.ones_like(mean), True, ctx.eps, [False, True, False]
        )[1]
        rest = sum_gv - (sum_v * sum_g + sum_vz * sum_gz) / n
        common = weight * scale * scale / n
        on_v = -common * sum_gz
        on_g = a * scale - common * sum_vz
        on_z = common * (2 * sum_gz * sum_vz / n - rest) - a * scale * sum_gz / n
        on_x = on_z * scale
        constant = (common * (sum_gz * sum_v + sum_vz * sum_g) - a * scale * sum_g) / n - on_x * mean
        of_x = torch.addcmul(_like(constant, x), x, _like(on_x, x))
        of_x.addcmul_(v, _like(on_v, x)).addcmul_(g, _like(on_g, x))
        of_g = of_g.addcmul_(x, _like(a * scale, x)).add_(_like(b - a * scale * mean, x))
        return of_g, of_x, scale * rest, None, None, None


def _of_channels(value: Tensor, x: Tensor) -> Tensor:
    return value.reshape(1, -1, *[1] * (x.dim() - 2))


def _like(value: Tensor, x: Tensor) -> Tensor:
    """(channels,) in the shape and precision of x."""
    return _of_channels(value, x).to(x.dtype)


def _wide(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)
