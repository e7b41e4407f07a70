from pathlib import Path

import pytest

from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError

HEADER = (
    'name,id,sis_id,section,submitted,attempt,"11: What,\nplease?",1.0,12: <b>2</b> + 2,2.0,n correct,n incorrect,score'
)
ANN = '"Ann A.",7,s7,7b,2024-03-01 10:00:00 UTC,1,x,1.0,4,0.0,1,1,1.0'
BOB = '"Bob\nB.",8,s8,7b,2024-03-01 09:00:00 UTC,1,"x, y",0.0,4,2,1,1,2.0'


def read(tmp_path: Path, *lines: str, header: str = HEADER, **options) -> Log:
    (tmp_path / "quiz.csv").write_text("\n".join([header, *lines]) + "\n")
    return read_log(tmp_path / "quiz.csv", **options)


def table(log: Log, *columns: str) -> list[tuple]:
    return log.interactions.table.select(columns).rows()


def test_a_cell_is_an_answer(tmp_path: Path):
    log = read(tmp_path, ANN, BOB)
    assert log.ingest.format == "canvas"
    assert table(log, "student", "item", "correct", "attempts", "group", "bundle", "row") == [
        ("7", "11", 1, 1, "7b", 0, 1),
        ("7", "12", 0, 1, "7b", 0, 2),
        ("8", "11", 0, 1, "7b", 1, 3),
        ("8", "12", 1, 1, "7b", 1, 4),
    ]
    assert log.interactions.table["time"].to_list() == [1709287200.0] * 2 + [1709283600.0] * 2


def test_names_are_never_kept(tmp_path: Path):
    log = read(tmp_path, ANN, BOB, keep_names=True)
    assert "Ann" not in str(log.interactions.table.rows()) + log.ingest.to_json()


def test_several_attempts_stand_in_order_of_time(tmp_path: Path):
    again = ANN.replace("10:00", "08:00").replace("UTC,1", "UTC,2")
    log = read(tmp_path, ANN, again, BOB)
    assert table(log, "student", "attempts", "bundle") == [("7", 2, 1)] * 2 + [("7", 1, 0)] * 2 + [("8", 1, 2)] * 2


def test_what_is_no_answer(tmp_path: Path):
    log = read(tmp_path, ANN.replace("4,0.0", ","), BOB.replace("4,2,", "4,1,"), ANN.replace(",7,s7", ",,"))
    assert log.ingest.set_aside == {"logged-out user": 2, "no outcome": 1, "partial credit": 1}
    assert log.ingest.rows_read == 6
    assert table(read(tmp_path, ANN, BOB.replace("4,2,", "4,1,"), threshold=0.5), "correct")[-1] == (1,)


def test_points_that_are_none_are_told_with_their_line(tmp_path: Path):
    log = read(tmp_path, ANN, BOB.replace("4,2,", "4,many,"), max_bad=0.5)
    assert log.ingest.rejected.rows() == [(0, 4, 4, "the outcome is 'many'")]


def test_questions_without_points_have_no_outcome(tmp_path: Path):
    for points in ("0.0", ""):
        log = read(tmp_path, ANN, BOB, header=HEADER.replace("2.0", points))
        assert log.ingest.set_aside == {"no outcome": 2}


def test_long_questions(tmp_path: Path):
    """The header alone may be longer than what is looked at first."""
    text = "12: " + "a line, and another one that is longer by far, since such questions have much to say\n" * 900
    log = read(tmp_path, ANN, BOB, header=HEADER.replace("12: <b>2</b> + 2", f'"{text}"'))
    assert len(log.interactions) == 4


def test_several_quizzes_are_one_log(tmp_path: Path):
    for quiz in ("21", "31"):
        text = "\n".join([HEADER.replace("11:", f"{quiz}:"), ANN, BOB])
        (tmp_path / f"{quiz}.csv").write_text(text)
    log = read_log([tmp_path / "21.csv", tmp_path / "31.csv"])
    assert sorted(set(table(log, "student", "item", "bundle"))) == [
        *[("7", item, bundle) for item, bundle in (("12", 0), ("12", 2), ("21", 0), ("31", 2))],
        *[("8", item, bundle) for item, bundle in (("12", 1), ("12", 3), ("21", 1), ("31", 3))],
    ]


def test_the_user_chooses_the_student(tmp_path: Path):
    log = read(tmp_path, ANN, BOB, columns=ColumnChoice(student="sis_id"))
    assert {student for (student,) in table(log, "student")} == {"s7", "s8"}
    assert log.ingest.columns["student"] == "sis_id"
    with pytest.raises(LogError, match="`skill` of quiz.csv is what its export says"):
        read(tmp_path, ANN, columns=ColumnChoice(skill="section"))


def test_another_language(tmp_path: Path):
    header = HEADER.replace("name,id,sis_id,section,submitted,attempt", "nombre,ID,a,b,enviado,c")
    log = read(tmp_path, ANN, BOB, header=header)
    assert {student for (student,) in table(log, "student")} == {"7", "8"}
    assert log.interactions.has("time")


def test_what_cannot_be_read(tmp_path: Path):
    with pytest.raises(LogError, match="has no column `id` of students"):
        read(tmp_path, "7b,1,x,1.0,1,0,1", header='section,attempt,"11: What?",1.0,n correct,n incorrect,score')
    with pytest.raises(LogError, match="quiz.csv is damaged in line 5: 12 fields instead of 13"):
        read(tmp_path, ANN, ANN, ANN.replace("x,", ""))
    with pytest.raises(LogError, match="quiz.csv is no student analysis"):
        read(tmp_path, "1,2", header="a,b", format="canvas")
