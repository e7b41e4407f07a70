"""A linear probe: how much of a task frozen features tell, though nobody trained them for it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STRENGTHS: Final = tuple(10.0**power for power in range(-2, 5))
"""Ridge penalties tried, by generalised cross-validation on the training answers; features are standardised."""

STEPS: Final = 1000


def linear_probe(
    features: NDArray[np.floating], target: NDArray[np.floating], asked: NDArray[np.floating], *, yes_or_no: bool
) -> NDArray[np.float64]:
    """Fit a linear model on frozen features and predict others (Alain and Bengio 2016, https://arxiv.org/abs/1610.01644).

    The model is as simple as it gets, so that what it finds was in the features.

    Args:
        features: (answers, width) of the training students.
        target: (answers,) of the task; in {0, 1} if `yes_or_no`. NaN where the answer is not labelled.
        asked: (other answers, width) of the test students.
        yes_or_no: logistic regression (penalty 1) rather than ridge regression.

    Returns:
        (other answers,) P(yes), or the mean; the same for all answers if there is nothing to learn from.
    """
    told = ~np.isnan(target)
    learned = target[told].astype(np.float64)
    if not learned.size or np.ptp(learned) == 0:
        return np.full(len(asked), learned.mean() if learned.size else 0.0)
    known, asked = (_standardised(values, features[told]) for values in (features[told], asked))
    if yes_or_no:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=STEPS).fit(known, learned).predict_proba(asked)[:, 1]
    from sklearn.linear_model import RidgeCV

    return RidgeCV(STRENGTHS).fit(known, learned).predict(asked)


def _standardised(values: NDArray[np.floating], like: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean 0 and deviation 1 where `like: (answers, width)` has them; what never changes is 0."""
    mean, deviation = like.mean(0, dtype=np.float64), like.std(0, dtype=np.float64)
    return (values - mean) / np.where(deviation > 0, deviation, 1.0)
