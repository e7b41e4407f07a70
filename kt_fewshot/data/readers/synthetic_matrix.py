"""A matrix of outcomes: one row per student, one column per exercise, nothing but 0 and 1; such as Synthetic-5.

Source: Piech et al. 2015, "Deep knowledge tracing", NeurIPS; https://github.com/chrispiech/DeepKnowledgeTracing.
"""

from typing import ClassVar

import polars as pl

from kt_fewshot.errors import LogError

from .layout import outcomes
from .reader import Draft, Options, Reader, Source
from .sniff import Peek, sniff
from .table import read_table
from .wide import wide_draft


class SyntheticMatrix(Reader):
    """Students and exercises are numbered from 1; columns stand in the order in which everyone answered.

    Each exercise is its own skill, as in the paper; with the simulation's `_info.txt` as side file, the concept behind
    it is. Nothing in such a file says what it is, so the format has to be named.
    """

    name: ClassVar[str] = "synthetic-matrix"
    title: ClassVar[str] = "matrix of students and exercises"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})

    def recognises(self, peek: Peek) -> int:  # noqa: ARG002
        """Never by itself."""
        return 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read one or more matrices over the same exercises; students are numbered through all of them."""
        frames = []
        students = 0
        for peek in source.peeks:
            frame = _matrix(peek)
            frames.append(frame.with_columns(student=pl.int_range(students + 1, students + len(frame) + 1)))
            students += len(frame)
        exercises = [column for column in frames[0].columns if column != "student"]
        for peek, frame in zip(source.peeks, frames, strict=True):
            if frame.width != len(exercises) + 1:
                raise LogError(f"{peek.name} has {frame.width - 1} exercises, not {len(exercises)} as the first file.")
        skills = _concepts(options, len(exercises)) if options.side else exercises
        columns = {"student": "number of the row", "item": "number of the column", "skills": "number of the column"}
        if options.side:
            columns["skills"] = options.side[0].name
        concept = dict(zip(exercises, skills, strict=True))
        long = [
            frame.unpivot(index="student", variable_name="item", value_name="correct")
            .sort("student", maintain_order=True)
            .with_columns(pl.col("student").cast(pl.String), skills=pl.col("item").replace_strict(concept))
            for frame in frames
        ]
        return wide_draft(source, long, {**columns, "correct": "its cell"}, judge=outcomes, options=options)


def _matrix(peek: Peek) -> pl.DataFrame:
    """The cells of a file as text, columns `1`, `2`, ..."""
    if peek.kind != "table" or peek.has_header:
        raise LogError(f"{peek.name} is no matrix of 0 and 1 without a header.")
    table = read_table(peek, {name: place for place, name in enumerate(peek.header)})
    if table.rejected.height:
        _, line, reason = table.rejected.row(0)
        raise LogError(f"{peek.name} is damaged in line {line}: {reason}.")
    frame = table.frame.drop("row")
    odd = {cell for column in frame for cell in column.str.strip_chars().unique()} - {"0", "1", "0.0", "1.0"}
    if odd:
        raise LogError(f"{peek.name} should hold only 0 and 1. Found {min(odd)[:30]!r}.")
    return frame


def _concepts(options: Options, exercises: int) -> list[str]:
    """The concept of each exercise, from the third column of the simulation's own notes."""
    peek = sniff(options.side[0])
    if peek.kind != "table" or len(peek.header) < 3:
        raise LogError(f"{peek.name} should tell of each exercise in a line; the third number is its concept.")
    concepts = read_table(peek, {"concept": 2}).frame["concept"].str.strip_chars().to_list()
    if len(concepts) != exercises:
        raise LogError(f"{peek.name} tells of {len(concepts)} exercises; the matrix has {exercises}.")
    return concepts
