"""Eedi's answers of the NeurIPS 2020 education challenge; times, quizzes and subjects stand in files of their own.

Source: Wang et al. 2020, "Instructions and guide for diagnostic questions: the NeurIPS 2020 education challenge",
arXiv:2007.12061; https://eedi.com/projects/neurips-education-challenge.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from ..interactions import SKILL_SEPARATOR, join_skills
from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source, signature
from .side_files import read_side, side_file
from .sniff import Peek
from .values import list_cells, map_cells

COLUMNS: Final = {"student": "UserId", "item": "QuestionId", "correct": "IsCorrect", "answer": "AnswerId"}
LEVEL: Final = "3"
"""Subjects form a tree; those of this level are fine enough to be skills."""


class Eedi(Reader):
    """Answers in order of their date, joined by `AnswerId`; skills are a question's subjects of level 3.

    What is missing beside the log is told: without answer metadata the order is the file's, without question metadata
    there are no skills, without the subject table all subjects of a question are its skills, by number.
    """

    name: ClassVar[str] = "eedi"
    title: ClassVar[str] = "Eedi (NeurIPS 2020)"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})
    beside: ClassVar[tuple[str, ...]] = ("answer_metadata*.csv", "question_metadata*.csv", "subject_metadata*.csv")

    def recognises(self, peek: Peek) -> int:
        """By its column names."""
        return signature(peek, frozenset(COLUMNS.values()))

    def read(self, source: Source, options: Options) -> Draft:
        """Read the answers and the metadata that are there."""
        number = re.search(r"task_(\d)", source.paths[0].name)
        tasks = "*" if number is None else "task_1_2*" if number[1] in "12" else "task_3_4*"
        answers, questions = (
            side_file(source, options, [f"{what}_metadata_{tasks}.csv"], sole=False) for what in ("answer", "question")
        )
        subjects = side_file(source, options, ["subject_metadata*.csv"], sole=False)
        found = {"answer": answers, "question": questions, "subject": subjects}
        layout = Layout(COLUMNS, adjust=lambda text: _joined(text, found))
        draft = read_tables(source, layout.chosen(options.columns), options)
        told = ", ".join(path.name for path in found.values() if path)
        warnings = [f"There is no {what}_metadata file beside the log: {lack}." for what, lack in LACKS.items()]
        missing = [text for text, what in zip(warnings, LACKS, strict=True) if found[what] is None]
        return replace(
            draft,
            columns={**draft.columns, **_sources(draft)},
            decisions=(*draft.decisions, *([f"joined with {told}"] if told else [])),
            warnings=(*draft.warnings, *missing),
        )


LACKS: Final = {
    "answer": "answers have no time",
    "question": "answers have no skill",
    "subject": "skills are all subjects of a question, by number",
}


def _sources(draft: Draft) -> dict[str, str]:
    """Where joined columns come from."""
    names = {"time": "DateAnswered", "group": "GroupId", "skills": "SubjectId"}
    return {name: column for name, column in names.items() if name in draft.frame.columns and name not in draft.columns}


def _joined(text: pl.DataFrame, sides: dict[str, Path | None]) -> pl.DataFrame:
    """Text columns with times, groups and skills, as far as there are any."""
    if sides["answer"] is not None:
        answers = read_side(sides["answer"], {"answer": "AnswerId", "time": "DateAnswered", "group": "GroupId"})
        answers = answers.drop([name for name in ("time", "group") if name in text.columns]).unique("answer")
        text = text.join(answers, on="answer", how="left", maintain_order="left")
    if sides["question"] is not None and "skills" not in text.columns:
        questions = read_side(sides["question"], {"item": "QuestionId", "skills": "SubjectId"}).unique("item")
        questions = questions.with_columns(skills=_skills(questions["skills"], sides["subject"]))
        text = text.join(questions, on="item", how="left", maintain_order="left")
    return text.with_columns(order=pl.int_range(pl.len()).cast(pl.String)).drop("answer")


def _skills(lists: pl.Series, path: Path | None) -> pl.Series:
    """Lists of subjects as skill sets: the names of those of level 3, with the number where two have the same name."""
    sets = list_cells(lists)
    if path is None:
        return sets
    subjects = read_side(path, {"subject": "SubjectId", "name": "Name", "level": "Level"})
    subjects = subjects.filter(pl.col("level").str.strip_chars() == LEVEL)
    again = pl.col("name").is_duplicated()
    named = pl.when(again).then(pl.format("{} ({})", "name", "subject")).otherwise("name")
    names = dict(subjects.select("subject", named).iter_rows())
    return map_cells(
        sets, lambda text: join_skills([names.get(part, "") for part in text.split(SKILL_SEPARATOR)]), pl.String()
    )
