from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError


def read(tmp_path: Path, text: str, info: str = "", **options) -> Log:
    (tmp_path / "log.csv").write_text(text)
    (tmp_path / "info.txt").write_text(info)
    return read_log(tmp_path / "log.csv", format="synthetic-matrix", **options)


def test_a_row_a_student_a_column_an_exercise(tmp_path: Path):
    log = read(tmp_path, "0,1,1\n1,0,0\n")
    assert log.interactions.table.select("student", "item", "skills", "correct", "row").rows() == [
        ("1", "1", "1", 0, 1),
        ("1", "2", "2", 1, 2),
        ("1", "3", "3", 1, 3),
        ("2", "1", "1", 1, 4),
        ("2", "2", "2", 0, 5),
        ("2", "3", "3", 0, 6),
    ]
    assert log.ingest.rows_read == 6


def test_concepts_from_the_notes_of_the_simulation(tmp_path: Path):
    info = "0.4\t0.5\t3\t1.6\n0.4\t0.5\t0\t1.6\n0.4\t0.5\t3\t1.6\n"
    log = read(tmp_path, "0,1,1\n1,0,0\n", info, side=[tmp_path / "info.txt"])
    assert log.interactions.table["skills"].to_list() == ["3", "0", "3"] * 2
    with pytest.raises(LogError, match="info.txt tells of 3 exercises; the matrix has 2"):
        read(tmp_path, "0,1\n1,0\n", info, side=[tmp_path / "info.txt"])
    with pytest.raises(LogError, match="info.txt should tell of each exercise in a line"):
        read(tmp_path, "0,1\n1,0\n", "1\n2\n", side=[tmp_path / "info.txt"])


def test_students_are_numbered_through_all_files(tmp_path: Path):
    (tmp_path / "a.csv").write_text("0,1\n1,1\n")
    (tmp_path / "b.csv").write_text("1,1\n0,0\n")
    table = read_log([tmp_path / "a.csv", tmp_path / "b.csv"], format="synthetic-matrix").interactions.table
    assert table["student"].unique(maintain_order=True).to_list() == ["1", "2", "3", "4"]
    assert table["row"].to_list() == [1, 2, 3, 4] * 2
    (tmp_path / "b.csv").write_text("1,1,1\n0,0,1\n")
    with pytest.raises(LogError, match="b.csv has 3 exercises, not 2"):
        read_log([tmp_path / "a.csv", tmp_path / "b.csv"], format="synthetic-matrix")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n0,1\n", "no matrix of 0 and 1 without a header"),
        ("0,1\n0,2\n", "should hold only 0 and 1. Found '2'"),
        ("0,1\n0,1\n0\n", "damaged in line 3: 1 fields instead of 2"),
        ("0,1\n0,\n", "should hold only 0 and 1. Found ''"),
    ],
)
def test_anything_else_is_no_matrix(tmp_path: Path, text: str, message: str):
    with pytest.raises(LogError, match=message):
        read(tmp_path, text)
