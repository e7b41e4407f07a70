import gzip
from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError


def read(tmp_path: Path, *lines: str, name: str = "log.csv", **options) -> Log:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return read_log(path, **options)


def table(log: Log, *columns: str) -> list:
    return log.interactions.table.select(columns).rows()


def test_three_lines_with_counts(tmp_path: Path):
    log = read(tmp_path, "3", "4,4,5", "0,1,1", "2", "5,6,", "1,0,")
    assert log.ingest.format == "text-lines"
    assert table(log, "student", "skills", "correct", "row") == [
        ("1", "4", 0, 1),
        ("1", "4", 1, 2),
        ("1", "5", 1, 3),
        ("2", "5", 1, 4),
        ("2", "6", 0, 5),
    ]


def test_three_lines_with_users(tmp_path: Path):
    log = read(tmp_path, "7,ann", "4,4", "0,1", "9,bob", "5", "1")
    assert table(log, "student", "skills") == [("ann", "4"), ("ann", "4"), ("bob", "5")]


def test_three_lines_with_numbers_of_students(tmp_path: Path):
    log = read(tmp_path, "101", "4,4", "0,1", "102", "5", "1")
    assert table(log, "student", "skills") == [("101", "4"), ("101", "4"), ("102", "5")]


def test_four_lines(tmp_path: Path):
    log = read(tmp_path, "7,ann", "40,41", "4,4", "0,1", "9,bob", "50", "5", "1")
    assert table(log, "student", "item", "skills", "correct") == [
        ("ann", "40", "4", 0),
        ("ann", "41", "4", 1),
        ("bob", "50", "5", 1),
    ]


def test_students_that_have_no_name_are_others_in_every_part(tmp_path: Path):
    read(tmp_path, "2", "4,4", "0,1", "1", "4", "1", name="one.csv")
    read(tmp_path, "2", "4,4", "0,1", name="two.csv")
    log = read_log([tmp_path / "one.csv", tmp_path / "two.csv"])
    assert table(log, "student", "file", "row") == [("1", 0, 1), ("1", 0, 2), ("2", 0, 3), ("3", 1, 1), ("3", 1, 2)]
    read(tmp_path, "0,ann", "4,4", "0,1", name="one.csv")
    read(tmp_path, "5,ann", "4,4", "0,1", name="two.csv")
    assert read_log([tmp_path / "one.csv", tmp_path / "two.csv"]).interactions.n_students == 1


def test_students_without_answers_count(tmp_path: Path):
    log = read(tmp_path, "2", "4,4", "0,1", "0", "", "", "1", "5", "1", "0", "", "")
    assert table(log, "student", "skills") == [("1", "4"), ("1", "4"), ("3", "5")]


def test_odd_outcomes_are_accounted_for(tmp_path: Path):
    rows = [line for _ in range(40) for line in ("3", "4,4,5", "0,1,1")]
    log = read(tmp_path, *rows, "3", "4,4,5", "0.5,7,1")
    assert dict(log.ingest.set_aside) == {"partial credit": 1}
    assert log.ingest.rejected.rows() == [(0, 122, 121, "the outcome is '7'")]
    assert len(log.interactions) == 121


def test_packed_files(tmp_path: Path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"2\n4,4\n0,1\n1\n4\n1\n", mtime=0))
    assert len(read_log(path).interactions) == 3


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["3", "4,4,5", "0,1,1"] * 12 + ["3", "4,4,5"], "ends in the middle of a student, in line 38"),
        (["3", "4,4,5", "0,1,1"] * 12 + ["3", "4,4,5", "0,1"], "damaged after line 37: the lines have 3 and 2 values"),
        (["3", "4,4,5", "0,1,1"] * 12 + ["x y", "4,4,5", "0,1,1"], "should have a count or `idx,user` in line 37"),
    ],
)
def test_damage_is_told(tmp_path: Path, lines: list[str], message: str):
    with pytest.raises(LogError, match=message):
        read(tmp_path, *lines)


def test_other_text_is_refused(tmp_path: Path):
    with pytest.raises(LogError, match="does not have three or four lines a student"):
        read(tmp_path, "student,skill,correct", "a,b,1", format="text-lines")
    with pytest.raises(
        LogError, match=r"Cannot tell the format of notes.txt. Name it with --format; choose one of: assi"
    ):
        read(tmp_path, "some", "words, that", "mean nothing", name="notes.txt")
