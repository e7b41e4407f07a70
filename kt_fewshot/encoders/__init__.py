"""Encoders: lists of layers that turn inputs into features. Nothing of education in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kt_fewshot.registry import Registry

from .base import Encoder, Layer, Memoryless, State
from .conv4 import Conv4
from .dropout import dropout
from .lookup import look_up
from .lstm import LSTM
from .mlp import MLP
from .resnet12 import ResNet12
from .sequence import LSTMEncoder

ENCODERS: Final[Registry[Encoder]] = Registry(
    __name__,
    "encoder",
    {
        "conv4": "conv4:Conv4",
        "lstm": "sequence:LSTMEncoder",
        "mlp": "mlp:MLP",
        "resnet12": "resnet12:ResNet12",
    },
)
"""Name -> module and class; every one takes the `shape` of an example, and options by keyword."""


encoder_class = ENCODERS.load
"""The class of a name; an unknown one is a `KTError`."""


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
    "dropout",
    "encoder_class",
    "look_up",
    "make_encoder",
]
