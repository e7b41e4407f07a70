"""How well probabilities fit right and wrong answers: arrays in, one number out.

Every function takes `probability: (answers,)`, the predicted P(correct) in [0, 1], `correct: (answers,)` in {0, 1} and
optionally `weights: (answers,)`, 0 or more, which count an answer as that many answers (None: each once). A metric
that is undefined for the answers given (none at all, or one class only for the AUC) is nan, never a guess.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

PROBABILITY_FLOOR: Final = float(np.finfo(np.float32).eps)
"""The log-loss clips probabilities to [floor, 1 - floor]: nearer to 1 float32 hardly tells probabilities apart."""


def auc(probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Area under the ROC curve: the chance that a right answer was given the higher score than a wrong one.

    AUC = P(score of a right answer > score of a wrong answer) + P(equal) / 2, over all pairs; ties are counted
    exactly. In [0, 1], higher is better, 0.5 is chance. Only the order of the scores counts, so `probability` may be
    any finite score. nan unless there are both right and wrong answers of positive weight.

    >>> auc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])
    0.875

    Raises:
        ValueError: if shapes differ, a score is not finite, `correct` is not 0 or 1, or a weight is negative.

    Source: Mann and Whitney (1947); Hanley and McNeil (1982), https://doi.org/10.1148/radiology.143.1.7063747.
    """
    score, outcome, weight = checked(probability, correct, weights, bounded=False)
    order = np.argsort(score, kind="stable")
    score, right, wrong = score[order], (weight * outcome)[order], (weight * (1 - outcome))[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]][: score.size])  # one entry for each distinct score
    if not starts.size:
        return float("nan")
    right, wrong = np.add.reduceat(right, starts), np.add.reduceat(wrong, starts)
    pairs = right.sum() * wrong.sum()
    below = np.cumsum(wrong) - wrong
    return float(right @ (below + wrong / 2) / pairs) if pairs > 0 else float("nan")


def accuracy(probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Share of answers on the side of 0.5 that was predicted; a probability of exactly 0.5 predicts a right answer.

    In [0, 1], higher is better; compare it with the base rate, which predicting the commoner answer reaches.

    Raises:
        ValueError: if shapes differ, a value is out of its range, or a weight is negative.
    """
    predicted, outcome, weight = checked(probability, correct, weights)
    return _mean((predicted >= 0.5) == (outcome == 1), weight)


def rmse(probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Root mean squared error, sqrt(mean((probability - correct)^2)): the square root of the Brier score.

    In [0, 1], lower is better; always saying 0.5 gives 0.5.

    Raises:
        ValueError: if shapes differ, a value is out of its range, or a weight is negative.
    """
    return float(np.sqrt(brier(probability, correct, weights)))


def brier(probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Brier score, mean((probability - correct)^2): a proper score, best at the true probability.

    In [0, 1], lower is better; always saying 0.5 gives 0.25.

    Raises:
        ValueError: if shapes differ, a value is out of its range, or a weight is negative.

    Source: Brier (1950), https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    predicted, outcome, weight = checked(probability, correct, weights)
    return _mean((predicted - outcome) ** 2, weight)


def log_loss(probability: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean negative log-likelihood in nats, -mean(y log p + (1 - y) log(1 - p)): a proper score.

    In [0, 15.9], lower is better; always saying 0.5 gives 0.693. Probabilities are clipped at `PROBABILITY_FLOOR`, so
    that one certain and wrong prediction stays finite, as scikit-learn does for float32.

    Raises:
        ValueError: if shapes differ, a value is out of its range, or a weight is negative.

    Source: Good (1952), https://doi.org/10.1111/j.2517-6161.1952.tb00104.x.
    """
    predicted, outcome, weight = checked(probability, correct, weights)
    return _mean(log_losses(predicted, outcome), weight)


def mean_absolute_error(predicted: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean of |predicted - target|, for targets that are numbers (response time, hints).

    In the unit of the target, 0 or more, lower is better. `predicted, target: (answers,)`, finite.

    Raises:
        ValueError: if shapes differ, a value is not finite, or a weight is negative.
    """
    value, truth, weight = checked(predicted, target, weights, bounded=False, binary=False)
    return _mean(np.abs(value - truth), weight)


def r2(predicted: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Coefficient of determination, 1 - sum((target - predicted)^2) / sum((target - mean)^2).

    At most 1, higher is better; 0 is what predicting the mean of these targets gives, below 0 is worse than that. nan
    where the targets do not vary. `predicted, target: (answers,)`, finite.

    Raises:
        ValueError: if shapes differ, a value is not finite, or a weight is negative.
    """
    value, truth, weight = checked(predicted, target, weights, bounded=False, binary=False)
    spread = _mean((truth - _mean(truth, weight)) ** 2, weight)
    return 1 - _mean((truth - value) ** 2, weight) / spread if spread > 0 else float("nan")


def log_losses(probability: Floats, correct: Floats) -> Floats:
    """Negative log-likelihood of each answer in nats; probabilities clipped at `PROBABILITY_FLOOR`."""
    clipped = np.clip(probability, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return -np.log(np.where(correct == 1, clipped, 1 - clipped))


def checked(
    probability: ArrayLike,
    correct: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bounded: bool = True,
    binary: bool = True,
) -> tuple[Floats, Floats, Floats]:
    """The three arguments of a metric as float64 arrays of one length, weights filled in with ones.

    Args:
        probability: (answers,) finite; in [0, 1] if `bounded`.
        correct: (answers,) finite; 0 or 1 if `binary`.
        weights: (answers,) finite, 0 or more; None for ones.
        bounded: whether `probability` has to be a probability.
        binary: whether `correct` has to be 0 or 1.

    Raises:
        ValueError: if one of this does not hold.
    """
    predicted = np.asarray(probability, dtype=np.float64)
    outcome = np.asarray(correct, dtype=np.float64)
    weight = np.ones(predicted.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if predicted.ndim != 1 or predicted.shape != outcome.shape or predicted.shape != weight.shape:
        shapes = f"{predicted.shape}, {outcome.shape} and {weight.shape}"
        raise ValueError(f"Predictions, answers and weights should be vectors of one length. Found shapes {shapes}.")
    if not (np.isfinite(predicted).all() and np.isfinite(outcome).all() and np.isfinite(weight).all()):
        raise ValueError("Predictions, answers and weights should be finite. Found nan or infinity.")
    if bounded and predicted.size and not (predicted.min() >= 0 and predicted.max() <= 1):
        raise ValueError(f"Probabilities should be in [0, 1]. Found {predicted.min():g} to {predicted.max():g}.")
    if binary and not ((outcome == 0) | (outcome == 1)).all():
        raise ValueError("`correct` should be 0 or 1.")
    if weight.size and weight.min() < 0:
        raise ValueError(f"Weights should be 0 or more. Found {weight.min():g}.")
    return predicted, outcome, weight


def _mean(values: Floats | NDArray[np.bool_], weight: Floats) -> float:
    """Weighted mean; nan if nothing has weight."""
    total = weight.sum()
    return float(values @ weight / total) if total > 0 else float("nan")
