"""Learning curves: the share of errors at the first, second, ... opportunity on a skill, sorted as DataShop does."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from kt_fewshot.data import SKILL_SEPARATOR, Interactions

from .additive_factors import fit_additive_factors

Category = Literal["too little data", "low and flat", "no learning", "still high", "good"]


@dataclass(frozen=True)
class CurveRules:
    """What decides on a curve's category; DataShop's own numbers (pslcdatashop.web.cmu.edu, Learning Curve).

    - `students`: a point counts with answers of so many students;
    - `opportunities`: fewer points that count are too little data;
    - `low_error`, `high_error`: shares of errors in [0, 1];
    - `slope`: of the Additive Factors Model, logits an opportunity.
    """

    students: int = 10
    opportunities: int = 3
    low_error: float = 0.2
    high_error: float = 0.4
    slope: float = 0.001


DATASHOP: Final = CurveRules()


@dataclass(frozen=True)
class LearningCurve:
    """One skill, opportunity by opportunity, the first first.

    - `students: (points,)` how many had this opportunity; it falls, since students stop;
    - `error: (points,)` share of answers that were wrong, in [0, 1];
    - `predicted: (points,)` what was foretold of it, nan where nothing was;
    - `valid`: how many points count, the first ones;
    - `slope`: of the Additive Factors Model.
    """

    skill: str
    students: NDArray[np.int64]
    error: NDArray[np.float64]
    predicted: NDArray[np.float64]
    valid: int
    slope: float
    category: Category

    @property
    def answers(self) -> int:
        """Answers behind the curve."""
        return int(self.students.sum())


def learning_curves(
    interactions: Interactions, probability: ArrayLike | None = None, *, rules: CurveRules = DATASHOP
) -> tuple[LearningCurve, ...]:
    """The curve of every skill, the most practised first.

    An answer on several skills is an opportunity on each of them.

    Args:
        interactions: whole histories.
        probability: (answers,) P(correct) foretold before each answer, in [0, 1]; nan where nothing was.
        rules: what decides on the category.

    Raises:
        ValueError: if there is not one probability an answer.
    """
    rows, names = _opportunities(interactions, probability)
    factors = fit_additive_factors(
        interactions.table["student"].rle_id().to_numpy(),
        interactions.table["correct"].to_numpy(),
        answer=rows["answer"].to_numpy(),
        skill=rows["skill"].to_numpy(),
        earlier=rows["earlier"].to_numpy(),
    )
    points = rows.group_by("skill", "earlier").agg(
        n=pl.len(), error=1 - pl.col("correct").mean(), predicted=1 - pl.col("probability").mean()
    )
    curves = [
        _curve(names[skill], of_skill, float(factors.slope[skill]), rules)
        for (skill,), of_skill in points.sort("skill", "earlier").group_by("skill", maintain_order=True)
        if isinstance(skill, int)
    ]
    return tuple(sorted(curves, key=lambda curve: -curve.answers))


def categorise(error: NDArray[np.float64], slope: float, *, rules: CurveRules = DATASHOP) -> Category:
    """DataShop's category of a curve; the first that fits.

    Args:
        error: (valid points,) shares of errors in [0, 1], opportunities in order.
        slope: of the Additive Factors Model.
        rules: what decides.

    >>> categorise(np.array([0.6, 0.5, 0.3]), 0.1)
    'good'
    """
    if len(error) < rules.opportunities:
        return "too little data"
    if (error < rules.low_error).all():
        return "low and flat"
    if slope <= rules.slope:
        return "no learning"
    return "still high" if error[-1] >= rules.high_error else "good"


def _opportunities(interactions: Interactions, probability: ArrayLike | None) -> tuple[pl.DataFrame, list[str]]:
    """A row for each answer and skill: `answer`, `skill` (place among the names), `earlier`, `correct`; the names."""
    n = len(interactions)
    said = np.full(n, np.nan) if probability is None else np.asarray(probability, dtype=np.float64)
    if said.shape != (n,):
        raise ValueError(f"`probability` should hold one number for each of {n} answers. Found shape {said.shape}.")
    names = interactions.skill_names()
    rows = (
        interactions.table.select(
            answer=pl.int_range(pl.len()),
            student=pl.col("student").rle_id(),
            correct=pl.col("correct"),
            probability=pl.Series(said, nan_to_null=True),
            skill=pl.col("skills").str.split(SKILL_SEPARATOR),
        )
        .explode("skill")
        .drop_nulls("skill")
        .with_columns(skill=pl.col("skill").cast(pl.Enum(names)).to_physical().cast(pl.Int64))
    )
    return rows.with_columns(earlier=pl.int_range(pl.len()).over("student", "skill")), names


def _curve(name: str, points: pl.DataFrame, slope: float, rules: CurveRules) -> LearningCurve:
    students, error = points["n"].to_numpy(), points["error"].to_numpy()
    valid = int((students >= rules.students).sum())  # the first ones: fewer and fewer students are left
    predicted = points["predicted"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return LearningCurve(name, students, error, predicted, valid, slope, categorise(error[:valid], slope, rules=rules))
