"""Towers of any encoder: one with a name, an `Encoder`, any module, or a function that makes one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from kt_fewshot.encoders import Encoder, Layer, Memoryless, make_encoder

from ..sharing import MakeTower

EncoderChoice = str | nn.Module | Callable[[tuple[int, ...]], nn.Module]
"""A name out of `ENCODERS`; a module, examples in, features out; or a function of an example's shape that makes one."""


def tower_maker(
    encoder: EncoderChoice, shape: Sequence[int], options: Mapping[str, Any] | None = None
) -> tuple[MakeTower, int]:
    """What makes towers, and the width of their features.

    Of a module the first tower is a copy as it is, all others are copies whose layers are initialised anew. An
    `Encoder` or an `nn.Sequential` is taken apart, so that sharing schemes can work between its layers.

    Args:
        encoder: see `EncoderChoice`.
        shape: of one example.
        options: of an encoder with a name.

    Raises:
        KTError: if there is no encoder of that name.
        TypeError: if it has no such option, or it is nothing that makes features.
        ValueError: if it cannot read such examples, or does not give a vector of features.
    """
    make = _modules(encoder, tuple(shape), options)
    width = _width(deepcopy(encoder) if isinstance(encoder, nn.Module) else make(), shape)
    return lambda: _layers(make()), width


def _modules(
    encoder: EncoderChoice, shape: tuple[int, ...], options: Mapping[str, Any] | None
) -> Callable[[], nn.Module]:
    if isinstance(encoder, str):
        return lambda: make_encoder(encoder, shape, options)
    if options:
        raise TypeError("`encoder_options` are for an encoder with a name. Give your own encoder its options yourself.")
    if isinstance(encoder, nn.Module):
        return _Copies(encoder)
    if callable(encoder):
        return lambda: encoder(shape)
    raise TypeError(
        f"`encoder` should be a name, a module or a function that makes one. Found {type(encoder).__name__}."
    )


class _Copies:
    """Copies of a module, the first one as it is."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.made = 0

    def __call__(self) -> nn.Module:
        copy = deepcopy(self.module)
        self.made += 1
        if self.made > 1:
            for part in copy.modules():
                if isinstance(reset := getattr(part, "reset_parameters", None), Callable):
                    reset()
        return copy


def _layers(module: nn.Module) -> Sequence[Layer]:
    if isinstance(module, Encoder):
        return list(module.layers)  # pyright: ignore[reportReturnType] (ModuleList hides what it holds)
    parts: Iterable[nn.Module] = module if isinstance(module, nn.Sequential) else (module,)
    return [part if isinstance(part, Layer) else Memoryless(part) for part in parts]


@torch.no_grad()
def _width(module: nn.Module, shape: Sequence[int]) -> int:
    """Of the features of one example."""
    if isinstance(module, Encoder):
        return module.width
    features = module.eval()(torch.zeros(1, *shape))
    if features.ndim != 2:
        raise ValueError(f"An encoder should give (batch, width). Found {tuple(features.shape)} for one example.")
    return features.shape[1]
