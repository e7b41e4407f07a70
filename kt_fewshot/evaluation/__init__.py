"""Predictions in, results out: how well answers and mastery were foretold."""

from .additive_factors import AdditiveFactors, fit_additive_factors
from .behaviour import YES_OR_NO, evaluate_behaviour
from .comparison import Compared, Comparison, Fold, Foretold, compare
from .cross_validation import across_folds, cross_validate, pooled, pooled_scores
from .few_shot import JudgedEpisodes, judge
from .learning_curves import DATASHOP, Category, CurveRules, LearningCurve, categorise, learning_curves
from .linear_probe import linear_probe
from .mastery_recovery import MasteryRecovery, recover_mastery
from .method_comparison import ComparedMethod, MethodComparison, compare_methods
from .negative_transfer import USUAL_REPEATS, PairedLosses, TaskTransfer, Transfer, Verdict, transfer
from .next_response import ITEM_ANSWERS, POSITIONS, evaluate_next_response
from .predictions import PREDICTION_SCHEMA, predictions_frame
from .results import PartScores, Results

__all__ = [
    "DATASHOP",
    "ITEM_ANSWERS",
    "POSITIONS",
    "PREDICTION_SCHEMA",
    "USUAL_REPEATS",
    "YES_OR_NO",
    "AdditiveFactors",
    "Category",
    "Compared",
    "ComparedMethod",
    "Comparison",
    "CurveRules",
    "Fold",
    "Foretold",
    "JudgedEpisodes",
    "LearningCurve",
    "MasteryRecovery",
    "MethodComparison",
    "PairedLosses",
    "PartScores",
    "Results",
    "TaskTransfer",
    "Transfer",
    "Verdict",
    "across_folds",
    "categorise",
    "compare",
    "compare_methods",
    "cross_validate",
    "evaluate_behaviour",
    "evaluate_next_response",
    "fit_additive_factors",
    "judge",
    "learning_curves",
    "linear_probe",
    "pooled",
    "pooled_scores",
    "predictions_frame",
    "recover_mastery",
    "transfer",
]
