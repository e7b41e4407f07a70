"""Encoders: lists of layers that turn inputs into features. Nothing of education in them."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from .base import Encoder, Layer, Memoryless, State
from .conv4 import Conv4
from .lstm import LSTM
from .mlp import MLP
from .resnet12 import ResNet12
from .sequence import LSTMEncoder

ENCODERS: Final[Mapping[str, tuple[str, str]]] = {
    "conv4": (".conv4", "Conv4"),
    "lstm": (".sequence", "LSTMEncoder"),
    "mlp": (".mlp", "MLP"),
    "resnet12": (".resnet12", "ResNet12"),
}
"""Name -> module and class; every one takes the `shape` of an example, and options by keyword."""


def encoder_class(name: str) -> type[Encoder]:
    """The class of an encoder.

    Raises:
        ValueError: if there is no such encoder.
    """
    if name not in ENCODERS:
        raise ValueError(f"Unknown encoder '{name}'. Choose one of: {', '.join(sorted(ENCODERS))}.")
    module, cls = ENCODERS[name]
    return getattr(import_module(module, __name__), cls)


def make_encoder(name: str, shape: Sequence[int], options: Mapping[str, Any] | None = None) -> Encoder:
    """An encoder by its name, which knows how it was made.

    Args:
        name: out of `ENCODERS`.
        shape: of one example.
        options: by keyword, such as `hidden`.

    Raises:
        ValueError: if there is no such encoder, or it cannot read examples of this shape.
        TypeError: if it has no such option.
    """
    encoder = encoder_class(name)(shape, **(options or {}))  # pyright: ignore[reportArgumentType, reportCallIssue]
    encoder.made_as = {"name": name, "shape": list(shape), "options": dict(options or {})}
    return encoder


__all__ = [
    "ENCODERS",
    "LSTM",
    "MLP",
    "Conv4",
    "Encoder",
    "LSTMEncoder",
    "Layer",
    "Memoryless",
    "ResNet12",
    "State",
    "encoder_class",
    "make_encoder",
]
