"""EdNet-KT1: a file per student, hundreds of thousands of them; what is right is told by `contents/questions.csv`.

Source: Choi et al. 2020, "EdNet: a large-scale hierarchical dataset in education", AIED; https://github.com/riiid/ednet.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import join_skills
from .blocks import count_regular
from .ingest import REJECTED_SCHEMA
from .reader import Draft, Options, Reader, Source, signature
from .records import split_lines
from .side_files import read_side, side_file
from .sniff import Peek
from .values import map_cells, present, to_bundles, to_numbers

COLUMNS: Final = ("timestamp", "solving_id", "question_id", "user_answer", "elapsed_time")
HEADER: Final = ",".join(COLUMNS).encode()
NAME: Final = re.compile(r"u\d+\.csv\Z")
BATCH: Final = 1 << 22
"""Bytes of student files that are parsed at once: far faster than one by one."""

NO_TAG: Final = "-1"


class EdNet(Reader):
    """Answers of a bundle of questions were given together, so none of them may be used to predict another.

    The student is the file's name. `row` counts the answers of a folder in order of the students' numbers.
    """

    name: ClassVar[str] = "ednet"
    title: ClassVar[str] = "EdNet-KT1"
    uses: ClassVar[frozenset[str]] = frozenset({"side"})
    beside: ClassVar[tuple[str, ...]] = ("questions.csv",)

    def recognises(self, peek: Peek) -> int:
        """A folder of `u1.csv`, `u2.csv`, ... (or one with such a folder `KT1` in it), or files of these columns."""
        if peek.kind == "folder":
            return 10 if "KT1" in peek.lines or any(NAME.match(name) for name in peek.lines) else 0
        return signature(peek, frozenset(COLUMNS))

    def read(self, source: Source, options: Options) -> Draft:
        """Read the students' files in batches."""
        files = list(_student_files(source))
        side = side_file(source, options, self.beside)
        if side is None:
            raise LogError(f"{source.peek.name} needs questions.csv, which tells what is right. Name it with --side.")
        questions = _questions(side)
        kinds = {name: pl.Categorical(pl.Categories.random(name)) for name in ("student", "item", "skills")}
        frames, rejected = [], []
        row = 1
        for students, text, bad in _batches(files):
            rejected += [(0, row + place, line, reason) for place, line, reason in bad]
            answers = _answers(text, students, questions).with_columns(row=pl.col("row") + row)
            frames.append(answers.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items()))
            row += text.height + len(bad)
        frame = pl.concat(frames).with_columns(file=pl.lit(0, pl.UInt32)) if frames else pl.DataFrame()
        if frame.is_empty():
            raise LogError(f"{source.peek.name} has no answers in it.")
        lost = frame.filter(pl.col("set_aside") == UNKNOWN).height
        warnings = (f"{lost:,} answers to questions that {side.name} does not have.",) if lost else ()
        return Draft(
            frame,
            files=(str(source.paths[0]),),
            rows_read=row - 1,
            columns={"student": "file name", "item": "question_id", "skills": "tags", "correct": "user_answer"}
            | {"time": "timestamp", "response_time": "elapsed_time", "bundle": "solving_id"},
            rejected=pl.DataFrame(rejected, schema=REJECTED_SCHEMA, orient="row"),
            separator=",",
            decisions=(f"{len(files):,} files", f"questions from {side.name}"),
            warnings=warnings,
        )


UNKNOWN: Final = "question unknown"


def skills_of_tags(tags: pl.Series, separator: str) -> pl.Series:
    """Tags of questions as skill sets; -1 is none."""

    def canonical(text: str) -> str | None:
        return join_skills([tag.strip() for tag in text.split(separator) if tag.strip() != NO_TAG])

    return map_cells(tags, canonical, pl.String())


def _student_files(source: Source) -> Iterator[Path]:
    """The students' files of folders, in order of their numbers, and files named one by one."""
    for path in source.paths:
        if not path.is_dir():
            yield path
            continue
        folder = path / "KT1" if (path / "KT1").is_dir() else path
        found = [entry for entry in folder.iterdir() if NAME.match(entry.name)]
        if not found:
            raise LogError(f"{folder.name} has no files u1.csv, u2.csv, ... in it.")
        yield from sorted(found, key=lambda entry: int(entry.stem[1:]))


def _questions(path: Path) -> pl.DataFrame:
    """Question, its right answer and its skills."""
    questions = read_side(path, {"item": "question_id", "right": "correct_answer", "skills": "tags"})
    skills = skills_of_tags(questions["skills"], ";")
    return questions.with_columns(skills=skills).unique("item", keep="first", maintain_order=True)


def _batches(files: Sequence[Path]) -> Iterator[tuple[pl.Series, pl.DataFrame, list[tuple[int, int, str]]]]:
    """Students, their records as text, and (place in the batch, line, reason) of records that cannot be read."""
    names: list[str] = []
    bodies: list[bytes] = []
    for place, path in enumerate(files):
        bodies.append(_body(path))
        names.append(path.stem)
        if sum(map(len, bodies)) >= BATCH or place == len(files) - 1:
            yield _parsed(names, bodies)
            names, bodies = [], []


def _body(path: Path) -> bytes:
    """The records of a student's file."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    except OSError as error:
        raise LogError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    head, _, body = data.partition(b"\n")
    if head.strip() != HEADER:
        raise LogError(f"{path.name} should have the columns {HEADER.decode()}. Found {head[:60]!r}.")
    return body if body.endswith(b"\n") or not body else body + b"\n"


def _parsed(names: list[str], bodies: list[bytes]) -> tuple[pl.Series, pl.DataFrame, list[tuple[int, int, str]]]:
    """A batch: quickly if it is regular throughout, else record by record."""
    block = b"".join(bodies)
    sizes = [body.count(b"\n") for body in bodies]
    if b'"' not in block and count_regular(block, ",", len(COLUMNS)) == sum(sizes):
        schema = {**dict.fromkeys(COLUMNS, pl.String)}
        try:
            text = pl.read_csv(block, has_header=False, schema=schema, infer_schema=False, empty_string_is_null=False)
        except pl.exceptions.PolarsError:
            text = pl.DataFrame()
        if text.height == sum(sizes):
            students = pl.Series(names).gather(pl.Series(range(len(sizes))).repeat_by(pl.Series(sizes)).explode())
            return students, text.with_row_index("row"), []
    return _carefully(names, bodies)


def _carefully(names: list[str], bodies: list[bytes]) -> tuple[pl.Series, pl.DataFrame, list[tuple[int, int, str]]]:
    """A batch record by record."""
    rows: list[tuple] = []
    bad: list[tuple[int, int, str]] = []
    for name, body in zip(names, bodies, strict=True):
        for record in split_lines(body.decode(errors="replace").split("\n"), ",", len(COLUMNS)):
            place = len(rows) + len(bad)
            if record.problem:
                bad.append((place, record.line + 2, f"{name}.csv: {record.problem}"))
            else:
                rows.append((name, place, *record.fields))
    schema = {"student": pl.String, "row": pl.UInt32, **dict.fromkeys(COLUMNS, pl.String)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame["student"], frame.drop("student"), bad


def _answers(text: pl.DataFrame, students: pl.Series, questions: pl.DataFrame) -> pl.DataFrame:
    """Records in canonical columns."""
    text = text.rename({"question_id": "item"}).join(questions, on="item", how="left", maintain_order="left")
    answer = pl.col("user_answer").str.strip_chars().str.to_lowercase()
    known = pl.col("right").is_not_null()
    frame = text.select(
        pl.col("row").cast(pl.Int64),
        "item",
        "skills",
        correct=pl.when((answer != "") & known).then((answer == pl.col("right")).cast(pl.Int8)),
        set_aside=pl.when(~known).then(pl.lit(UNKNOWN)).when(answer == "").then(pl.lit("no outcome")),
    )
    elapsed = to_numbers(text["elapsed_time"])
    return frame.with_columns(
        student=students.rename("student"),
        item=present(frame["item"]),
        time=to_numbers(text["timestamp"]) / 1000,
        response_time=elapsed.set(elapsed < 0, None) / 1000,
        bundle=to_bundles([text["solving_id"]]),
    )
