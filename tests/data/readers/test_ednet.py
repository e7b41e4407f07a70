from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError

HEADER = "timestamp,solving_id,question_id,user_answer,elapsed_time\n"
QUESTIONS = (
    "question_id,bundle_id,explanation_id,correct_answer,part,tags,deployed_at\n"
    "q1,b1,e1,b,1,7;3;3,1\nq2,b1,e1,a,1,-1,1\nq3,b2,e3,c,1,5,1\n"
)


def folder(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "KT1").mkdir()
    (tmp_path / "contents").mkdir()
    (tmp_path / "contents" / "questions.csv").write_text(QUESTIONS)
    for name, text in files.items():
        (tmp_path / "KT1" / f"{name}.csv").write_bytes((HEADER + text).encode())
    return tmp_path


FILES = {
    "u10": "1565332027000,1,q3,c,9000\n",
    "u2": "1565332057000,1,q1,b,38000\n1565332057000,1,q2,c,24000\n1565332067492,2,q3,,-1\n1565332067499,3,q9,a,1\n",
}
ANSWERS = [
    ("u2", "q1", "3~~7", 1, 1565332057.0, 38.0, 1, 1),
    ("u2", "q2", None, 0, 1565332057.0, 24.0, 1, 2),
    ("u10", "q3", "5", 1, 1565332027.0, 9.0, 1, 5),
]


def rows(log: Log) -> list[tuple]:
    return log.interactions.table.select(
        *("student", "item", "skills", "correct", "time", "response_time", "bundle", "row")
    ).rows()


@pytest.mark.parametrize("inner", ["", "KT1"])
def test_a_folder_of_students(tmp_path: Path, inner: str):
    log = read_log(folder(tmp_path, **FILES) / inner)
    assert rows(log) == ANSWERS
    assert (log.ingest.format, log.ingest.rows_read) == ("ednet", 5)
    assert log.ingest.set_aside == {"no outcome": 1, "question unknown": 1}
    assert log.ingest.warnings == ("1 answers to questions that questions.csv does not have.",)
    assert "2 files" in log.ingest.decisions


def test_files_of_students_named_one_by_one(tmp_path: Path):
    place = folder(tmp_path, **FILES) / "KT1"
    assert rows(read_log([place / "u2.csv", place / "u10.csv"])) == ANSWERS


def test_questions_may_lie_elsewhere(tmp_path: Path):
    place = folder(tmp_path, **FILES)
    (place / "contents" / "questions.csv").rename(tmp_path / "asked.csv")
    with pytest.raises(LogError, match="needs questions.csv, which tells what is right. Name it with --side"):
        read_log(place)
    assert rows(read_log(place, side=[tmp_path / "asked.csv"])) == ANSWERS


def test_line_ends_and_marks_and_blank_lines_do_not_matter(tmp_path: Path):
    place = folder(tmp_path, **FILES)
    for name in ("u2", "u10"):
        text = (HEADER + FILES[name]).replace("\n", "\r\n").removesuffix("\r\n")
        (place / "KT1" / f"{name}.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert rows(read_log(place)) == ANSWERS
    (place / "KT1" / "u2.csv").write_text(HEADER + FILES["u2"].replace("\n", "\n\n"))
    (place / "KT1" / "u3.csv").write_text(HEADER)
    assert rows(read_log(place)) == ANSWERS


def test_a_bad_record_is_told_with_its_file(tmp_path: Path):
    place = folder(tmp_path, u1=FILES["u2"] * 30 + "1,2\n", u2=FILES["u2"])
    log = read_log(place)
    assert log.ingest.rejected.rows() == [(0, 121, 122, "u1.csv: 2 fields instead of 5")]
    assert log.ingest.rows_read == 125
    assert log.interactions.table["row"].max() == 123


def test_other_files_are_refused(tmp_path: Path):
    place = folder(tmp_path, **FILES)
    (place / "KT1" / "u3.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LogError, match="u3.csv should have the columns timestamp,solving_id"):
        read_log(place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LogError, match="There is no log in empty"):
        read_log(tmp_path / "empty", format="ednet")


def test_any_number_names_a_bundle(tmp_path: Path):
    answers = "1,{},q1,b,1\n1,{},q2,a,1\n".format(*["9" * 24] * 2)
    assert [row[6] for row in rows(read_log(folder(tmp_path, u1=answers)))] == [1, 1]
