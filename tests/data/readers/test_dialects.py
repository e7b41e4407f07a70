"""Any table, written in any dialect that readers promise to know, is the log it was written from."""

import gzip
import lzma
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_fewshot.data.interactions import join_skills
from kt_fewshot.data.readers import read_log, text_pass
from kt_fewshot.data.readers.columns import SYNONYMS

PIECES = ["a", "b", " ", "007", "NA", ",", ";", "|", '"', "'", "1.0", "é", "x€", "-", "_"]
"""What ids and remarks are made of. Letters beyond ASCII never follow one another so as to look like UTF-8."""

REMARKS = [*PIECES, "\t", "\n", '""', '",', "sep=;", "student,item"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
NAMES = {name: words for name, words in SYNONYMS.items() if name in ("student", "item", "skill", "correct", "time")}
OUTCOMES = [("1", "0"), ("1.0", "0.0"), ("true", "false"), ("CORRECT", "INCORRECT"), ("yes", "No")]
FATES = ["kept"] * 12 + ["no outcome", "no student", "bad outcome", "too long", "too short"]


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    encoding: str
    separator: str
    newline: str
    quoting: str
    packing: str
    times: str
    """"none", "numbers" or "dates"."""
    words: tuple[str, str]
    names: dict[str, str]
    extras: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Answer:
    """One record, and what should become of it."""

    student: str
    item: str
    skills: tuple[str, ...]
    correct: int
    fate: str
    remarks: tuple[str, ...]


def made_of(pieces: list[str], random: Random, most: int = 3) -> str:
    return "".join(random.choices(pieces, k=random.randint(0, most)))


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    wanted = [name for name in NAMES if name in ("student", "correct", "skill") or draw(st.booleans())]
    names = {name: draw(st.sampled_from(NAMES[name])) for name in wanted}
    style = draw(st.sampled_from([str, str.upper, str.title, lambda word: f"{word[:3]}_{word[3:]}", " {} ".format]))
    return Dialect(
        encoding=draw(st.sampled_from(ENCODINGS)),
        separator=draw(st.sampled_from(",;\t|")),
        newline=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from(["least", "all", "some"])),
        packing=draw(st.sampled_from(["none", "none", "gzip", "xz"])),
        times=draw(st.sampled_from(["numbers", "dates"])) if "time" in names else "none",
        words=draw(st.sampled_from(OUTCOMES)),
        names={name: style(word) for name, word in names.items()},
        extras=draw(st.sampled_from([(), ("note",), ("", "teacher's remark"), ("note", "note"), ("x", "y", "z")])),
        seed=draw(st.integers(0, 9)),
    )


def answers(n: int, remarks: int, random: Random) -> list[Answer]:
    return [
        Answer(
            student=random.choice(["ann", "7", "007", "NA", "z é", "null", 'q"x€']),
            item=made_of(PIECES, random),
            skills=tuple(made_of(PIECES, random, 2).strip() for _ in range(random.randint(0, 3))),
            correct=random.randint(0, 1),
            fate=random.choice(FATES),
            remarks=tuple(made_of(REMARKS, random) for _ in range(remarks)),
        )
        for _ in range(n)
    ]


@given(dialects(), st.integers(0, 25), st.integers(0, 10**6), st.sampled_from([64, 300, text_pass.READ_SIZE]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_a_table_in_any_dialect_is_read_back(tmp_path: Path, dialect: Dialect, n: int, seed: int, piece: int):
    records = answers(n, len(dialect.extras), Random(seed))
    records = [one for one in records if one.fate != "bad outcome" or dialect.names["correct"].strip() == "correct"]
    records = [*records, *[Answer("ann", "", (), 1, "kept", ("",) * len(dialect.extras))] * 2]
    path = tmp_path / "log.csv"
    path.write_bytes(written(records, dialect))
    with patch.object(text_pass, "READ_SIZE", piece), patch.object(text_pass, "PARSE_SIZE", 2 * piece):
        log = read_log(path, max_bad=1.0, skill_separator="", threshold=0.5)
    told = log.ingest
    fates = Counter(one.fate for one in records)
    assert told.rows_read == len(records)
    assert told.kept == fates["kept"]
    assert told.merged == 0
    assert told.set_aside == ({"no outcome": fates["no outcome"]} if fates["no outcome"] else {})
    assert told.rejected["row"].to_list() == [
        row for row, one in enumerate(records, 1) if one.fate not in ("kept", "no outcome")
    ]
    table = log.interactions.table.select("student", "item", "skills", "correct", "row")
    assert table.rows() == expected(records, dialect)
    assert told.encoding in (dialect.encoding.removesuffix("-sig"), "utf-8", "latin-1", "cp1252")
    assert told.separator == dialect.separator


def expected(records: list[Answer], dialect: Dialect) -> list[tuple]:
    """Students as they first appear, each one's answers by time, then as they stood."""
    times = clock(len(records), dialect)
    item = "item" in dialect.names
    kept = [
        (one.student, (one.item or None) if item else None, join_skills(list(one.skills)), one.correct, row)
        for row, one in enumerate(records, 1)
        if one.fate == "kept"
    ]
    students = list(dict.fromkeys(student for student, *_ in kept))
    if dialect.encoding == "latin-1":
        kept = [tuple(text.replace("€", "ä") if isinstance(text, str) else text for text in one) for one in kept]
        students = [student.replace("€", "ä") for student in students]
    return sorted(kept, key=lambda one: (students.index(one[0]), times[one[-1] - 1], one[-1]))


def clock(n: int, dialect: Dialect) -> list[int]:
    """A time of its own for each record, in any order; all the same where there are no times."""
    minutes = Random(dialect.seed).sample(range(10 * n), n)
    return [0] * n if dialect.times == "none" else minutes


def written(records: list[Answer], dialect: Dialect) -> bytes:
    """The bytes of the table."""
    order = list(range(len(dialect.names) + len(dialect.extras)))
    Random(dialect.seed).shuffle(order)
    header = [*dialect.names.values(), *dialect.extras]
    times = clock(len(records), dialect)
    rows = [[header[place] for place in order]]
    for one, time in zip(records, times, strict=True):
        cells = {
            "student": "" if one.fate == "no student" else one.student,
            "item": one.item,
            "skill": "~~".join(one.skills),
            "correct": {"no outcome": "", "bad outcome": "oops"}.get(one.fate, dialect.words[1 - one.correct]),
            "time": str(time) if dialect.times == "numbers" else date(time),
        }
        row = [*(cells[name] for name in dialect.names), *one.remarks]
        if one.fate.startswith("too"):  # where there are quotes, these may be the likelier mistake
            row = [re.sub('["\\n,;|\\t]', "", text) for text in row]
        rows.append([row[place] for place in order])
        rows[-1] = rows[-1][:-1] if one.fate == "too short" else rows[-1] + ["more"] * (one.fate == "too long")
    random = Random(dialect.seed)
    lines = [dialect.separator.join(cell(text, dialect, random) for text in row) for row in rows]
    text = dialect.newline.join(lines) + dialect.newline * random.randrange(3)
    if dialect.encoding == "latin-1":
        text = text.replace("€", "ä")
    data = text.encode(dialect.encoding)
    return {"none": bytes, "gzip": gzip.compress, "xz": lzma.compress}[dialect.packing](data)


def date(minutes: int) -> str:
    return f"2024-03-{1 + minutes // 1440:02} {minutes // 60 % 24:02}:{minutes % 60:02}:00"


def cell(text: str, dialect: Dialect, random: Random) -> str:
    """A cell, quoted where it must be, and elsewhere as the dialect has it."""
    if dialect.newline == "\r":
        text = text.replace("\n", "")  # a line end of two kinds would be none
    must = dialect.separator in text or "\n" in text or text.startswith('"')
    wants = {"least": False, "all": True, "some": random.random() < 0.5}[dialect.quoting]
    return '"' + text.replace('"', '""') + '"' if must or wants else text
