"""Where everyone stands now, with a level that teachers know: one row for each student and skill."""

from typing import Final

import polars as pl

from kt_fewshot.data import Interactions, SequenceStore
from kt_fewshot.errors import KTError
from kt_fewshot.tracing import Tracer, skills_now

LEVELS: Final = ((0.95, "mastered"), (0.8, "nearly"), (0.5, "learning"), (0.0, "beginning"))
"""P(mastered) from which on a level is reached. 0.95 is Corbett and Anderson's (1995); the others are our own steps."""

COLUMNS: Final = (
    "student",
    "skill",
    "n_attempts",
    "n_correct",
    "p_correct",
    "p_mastery",
    "last_seen",
    "level",
)

NOT_STARTED: Final = "not started"
"""The level of a skill the student has never practised, whatever the estimate."""


def mastery_table(
    tracer: Tracer, log: Interactions, store: SequenceStore, *, mastered_at: float = 0.95
) -> pl.DataFrame:
    """Student x skill table after the log's last answers.

    Args:
        tracer: what estimates.
        log: the answers.
        store: the log, encoded for the tracer.
        mastered_at: P(mastered) from which on a skill counts as mastered, in (0, 1].

    Returns:
        a row for each student and each skill the tracer knows, students in the log's order: `student`, `skill`,
        `n_attempts`, `n_correct` on the skill, `p_correct` of its next question, `p_mastery`, `last_seen` (seconds,
        null if never or unknown), `level`.

    Raises:
        KTError: if `mastered_at` is out of its range.
    """
    if not 0 < mastered_at <= 1:
        raise KTError(f"`mastered_at` should be in (0, 1]. Found `mastered_at = {mastered_at}`.")
    table = skills_now(tracer, log, store)
    return table.with_columns(level=_level(mastered_at)).select(COLUMNS)


def _level(mastered_at: float) -> pl.Expr:
    level = pl.when(pl.col("n_attempts") == 0).then(pl.lit(NOT_STARTED))
    for least, name in LEVELS:
        level = level.when(pl.col("p_mastery") >= (mastered_at if name == "mastered" else least)).then(pl.lit(name))
    return level
