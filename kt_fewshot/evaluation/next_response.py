"""How well the next answer was foretold: over all answers, by skill, and by how much of history and item was known."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from kt_fewshot.data import SKILL_SEPARATOR, Interactions
from kt_fewshot.metrics import grouped_bootstrap, student_bootstrap

from .results import PartScores, Results

POSITIONS: Final = ((1, 1), (2, 5), (6, 10), (11, 20), (21, None))
"""Windows of positions in a student's history, first and last; cold start happens in the first ones."""

ITEM_ANSWERS: Final = ((0, 1), (2, 9), (10, 49), (50, 199), (200, None))
"""Windows of how many training answers an item has, fewest and most; the first ones tell how a new item fares."""

PART_METRICS: Final = ("auc", "accuracy", "log_loss")
"""Metrics of a part of the answers; too few for an expected calibration error."""


def evaluate_next_response(
    interactions: Interactions,
    probability: ArrayLike,
    *,
    scored: ArrayLike | None = None,
    known: ArrayLike | None = None,
    item_answers: ArrayLike | None = None,
    by_skill: bool = True,
    mean: float | None = None,
    draws: int = 1000,
    part_draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Results:
    """Score P(correct), foretold before each answer, against the answers.

    One answer counts once, also if it has several skills; among the skills it counts for each of its own. Intervals
    come from resampling whole students. A position is the number of an answer in the student's history, 1 the first,
    whether the answers before were scored or not. An AUC of answers that are all right or all wrong is undefined and
    says so in its `reason`.

    Args:
        interactions: the answers, whole histories, so that positions can be told.
        probability: (answers,) P(correct) in [0, 1], one for each row of `interactions`; what stands in rows that are
            not scored is not looked at and may be nan.
        scored: (answers,) bool, which answers count; None for all.
        known: (answers,) bool, which questions the model met in training; `Results.known` then holds both kinds.
        item_answers: (answers,) how many training answers the item of each question has, negative where it has no
            item; `Results.items` then holds the windows of `ITEM_ANSWERS`.
        by_skill: whether `Results.skills` is wanted; of many skills it takes most of the time.
        mean: share of right answers in training, in [0, 1]; `Results.reference` then holds what always foretelling
            it scores.
        draws: resamples for the metrics over all answers.
        part_draws: resamples for the metrics by skill, by position and by `known`.
        seed: of the resamples.
        level: of the intervals, in (0, 1).

    Raises:
        ValueError: if the lengths differ or a scored probability is not in [0, 1].
    """
    n = len(interactions)
    answers = _answers(interactions).with_columns(
        probability=_column("probability", probability, n, kind=np.float64),
        known=_column("known", np.ones(n, dtype=bool) if known is None else known, n, kind=bool),
        item_answers=_column(
            "item_answers", np.full(n, -1) if item_answers is None else item_answers, n, kind=np.int64
        ),
    )
    if scored is not None:
        answers = answers.filter(_column("scored", scored, n, kind=bool))
    sampling = _Sampling(part_draws, seed, level)
    skills = _scores(*_by_skill(answers), sampling) if by_skill else ()
    student, correct = answers["student"].to_numpy(), answers["correct"].to_numpy()
    return Results(
        test=student_bootstrap(student, answers["probability"], correct, draws=draws, seed=seed, level=level),
        counts={"answers": len(correct), "students": answers["student"].n_unique(), "skills": _n_skills(answers)},
        skills=skills,
        positions=_scores(*_by_window(answers, "position", POSITIONS), sampling),
        items=() if item_answers is None else _scores(*_by_window(answers, "item_answers", ITEM_ANSWERS), sampling),
        known=() if known is None else _scores(*_by_known(answers), sampling),
        reference={} if mean is None else student_bootstrap(student, np.full(len(correct), mean), correct, draws=0),
        settings={"draws": draws, "part_draws": part_draws, "seed": seed, "level": level},
    )


class _Sampling(NamedTuple):
    """How intervals of parts are made."""

    draws: int
    seed: int
    level: float


def _column(name: str, values: ArrayLike, n: int, *, kind: type) -> pl.Series:
    """`values` as a column of `n` rows."""
    array = np.asarray(values)
    if array.shape != (n,) or (kind is bool and array.dtype != bool):
        wanted = "boolean" if kind is bool else "number"
        found = f"{array.dtype} of shape {array.shape}"
        raise ValueError(f"`{name}` should hold one {wanted} for each of {n} answers. Found {found}.")
    return pl.Series(name, array.astype(kind))


def _answers(interactions: Interactions) -> pl.DataFrame:
    """Columns `student` (0, 1, ...), `correct`, `skills` and `position` (1, 2, ... in the student's history)."""
    student = pl.col("student").rle_id()  # a student's rows stand together
    frame = interactions.table.select(student, "correct", "skills")
    return frame.with_columns(position=pl.int_range(1, pl.len() + 1).over("student"))


def _by_skill(answers: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """A row for each answer and each of its skills, with the skill's place among the names as `part`; the names."""
    rows = answers.with_columns(pl.col("skills").str.split(SKILL_SEPARATOR)).explode("skills").drop_nulls("skills")
    names = rows["skills"].unique().sort().to_list()
    return rows.with_columns(part=pl.col("skills").cast(pl.Enum(names)).to_physical()), names


def _n_skills(answers: pl.DataFrame) -> int:
    return answers["skills"].drop_nulls().unique().str.split(SKILL_SEPARATOR).explode().n_unique()


def _by_window(
    answers: pl.DataFrame, column: str, windows: Sequence[tuple[int, int | None]]
) -> tuple[pl.DataFrame, list[str]]:
    """The answers with the window that a number of theirs falls in as `part`, those before the first left out."""
    starts = [first for first, _ in windows]
    part = np.searchsorted(starts, answers[column].to_numpy(), side="right") - 1
    return answers.with_columns(part=part).filter(pl.col("part") >= 0), [_window(*window) for window in windows]


def _by_known(answers: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The answers with 0 as `part` where the question is known and 1 elsewhere; the names of the two."""
    return answers.with_columns(part=(~pl.col("known")).cast(pl.Int64)), ["known", "unknown"]


def _window(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}-{last}"


def _scores(rows: pl.DataFrame, names: list[str], sampling: _Sampling) -> tuple[PartScores, ...]:
    """Scores of the rows of each `part`, in the order of `names`; a part without rows is left out."""
    intervals = grouped_bootstrap(
        rows["student"],
        rows["probability"],
        rows["correct"],
        group=rows["part"],
        n_groups=len(names),
        metrics=PART_METRICS,
        **sampling._asdict(),
    )
    counted = rows.group_by("part").agg(
        n=pl.len(),
        students=pl.col("student").n_unique(),
        base_rate=pl.col("correct").mean(),
        mean_predicted=pl.col("probability").mean(),
    )
    return tuple(
        PartScores(key=names[part], **about, scores={metric: intervals[metric][part] for metric in PART_METRICS})
        for about in counted.sort("part").iter_rows(named=True)
        for part in [about.pop("part")]
    )
