"""Predictions in, results out: how well answers and mastery were foretold."""

from .behaviour import evaluate_behaviour
from .cross_validation import across_folds
from .mastery_recovery import MasteryRecovery, recover_mastery
from .next_response import POSITIONS, evaluate_next_response
from .predictions import PREDICTION_SCHEMA, predictions_frame
from .results import PartScores, Results

__all__ = [
    "POSITIONS",
    "PREDICTION_SCHEMA",
    "MasteryRecovery",
    "PartScores",
    "Results",
    "across_folds",
    "evaluate_behaviour",
    "evaluate_next_response",
    "predictions_frame",
    "recover_mastery",
]
