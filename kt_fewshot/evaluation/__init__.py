"""Predictions in, results out: how well answers and mastery were foretold."""

from .behaviour import evaluate_behaviour
from .comparison import Compared, Comparison, Fold, Foretold, compare
from .cross_validation import across_folds, cross_validate, pooled, pooled_scores
from .mastery_recovery import MasteryRecovery, recover_mastery
from .next_response import ITEM_ANSWERS, POSITIONS, evaluate_next_response
from .predictions import PREDICTION_SCHEMA, predictions_frame
from .results import PartScores, Results

__all__ = [
    "ITEM_ANSWERS",
    "POSITIONS",
    "PREDICTION_SCHEMA",
    "Compared",
    "Comparison",
    "Fold",
    "Foretold",
    "MasteryRecovery",
    "PartScores",
    "Results",
    "across_folds",
    "compare",
    "cross_validate",
    "evaluate_behaviour",
    "evaluate_next_response",
    "pooled",
    "pooled_scores",
    "predictions_frame",
    "recover_mastery",
]
