"""Where everyone stands after a log: what they practised of each skill, and what a tracer now thinks of it."""

from typing import Final

import polars as pl

from kt_fewshot.data import SKILL_SEPARATOR, Interactions, SequenceStore

from .tracer import Tracer

STUDENTS_AT_ONCE: Final = 256


def skills_now(tracer: Tracer, log: Interactions, store: SequenceStore) -> pl.DataFrame:
    """Student x skill, after the log's last answers.

    Args:
        tracer: what estimates.
        log: the answers.
        store: the log, encoded for the tracer.

    Returns:
        a row for each student and each skill the tracer knows, students in the log's order: `student`, `skill`,
        `n_attempts`, `n_correct` on the skill (Int64), `last_seen` (seconds, null if never or unknown), `p_correct` of
        its next question, `p_mastery`, in the tracer's own precision.
    """
    students = log.table["student"].unique(maintain_order=True)
    practice = _practice(log)
    pieces = []
    for first in range(0, store.n_students, STUDENTS_AT_ONCE):
        last = min(first + STUDENTS_AT_ONCE, store.n_students)
        grid = _grid(tracer, students[first:last]).join(
            practice, on=["student", "skill"], how="left", maintain_order="left"
        )
        pieces.append(
            grid.with_columns(
                pl.col("n_attempts", "n_correct").fill_null(0), *_estimates(tracer, store.students(first, last))
            )
        )
    return pl.concat(pieces)


def _grid(tracer: Tracer, students: pl.Series) -> pl.DataFrame:
    skills = pl.DataFrame({"skill": tracer.vocabulary.skills}, schema={"skill": pl.String})
    return students.to_frame().join(skills, how="cross", maintain_order="left")


def _practice(log: Interactions) -> pl.DataFrame:
    rows = log.table.select("student", "correct", "time", skill=pl.col("skills").str.split(SKILL_SEPARATOR))
    return (
        rows.explode("skill")
        .group_by("student", "skill")
        .agg(
            n_attempts=pl.len().cast(pl.Int64),
            n_correct=pl.col("correct").cast(pl.Int64).sum(),
            last_seen=pl.col("time").max(),
        )
    )


def _estimates(tracer: Tracer, store: SequenceStore) -> list[pl.Series]:
    said = tracer.mastery(tracer.final_state(store))
    columns = {"p_correct": said.correct, "p_mastery": said.mastery}
    return [pl.Series(name, values[:, 1:].flatten().cpu().numpy()) for name, values in columns.items()]
