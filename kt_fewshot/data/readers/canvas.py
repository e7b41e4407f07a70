"""Canvas "Student Analysis" of a quiz: a row per submission, two columns per question (the answer, the points).

Source: https://community.canvaslms.com, "How do I view a quiz report"; the columns are those that
`Quizzes::QuizStatistics::StudentAnalysis` of https://github.com/instructure/canvas-lms writes.
"""

import re
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from .exam_sheets import Sheets, chosen_places, number_of, read_sheets, shares, sheets_draft
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, is_number
from .values import present, to_counts, to_seconds

QUESTION: Final = re.compile(r"(\d+):(?:\s|\Z)")
"""`123: What is ...`, text that may run over lines."""

SUMMARY: Final = 3
"""Columns behind the questions: numbers of right and wrong answers, score."""

COLUMNS: Final = {"student": "id", "time": "submitted", "attempts": "attempt", "group": "section"}


class Canvas(Reader):
    """A row is a cell: a question that a submission was asked; `item` is the question's number, `student` Canvas's own.

    The column of names is never kept.
    """

    name: ClassVar[str] = "canvas"
    title: ClassVar[str] = "Canvas student analysis"

    def recognises(self, peek: Peek) -> int:
        """Pairs of a question and its points, and three columns behind them."""
        header = _with_header(peek).header
        pairs = _questions(header)
        return 5 if peek.kind == "table" and pairs and pairs[-1] + 2 + SUMMARY == len(header) else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the submissions, quiz by quiz."""
        sheets = [_sheets(_with_header(peek), options) for peek in source.peeks]
        columns = {**COLUMNS, "item": "number of the question", "correct": "points"} | options.columns.given()
        return sheets_draft(source, sheets, columns, options)


def _with_header(peek: Peek) -> Peek:
    """The peek with the first record as header: points are numbers, so it does not look like one."""
    if peek.has_header or not peek.rows:
        return peek
    names = peek.rows[0]
    first = peek.first_line + sum(name.count("\n") for name in names) + 1
    header = tuple(name.strip().lstrip("\ufeff") for name in names)
    return replace(peek, has_header=True, header=header, rows=peek.rows[1:], first_line=first)


def _questions(header: tuple[str, ...]) -> list[int]:
    """Places of questions whose points stand in the next column."""
    pairs = pairwise(header)
    return [
        place
        for place, (name, points) in enumerate(pairs)
        if QUESTION.match(name) and (not points or is_number(points))
    ]


def _sheets(peek: Peek, options: Options) -> Sheets:
    """One quiz."""
    questions = _questions(peek.header)
    if peek.kind != "table" or not questions:
        raise LogError(f"{peek.name} is no student analysis: it has no column like `123: What is ...` with points.")
    before = [name.lower() for name in peek.header[: questions[0]]]
    found = {name: before.index(column) if column in before else None for name, column in COLUMNS.items()}
    if found["time"] is None:  # called otherwise in other languages
        found["time"] = next((place for place in range(len(before)) if _is_date(peek, place)), None)
    places = chosen_places(peek, options, found)
    if "student" not in places:
        raise LogError(
            f"{peek.name} has no column `id` of students (anonymous surveys have none). Name it with --student COL."
        )
    columns, lines = read_sheets(peek)
    student = present(columns[places["student"]])
    about = {"student": student, "set_aside": student.is_null().replace_strict({True: "logged-out user", False: None})}
    if "time" in places:
        about["time"], _ = to_seconds(columns[places["time"]])
    if "attempts" in places:
        about["attempts"] = to_counts(columns[places["attempts"]], least=1)
    if "group" in places:
        about["group"] = columns[places["group"]]
    points = {
        peek.header[place].partition(":")[0]: shares(columns[place + 1], number_of(peek.header[place + 1]))
        for place in questions
    }
    return Sheets(pl.DataFrame(about, schema_overrides={"set_aside": pl.String}), points, lines)


def _is_date(peek: Peek, place: int) -> bool:
    """Whether a column holds times of submission."""
    return any(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row[place]) for row in peek.rows)
