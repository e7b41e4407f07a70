"""`Split`: a log in three parts, each with the answers that count and the history before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from .interactions import Interactions

PARTS: Final = ("train", "valid", "test")
"""The parts of a split, in the order of a model's life."""


@dataclass(frozen=True)
class Part:
    """Histories, and which of their answers count.

    Args:
        interactions: the histories, from each student's first answer on.
        scored: (answers,) True for the rows that losses and metrics count; the others are only history.

    Raises:
        ValueError: if `scored` is not one boolean a row.
    """

    interactions: Interactions
    scored: np.ndarray

    def __post_init__(self) -> None:
        """Check once what every later step relies on."""
        n = len(self.interactions)
        if self.scored.shape != (n,) or self.scored.dtype != bool:
            found = f"{self.scored.dtype} of shape {self.scored.shape}"
            raise ValueError(f"`scored` should hold one boolean for each of {n} answers. Found {found}.")

    @classmethod
    def whole(cls, interactions: Interactions) -> "Part":
        """A part whose every answer counts."""
        return cls(interactions, np.ones(len(interactions), dtype=bool))

    @property
    def students(self) -> pl.DataFrame:
        """Columns `student` and `answers`: how many of the student's answers count, students in the log's order."""
        runs = self.interactions.table["student"].rle().struct.unnest()  # they stand together
        ends = np.cumsum(runs["len"].to_numpy(), dtype=np.int64)
        scored = np.concatenate([[0], np.cumsum(self.scored, dtype=np.int64)])
        return pl.DataFrame({"student": runs["value"], "answers": scored[ends] - scored[ends - runs["len"].to_numpy()]})


@dataclass(frozen=True)
class Split:
    """A log in three parts. The answers that count are disjoint; no part holds an answer of a later part."""

    train: Part
    valid: Part
    test: Part

    def frame(self) -> pl.DataFrame:
        """Who is where, to be kept with a run: columns `student`, `part` and `answers` (how many of them count).

        After `by_time` a student has a row in several parts; the counts, laid end to end, then tell the answers.
        """
        frames = [getattr(self, part).students.with_columns(part=pl.lit(part)) for part in PARTS]
        return pl.concat(frames).select("student", "part", "answers")

    def describe(self) -> str:
        """The sizes of the parts in one line; only answers that count."""
        return sizes(self.frame())

    def pieces(self) -> Iterator["Split"]:
        """The split in pieces of whole students: itself. A log in buckets has more of them (`BucketedSplit`)."""
        yield self


def count(n: int, noun: str) -> str:
    """A number and its noun: `1 student`, `1,204 students`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def sizes(frame: pl.DataFrame) -> str:
    """The sizes of the parts in one line, of a split's `frame`."""
    parts = []
    for name in PARTS:
        answers = frame.filter((pl.col("part") == name) & (pl.col("answers") > 0))["answers"]
        parts.append(f"{name} {count(int(answers.sum()), 'answer')} of {count(len(answers), 'student')}")
    return ", ".join(parts)
