"""Trivial models: how far one gets by running means of the student, the skill and the item alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import expit

from kt_fewshot.metrics import Interval, paired_difference, student_bootstrap

from .records import Codes, Flags, Floats, Records, time_order

STRENGTH: Final = 5.0
"""Answers that the mean of all earlier answers counts as in each running mean."""

TRIVIAL: Final = {
    "student": "the student so far",
    "skill": "the skill so far",
    "item": "the item so far",
    "student and skill": "the student on the skill",
}
"""What running means are taken over, and how they are called."""

METRICS: Final = ("auc", "log_loss")

ALL: Final = "all of these"
PREDICTIONS: Final = "predictions"

WORK: Final = 4e7
"""Resamples x answers: 1000 resamples of forty thousand answers, 50 of a million."""

NEWTON_STEPS: Final = 8
RIDGE: Final = 1.0

PARTS: Final = ("train", "training", "valid", "validation", "val", "dev", "test")


@dataclass(frozen=True)
class Scores:
    """AUC and log-loss of each model on the same answers, the best AUC first; `answers`: how many there are.

    `difference`: AUC and log-loss of the predictions less those of the best trivial model; empty without predictions.
    """

    answers: int
    models: Mapping[str, Mapping[str, Interval]]
    difference: Mapping[str, Interval]

    @property
    def best(self) -> str | None:
        """The trivial model with the highest AUC; None if no AUC is defined."""
        return next((name for name in self.models if name != PREDICTIONS and self.models[name]["auc"].value > 0), None)

    def auc(self, name: str | None) -> float:
        """AUC of a model; nan for none."""
        return self.models[name]["auc"].value if name is not None and name in self.models else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        models = [
            {"model": name} | {metric: found.to_dict() for metric, found in scores.items()}
            for name, scores in self.models.items()
        ]
        difference = {metric: found.to_dict() for metric, found in self.difference.items()}
        return {"answers": self.answers, "models": models, "best_trivial": self.best, "difference": difference}


def scored_records(records: Records) -> Flags:
    """(records,) which count: those foretold (all of a log); of a split, those of the test if they are foretold."""
    known = np.isfinite(records.prediction)
    if not known.any():
        return np.ones(len(records), dtype=bool)
    test = (records.table["split"].str.to_lowercase() == "test").fill_null(False).to_numpy()
    return known & test if (known & test).any() else known


def score(records: Records, scored: Flags, *, draws: int = 1000, seed: int = 0) -> Scores:
    """Score the trivial models, and the predictions if there are any, on the same answers.

    Args:
        records: every answer once; all of them are the past of the models.
        scored: (records,) which count.
        draws: resamples of the students; fewer where there are many answers.
        seed: of the resamples.
    """
    said = trivial_predictions(records)
    if np.isfinite(records.prediction).any():
        said[PREDICTIONS] = np.clip(records.prediction, 0, 1)
    n = int(scored.sum())
    student, correct = records.student[scored], records.correct[scored]
    sampling = {"metrics": METRICS, "draws": int(np.clip(WORK / max(n, 1), min(50, draws), draws)), "seed": seed}
    scores = {name: student_bootstrap(student, p[scored], correct, **sampling) for name, p in said.items()}
    order = sorted(scores, key=lambda name: -np.nan_to_num(scores[name]["auc"].value))
    found = Scores(n, {name: scores[name] for name in order}, {})
    if PREDICTIONS not in said or found.best is None:
        return found
    difference = paired_difference(
        student, said[PREDICTIONS][scored], correct, other=said[found.best][scored], **sampling
    )
    return Scores(n, found.models, difference)


def trivial_predictions(records: Records) -> dict[str, Floats]:
    """P(correct) of each trivial model, from earlier answers only: name -> (records,).

    "the item so far" is the running mean (wins + 5 m) / (answers + 5) over the item's earlier answers, m the same of
    all earlier answers; a split's training answers are earlier than its test's. "all of these" is a logistic regression
    on the logits of the others, for each half of the students fitted to the other half.
    """
    order = _order(records)
    means = {}
    everything = np.zeros(len(records), dtype=np.int64)
    overall = _running(everything, records.correct, order, np.full(len(records), 0.5))
    for name, told in TRIVIAL.items():
        group = records.groups().get(name)
        if group is not None:
            means[told] = _running(group, records.correct, order, overall)
    if len(means) > 1:
        features = np.stack([np.log(p / (1 - p)) for p in means.values()], axis=1)
        means[ALL] = _combined(features, records.correct, records.student % 2 == 1)
    return means


def _order(records: Records) -> Codes:
    """(records,) places in the order in which answers become known: part by part, by time where it is known."""
    order = time_order(records)
    part = records.table["split"].str.to_lowercase()
    rank = np.array([PARTS.index(text) if text in PARTS else len(PARTS) for text in part.to_list()])
    return order[np.argsort(rank[order], kind="stable")]


def _running(group: Codes, correct: Floats, order: Codes, prior: Floats) -> Floats:
    """Smoothed mean of the earlier answers of each group: (records,) in (0, 1); of group -1 the prior."""
    at = order[np.argsort(group[order], kind="stable")]
    sorted_group, right = group[at], correct[at]
    starts = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]][: len(at)])
    length = np.diff(np.r_[starts, len(at)])
    earlier = np.arange(len(at)) - np.repeat(starts, length)
    total = np.cumsum(right) - right
    wins = total - np.repeat(total[starts], length)
    result = np.empty(len(at))
    result[at] = (wins + STRENGTH * prior[at]) / (earlier + STRENGTH)
    return np.where(group >= 0, result, prior)


def _combined(features: Floats, correct: Floats, half: Flags) -> Floats:
    """P(correct) of a logistic regression, each half of the students foretold from the other."""
    design = np.column_stack([np.ones(len(features)), features])
    result = np.full(len(correct), correct.mean() if len(correct) else 0.5)
    for here in (half, ~half):
        if here.any() and np.unique(correct[~here]).size == 2:
            result[here] = expit(design[here] @ _logistic(design[~here], correct[~here]))
    return result


def _logistic(design: Floats, correct: Floats) -> Floats:
    """Weights of a logistic regression by Newton's method; a little ridge keeps them finite."""
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        expected = expit(design @ weights)
        curvature = (design * (expected * (1 - expected))[:, None]).T @ design + RIDGE * np.eye(len(weights))
        weights += np.linalg.solve(curvature, design.T @ (correct - expected) - RIDGE * weights)
    return weights
