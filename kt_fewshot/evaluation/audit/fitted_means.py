"""Predictions that were made from the very answers they foretell, or are too good to be true.

The errors of an honest prediction, whatever its quality, add up over the answers of an item at least as chance has it:
sum over items of (sum of errors)^2 / sum of errors^2 is 1 or more, but for chance (.67 to 290 in the 80 honest cases of
`foreknowledge`). Those of one that was made from these very answers cancel out.
"""

from typing import Final

import numpy as np
from scipy.stats import chi2

from .answer_statistics import is_whole_file_mean
from .finding import Finding
from .records import Codes, Flags, Floats, Records

CANCEL: Final = 0.5
"""Sum of squared sums of errors, by what chance gives, below which errors cancel out. Honest: .67 and more."""

CANCEL_CHANCE: Final = 1e-4
"""Probability of so small a sum by chance."""

SUSPICIOUS: Final = 0.9
"""AUC from which predictions are looked at twice: no published tracer reaches .9 without a leak."""

ERROR_LEFT: Final = 1 / 3
"""They then are suspicious if they leave less than so much of the best trivial model's 1 - AUC."""

CERTAIN: Final = 0.98
"""AUC from which predictions nearly are the answers."""


def find_fitted_means(records: Records, scored: Flags) -> list[Finding]:
    """Predictions made from the means of the very answers they foretell.

    Either they are an item's (skill's, student's) mean, or their errors cancel out over the answers of each item or
    skill. Errors over all folds of a cross-validation cancel out too, since what is left out of one fold's means is in
    the others', but not within a fold. Without a column that tells folds or parts it is only a risk.

    Args:
        records: of predictions, without repeated rows.
        scored: (records,) which predictions count.
    """
    part = records.where(scored)
    rows = (len(part), len(part) / max(len(records), 1))
    advice = "Take means from training answers, or from earlier ones, only."
    for name in ("student", "skill", "item"):
        if is_whole_file_mean(part, name, part.prediction):
            sentence = f"Predictions are the mean of each {name}'s answers, the one foretold included."
            return [Finding("target-encoding", "leak", *rows, sentence, "all predictions", advice)]
    over = [name for name in ("item", "skill") if _errors_cancel(part, name)]
    if not over:
        return []
    sentence = f"Over the answers of each {over[0]}, errors cancel out: predictions were made from these very answers"
    if any(records.table[name].null_count() < len(records) for name in ("split", "fold")):
        return [Finding("target-encoding", "leak", *rows, f"{sentence}.", "all predictions", advice)]
    sentence = f"{sentence}, or folds of a cross-validation stand together."
    advice = f"Name the folds with --fold. If there are none: {advice[0].lower()}{advice[1:]}"
    return [Finding("target-encoding", "risk", *rows, sentence, "all predictions", advice)]


def find_too_good(auc: float, trivial: float, rows: int, total: int) -> list[Finding]:
    """An AUC that is too good to be true.

    Args:
        auc: of the predictions, in [0, 1] or nan.
        trivial: of the best trivial model.
        rows: predictions scored.
        total: records in all.
    """
    if not (auc > SUSPICIOUS and (1 - auc) < ERROR_LEFT * (1 - trivial)):
        return []
    nearly = auc > CERTAIN
    sentence = f"The AUC of {auc:.3f} is suspiciously high: the best trivial model has {trivial:.3f}."
    advice = "Look at every input for what is only known with or after the answer."
    example = "nearly every prediction is on the side of the answer" if nearly else "all predictions"
    return [Finding("too-good", "leak" if nearly else "risk", rows, rows / total, sentence, example, advice)]


def _errors_cancel(records: Records, name: str) -> bool:
    """Whether errors add up to far less over each group than chance has it.

    Of K folds, the errors within a fold add up to K / (K - 1) where the means leave the fold out, to (K - 1) / K where
    they do not.
    """
    group = records.groups().get(name)
    if group is None:
        return False
    error = records.correct - records.prediction
    ratio, independent = _sum(error, group)
    if ratio >= CANCEL or chi2.cdf(ratio * independent, independent) >= CANCEL_CHANCE:
        return False
    fold = records.table["fold"].fill_null(-1).to_numpy().astype(np.int64)
    folds = int(fold.max(initial=0)) + 2
    return _sum(error, np.where(group >= 0, group * folds + fold + 1, -1))[0] < 1


def _sum(error: Floats, group: Codes) -> tuple[float, float]:
    """Squared sums of errors over groups, by what chance gives; of how many independent groups that is."""
    _, index, count = np.unique(group, return_inverse=True, return_counts=True)
    error = np.where((count[index] > 1) & (group >= 0), error, 0.0)
    sums, squares = np.bincount(index, weights=error), np.bincount(index, weights=error**2)
    if not squares.any():
        return 1.0, 1.0
    return float((sums**2).sum() / squares.sum()), float(squares.sum() ** 2 / (squares**2).sum())
