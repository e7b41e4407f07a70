"""Encoders: lists of layers that turn inputs into features. Nothing of education in them."""

from .base import Layer, State
from .lstm import LSTM

__all__ = ["LSTM", "Layer", "State"]
