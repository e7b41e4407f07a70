"""Predictions in, results out: how well answers and mastery were foretold."""

from .mastery_recovery import MasteryRecovery, recover_mastery

__all__ = ["MasteryRecovery", "recover_mastery"]
