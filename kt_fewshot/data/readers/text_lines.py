"""Three or four lines a student: the first DKT's text form, and AKT's.

    3                 how many answers there are, or `idx,user`, or `idx`
    17,17,18          problems, where there are four lines)
    4,4,5             skills
    0,1,1             right or wrong

Sources: DeepKnowledgeTracing (Piech 2015); DKVMN (Zhang 2017); AKT (Ghosh 2020), https://github.com/arghosh/AKT.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from .layout import outcomes
from .reader import Draft, Options, Reader, Source
from .sniff import Peek
from .stream import read_text
from .values import present

FIRST: Final = re.compile(r"\s*\d+\s*(,\s*[^,]+\s*)?,?\s*\Z")
ANSWERS: Final = re.compile(r"\s*[01](\.0+)?\s*(,\s*[01](\.0+)?\s*)*,?\s*\Z")


class TextLines(Reader):
    """A row counts answers in reading order.

    The student is the user of `idx,user`, else `idx`; where the first line only counts the answers, students are
    numbered through all files of the log.
    """

    name: ClassVar[str] = "text-lines"
    title: ClassVar[str] = "three or four lines a student"

    def recognises(self, peek: Peek) -> int:
        """By the pattern of the first lines."""
        return 10 if _lines_per_student(list(peek.lines)) else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the students of one or more files."""
        students = 0
        frames = []
        for number, peek in enumerate(source.peeks):
            blocks = _blocks(peek)
            names, students = _names(blocks, students)
            frames.append(_frame(blocks, names, number))
        frame = pl.concat(frames, how="diagonal")
        judged = outcomes(frame["correct"], options.threshold)
        columns = {"student": present(frame["student"]), "skills": present(frame["skills"]), **judged}
        if "item" in frame.columns:
            columns["item"] = present(frame["item"])
        peek = source.peeks[0]
        lines = frame.select("file", "row", "line")
        return Draft(
            frame.select("file", "row").with_columns(**columns),
            files=tuple(str(path) for path in source.paths),
            rows_read=frame.height,
            columns={name: name for name in ("student", "item", "skills", "correct") if name in columns},
            encoding=peek.encoding,
            separator=",",
            compression=peek.compression,
            line_of=lambda file, row: lines.filter((pl.col("file") == file) & (pl.col("row") == row))["line"][0],
        )


@dataclass(frozen=True)
class _Block:
    """One student's lines; `line` is the number of the first."""

    line: int
    first: str
    items: list[str] | None
    skills: list[str]
    correct: list[str]


def _lines_per_student(lines: list[str]) -> int:
    """3 or 4 if the first lines are of that form, else 0."""
    for size in (3, 4):
        groups = [lines[at : at + size] for at in range(0, len(lines) - size + 1, size)]
        full = [group for group in groups if any(line.strip() for line in group[1:])]
        starts = [line for line in lines[: 10 * size : size] if line.strip()]
        if full and all(_is_group(group) for group in full[:10]) and all(FIRST.match(line) for line in starts):
            return size
    return 0


def _is_group(group: list[str]) -> bool:
    """Whether these lines can be one student."""
    lengths = {len(_cells(line)) for line in group[1:]}
    return bool(FIRST.match(group[0]) and len(lengths) == 1 and ANSWERS.match(group[-1]))


def _cells(line: str) -> list[str]:
    """The values of a line; some files end a line with a comma."""
    cells = [cell.strip() for cell in line.split(",")]
    return cells if cells[-1] else cells[:-1]


def _blocks(peek: Peek) -> list[_Block]:
    """The students of a file."""
    is_text = peek.kind in {"text", "table"}
    text = read_text(peek.path, peek.compression, peek.encoding, peek.newline) if is_text else ""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    size = _lines_per_student(lines[:400])
    if not size:
        raise LogError(f"{peek.name} does not have three or four lines a student (count or id; skills; answers).")
    while _ends_in_empty(lines, size):
        lines.append("")
    if len(lines) % size:
        raise LogError(f"{peek.name} ends in the middle of a student, in line {len(lines)}.")
    blocks = []
    for at in range(0, len(lines), size):
        first, *rows = lines[at : at + size]
        cells = [_cells(row) for row in rows]
        if not FIRST.match(first):
            raise LogError(f"{peek.name} should have a count or `idx,user` in line {at + 1}. Found {first[:30]!r}.")
        if len({len(row) for row in cells}) > 1:
            counts = " and ".join(str(len(row)) for row in cells)
            raise LogError(f"{peek.name} is damaged after line {at + 1}: the lines have {counts} values.")
        blocks.append(_Block(at + 1, first.strip(), cells[0] if size == 4 else None, cells[-2], cells[-1]))
    return blocks


def _ends_in_empty(lines: list[str], size: int) -> bool:
    """Whether the file ends with a student without answers, whose blank lines were taken for the file's end."""
    rest = len(lines) % size
    return rest > 0 and bool(FIRST.match(lines[len(lines) - rest])) and lines[len(lines) - rest].strip() == "0"


def _names(blocks: list[_Block], before: int) -> tuple[list[str], int]:
    """The student of each block, and how many students have been numbered so far."""
    parts = [_cells(block.first) for block in blocks]
    if all(len(part) == 2 for part in parts):
        return [user for _, user in parts], before
    if all(part[0] == str(len(block.correct)) for part, block in zip(parts, blocks, strict=True)):
        return [str(before + number) for number in range(1, len(blocks) + 1)], before + len(blocks)
    return [part[-1] for part in parts], before


def _frame(blocks: list[_Block], names: list[str], file: int) -> pl.DataFrame:
    """The answers of a file as text columns."""
    lists = {
        "student": names,
        "line": [block.line for block in blocks],
        "skills": [block.skills for block in blocks],
        "correct": [block.correct for block in blocks],
    }
    schema: dict[str, pl.DataType] = {"student": pl.String(), "line": pl.Int64()}
    schema |= {"skills": pl.List(pl.String()), "correct": pl.List(pl.String())}
    if blocks[0].items is not None:
        lists["item"] = [block.items or [] for block in blocks]
        schema["item"] = pl.List(pl.String())
    frame = pl.DataFrame(lists, schema=schema).filter(pl.col("correct").list.len() > 0)
    frame = frame.explode([name for name in lists if name not in ("student", "line")])
    return frame.with_columns(file=pl.lit(file, pl.UInt32), row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
