"""Riiid's Kaggle competition on EdNet: one table of answers and lectures, times counted from each student's first.

Source: https://www.kaggle.com/competitions/riiid-test-answer-prediction (2020).
"""

from dataclasses import replace
from typing import ClassVar, Final

import polars as pl

from .ednet import skills_of_tags
from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source, signature
from .side_files import read_side, side_file
from .sniff import Peek

COLUMNS: Final = {
    "student": "user_id",
    "item": "content_id",
    "correct": "answered_correctly",
    "time": "timestamp",
    "order": "row_id",
    "bundle": "task_container_id",
    "kind": "content_type_id",
    "prior": "prior_question_elapsed_time",
}


class Riiid(Reader):
    """Lectures are set aside, answers of one task container were given together.

    The time an answer took stands in the row of the student's next container. Skills (the tags of a question) come from
    `questions.csv`, where it lies beside the log.
    """

    name: ClassVar[str] = "riiid"
    title: ClassVar[str] = "Riiid (EdNet on Kaggle)"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})
    beside: ClassVar[tuple[str, ...]] = ("questions.csv",)

    def recognises(self, peek: Peek) -> int:
        """By its column names."""
        return signature(peek, frozenset(COLUMNS.values()))

    def read(self, source: Source, options: Options) -> Draft:
        """Read the table, and the questions if they are there."""
        side = side_file(source, options, self.beside)
        skills = None
        if side is not None:
            skills = read_side(side, {"item": "question_id", "skills": "tags"})
            skills = skills.with_columns(skills=skills_of_tags(skills["skills"], " ")).unique("item")
        layout = Layout(COLUMNS, milliseconds=True, adjust=lambda text: _answers(text, skills))
        draft = read_tables(source, layout.chosen(options.columns), options)
        if side is None:
            warning = "Answers have no skill: questions.csv is not beside the log. Name it with --side."
            return replace(draft, warnings=(*draft.warnings, warning))
        note = f"skills from tags in {side.name}"
        return replace(draft, columns={**draft.columns, "skills": "tags"}, decisions=(*draft.decisions, note))


def _answers(text: pl.DataFrame, skills: pl.DataFrame | None) -> pl.DataFrame:
    """Text columns with seconds, response times of the answers themselves, skills and lectures set aside."""
    lecture = (pl.col("kind").str.strip_chars() == "1").fill_null(False)
    containers = (
        text.filter(~lecture)
        .group_by("student", "bundle", maintain_order=True)
        .agg(pl.col("prior").first())
        .with_columns(response_time=pl.col("prior").shift(-1).over("student"))
        .drop("prior")
    )
    seconds = (pl.col("time").cast(pl.Float64, strict=False) / 1000).cast(pl.String)
    none = (pl.col("correct").str.strip_chars() == "-1") & ~lecture
    text = text.with_columns(
        time=seconds,
        set_aside=pl.when(lecture).then(pl.lit("lecture")),
        correct=pl.when(none).then(pl.lit("")).otherwise("correct"),
    )
    if "response_time" not in text.columns:
        text = text.join(containers, on=["student", "bundle"], how="left", maintain_order="left")
    if skills is not None and "skills" not in text.columns:
        text = text.join(skills, on="item", how="left", maintain_order="left")
    return text.drop("kind", "prior")
