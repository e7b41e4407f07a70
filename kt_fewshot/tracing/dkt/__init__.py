"""The deep tracer: an LSTM that learns correctness, mastery and behaviour at once; for whole logs and step by step."""

from .tracer import DKT

__all__ = ["DKT"]
