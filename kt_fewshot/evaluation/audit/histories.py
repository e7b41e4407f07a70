"""Histories as a whole: whether their rows stand in order of time, and whether one student is in several parts."""

from typing import Final

import numpy as np
import polars as pl

from .finding import Finding
from .records import Codes, Flags, Records, codes

WORTH_TELLING: Final = 0.001
"""Share of the rows from which rows out of order are told."""

SURPRISE: Final = 20.0
"""Bits by which two equal histories must be less likely than one such pair among all students: one in a million."""


def find_out_of_order(records: Records) -> list[Finding]:
    """Rows that stand before earlier ones of their student: who reads row by row learns from the future."""
    records = records.where(~records.table["merged"].to_numpy())
    row, file = (records.table[name].to_numpy().astype(np.int64) for name in ("row", "file"))
    upwards = (row[1:] < row[:-1]) & (file[1:] == file[:-1]) & (records.time[1:] > records.time[:-1])
    back = records.follows & np.r_[False, upwards][: len(records)]
    rows = int(back.sum())
    if rows < 5 or rows < WORTH_TELLING * len(records):
        return []
    at = int(np.flatnonzero(back)[0])
    return [
        Finding(
            "out-of-order",
            "risk",
            rows,
            rows / len(records),
            f"{rows:,} rows stand in the file before an earlier answer of their student.",
            f"{records.named(at)}, an answer later than {records.named(at - 1)}",
            "Sort each student's rows by time before anything learns from them; this toolkit does so.",
        )
    ]


def find_shared_students(records: Records) -> list[Finding]:
    """Students, or histories that are the same under another id, in several parts of a split.

    A split by time, where each student's training answers all come before the others, is none. Without a column of
    parts the folds are the parts.
    """
    part = _parts(records)
    known = (part >= 0) & ~records.table["merged"].to_numpy()
    if not known.any() or part[known].min() == part[known].max():
        return [*_equal_histories(records, part=None)]
    inside = _where_of(records, known)
    split = pl.DataFrame({"student": records.student, "in": inside, "part": part}).filter(pl.Series(known))
    several = split.group_by("student", "in").agg(pl.col("part").n_unique()).filter(pl.col("part") > 1)
    mixed = np.isin(records.student, several["student"].to_numpy()) & known
    found = []
    if mixed.any() and not _by_time(records, part, mixed):
        at = int(np.flatnonzero(mixed)[0])
        other = int(np.flatnonzero((records.student == records.student[at]) & known & (part != part[at]))[0])
        n = several["student"].n_unique()
        found = [
            Finding(
                "students-across-splits",
                "leak",
                int(mixed.sum()),
                float(mixed.mean()),
                f"{n:,} of {int(records.student.max()) + 1:,} students are in more than one part of the split.",
                f"the student of {records.named(at)} ({_name(records, at)}) and {records.named(other)} "
                f"({_name(records, other)})",
                "Split by student: a model that learned from a student's other answers knows this student.",
            )
        ]
    return [*found, *_equal_histories(records, part=part)]


def _equal_histories(records: Records, part: Codes | None) -> list[Finding]:
    """Students whose histories are equal, answer by answer, where that cannot be chance.

    Two students who do everything right in a given order are equal by chance. So a history must be surprising: its
    probability by the mean of each item (or skill) must be far less than one in the number of pairs of students.
    """
    question = records.item if (records.item >= 0).any() else records.skill
    alone = ~records.table["merged"].to_numpy()
    frame = pl.DataFrame(
        {"student": records.student, "question": question, "correct": records.correct, "bits": _bits(records, question)}
    )
    if part is not None:
        frame = frame.with_columns(part=part)
    histories = (
        frame.filter(pl.Series(alone))
        .with_columns(hash=pl.struct("question", "correct").hash())
        .group_by("student")
        .agg(
            # a number for the history; the place makes the order count
            (pl.col("hash") ^ pl.int_range(pl.len()).hash()).hash().sum().alias("number"),
            pl.len().alias("answers"),
            pl.col("bits").sum(),
            *([pl.col("part").first()] if part is not None else []),
        )
    )
    students = records.student.max(initial=0) + 1
    rare = histories.filter(pl.col("bits") > 2 * np.log2(students) + SURPRISE)
    same = rare.filter(pl.len().over("number", "answers") > 1)
    if part is not None:
        same = same.filter(pl.col("part").n_unique().over("number", "answers") > 1)
    if same.is_empty():
        return []
    group = same.sort("number", "student").partition_by("number", "answers")[0]
    first, second = group["student"][0], group["student"][1]
    concerned = np.isin(records.student, same["student"].to_numpy())
    where = "in different parts of the split" if part is not None else "in the file"
    return [
        Finding(
            "same-history",
            "leak" if part is not None else "risk",
            int(concerned.sum()),
            float(concerned.mean()),
            f"{same.height:,} students {where} have the same history as another one, answer by answer.",
            f"the histories that begin with {records.named(_start(records, first))} and "
            f"{records.named(_start(records, second))}",
            "Keep one of each, or give both to the same part.",
        )
    ]


def _parts(records: Records) -> Codes:
    """(records,) number of the part a record is in, -1 for none."""
    split = records.table["split"]
    return codes(split) if split.null_count() < split.len() else codes(records.table["fold"])


def _where_of(records: Records, known: Flags) -> Codes:
    """(records,) what the parts are parts of: the fold, where the log is split anew in each, else everything."""
    fold = codes(records.table["fold"])
    split = records.table["split"]
    if split.null_count() == split.len() or not (fold[known] >= 0).all():
        return np.zeros(len(records), dtype=np.int64)
    return fold


def _by_time(records: Records, part: Codes, mixed: Flags) -> bool:
    """Whether every student's answers in one part come before those in the next, in the same order of parts."""
    student, here = records.student[mixed], part[mixed]
    changes = (student[1:] == student[:-1]) & (here[1:] != here[:-1])
    moves = {(int(a), int(b)) for a, b in np.unique(np.c_[here[:-1][changes], here[1:][changes]], axis=0)}
    once = np.bincount(student[1:][changes]).max(initial=0) < len(np.unique(here))
    return bool(once) and not any((b, a) in moves for a, b in moves)


def _bits(records: Records, question: Codes) -> np.ndarray:
    """(records,) surprise of each outcome by the mean of its question, in bits."""
    index = question + 1
    count = np.bincount(index)
    right = np.bincount(index, weights=records.correct)
    mean = ((right + 1) / (count + 2))[index]
    return -np.log2(np.where(records.correct == 1, mean, 1 - mean))


def _start(records: Records, student: int) -> int:
    return int(np.flatnonzero(records.student == student)[0])


def _name(records: Records, at: int) -> str:
    """The part of a record, as the file has it."""
    split = records.table["split"][at]
    return str(split) if split is not None else f"fold {records.table['fold'][at]}"
