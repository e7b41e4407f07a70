from pathlib import Path
from typing import Any

import pytest

from kt_fewshot.data.pseudonyms import pseudonym
from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError

WHO = "Last name,First name,Email address"
WHEN = "State,Started on,Completed,Time taken,Grade/10.00"
HEADER = f"{WHO},{WHEN},Q. 1 /4.00,Q. 2 /6.00"
ANN = "A,Ann,ann@x.org,Finished,1 March 2024  10:15 AM,1 March 2024  11:15 AM,1 hour,10.00,4.00,6.00"
BOB = "B,Bob,bob@x.org,Finished,1 March 2024  9:15 AM,1 March 2024  9:45 AM,30 mins,4.00,4.00,0.00"
AVERAGE = "Overall average,,,,,,,7.00,4.00,3.00"


def read(tmp_path: Path, *lines: str, header: str = HEADER, name: str = "Quiz 1-grades.csv", **options: Any) -> Log:
    (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
    return read_log(tmp_path / name, **options)


def table(log: Log, *columns: str) -> list[tuple]:
    return log.interactions.table.select(columns).rows()


def test_a_cell_is_an_answer(tmp_path: Path):
    log = read(tmp_path, ANN, BOB, AVERAGE, keep_names=True)
    assert log.ingest.format == "moodle"
    assert table(log, "student", "item", "correct", "time", "bundle", "row") == [
        ("ann@x.org", "Quiz 1-grades 1", 1, 1709291700.0, 0, 1),
        ("ann@x.org", "Quiz 1-grades 2", 1, 1709291700.0, 0, 2),
        ("bob@x.org", "Quiz 1-grades 1", 1, 1709286300.0, 1, 3),
        ("bob@x.org", "Quiz 1-grades 2", 0, 1709286300.0, 1, 4),
    ]
    assert log.ingest.set_aside == {"average": 2}


def test_people_become_pseudonyms(tmp_path: Path):
    log = read(tmp_path, ANN, BOB, key=b"k")
    assert [student for (student,) in table(log, "student")[::2]] == [
        pseudonym(f"{who}@x.org", b"k") for who in ("ann", "bob")
    ]
    assert log.ingest.hashed == 2
    assert "Ann" not in str(log)


def test_names_where_there_is_nothing_else(tmp_path: Path):
    header = HEADER.replace(",Email address", "")
    lines = [line.replace(",ann@x.org", "").replace(",bob@x.org", "") for line in (ANN, BOB)]
    average = AVERAGE.replace(",,", ",", 1)
    log = read(tmp_path, *lines, average, header=header, keep_names=True)
    assert {student for (student,) in table(log, "student")} == {"A, Ann", "B, Bob"}
    log = read(tmp_path, *lines, average, header=header)
    assert {student for (student,) in table(log, "student")} == {pseudonym("A, Ann"), pseudonym("B, Bob")}
    assert "2 students hashed (names)" in log.ingest.decisions
    assert log.ingest.set_aside == {"average": 2}


def test_an_id_number_goes_before_names_and_the_user_before_all(tmp_path: Path):
    header = HEADER.replace("Email address", "ID number,Institution")
    lines = [ANN.replace("ann@x.org", "007,X"), BOB.replace("bob@x.org", "7,X")]
    assert table(read(tmp_path, *lines, header=header), "student")[::2] == [("007",), ("7",)]
    log = read(tmp_path, *lines, header=header, columns=ColumnChoice(student="Last name"))
    assert table(log, "student")[::2] == [(pseudonym("A"),), (pseudonym("B"),)]
    login = header.replace("ID number", "Username")
    lines = [ANN.replace("ann@x.org", "a.smith,X"), BOB.replace("bob@x.org", "7,X")]
    log = read(tmp_path, *lines, header=login, key=b"k")
    assert table(log, "student")[::2] == [(pseudonym("a.smith", b"k"),), (pseudonym("7", b"k"),)]
    with pytest.raises(LogError, match="`time` of Quiz 1-grades.csv is what its export says"):
        read(tmp_path, *lines, header=header, columns=ColumnChoice(time="Completed"))


LANGUAGES = {
    "Nachname,Vorname,E-Mail-Adresse,Status,Begonnen,Beendet,Dauer,Bewertung/10,F 1 /4": "1. März 2024, 11:15",
    "Nom,Prénom,Adresse de courriel,État,Commencé le,Terminé,Temps utilisé,Note/10,Q. 1 /4": "1 mars 2024, 11:15",
    "Apellido(s),Nombre,Correo,Estado,Comenzado,Finalizado,Tiempo,Nota/10,P. 1 /4": "1 de marzo de 2024, 11:15",
    "姓,名,邮箱地址,状态,开始时间,完成时间,用时,成绩/10,题 1 /4": "2024-03-01 11:15",
}


@pytest.mark.parametrize("header", LANGUAGES)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_in_any_language(tmp_path: Path, header: str, separator: str):
    names = header.replace("/10", "/10,00").replace("/4", "/4,00")
    names = separator.join(f'"{name.replace("_", ",")}"' for name in names.replace(",00", "_00").split(","))
    date = LANGUAGES[header]
    cells = [["A", "Ann", "ann@x.org", "ok", date, date, "1 h", "4,00", points] for points in ("4,00", "1,00", "-")]
    lines = [separator.join(f'"{cell}"' for cell in row) for row in cells]
    log = read(tmp_path, *lines, header=names, threshold=0.5)
    assert table(log, "correct", "row") == [(1, 1), (0, 2)]
    assert log.ingest.set_aside == {"no outcome": 1}


def test_what_is_no_outcome(tmp_path: Path):
    lines = [ANN.replace("4.00,6.00", "-,Requires grading"), BOB.replace("4.00,0.00", "2.00,5x"), *[ANN] * 100]
    log = read(tmp_path, *lines)
    assert log.ingest.set_aside == {"no outcome": 2, "partial credit": 1}
    assert log.ingest.rejected.rows() == [(0, 4, 3, "the outcome is '5x'")]


def test_unfinished_attempts_have_the_time_of_their_start(tmp_path: Path):
    log = read(tmp_path, ANN.replace("1 March 2024  11:15 AM,1 hour,10.00", "-,-,-"), BOB)
    assert log.interactions.table["time"][0] == 1709288100.0


def test_responses_are_compared_with_right_answers(tmp_path: Path):
    header = f"{WHO},{WHEN},Question 1,Response 1,Right answer 1,Response 2,Right answer 2"
    lines = [
        ANN.replace("4.00,6.00", "What?, Paris ,paris,4,5"),
        BOB.replace(",4.00,0.00", ',What?,"a;\u00a0b",paris,-,5'),
        AVERAGE.replace(",4.00,3.00", ",,,,,"),
    ]
    log = read(tmp_path, *lines, header=header)
    assert table(log, "item", "correct", "row") == [
        ("Quiz 1-grades 1", 1, 1),
        ("Quiz 1-grades 2", 0, 2),
        ("Quiz 1-grades 1", 0, 3),
    ]
    assert log.ingest.set_aside == {"average": 2, "no outcome": 1}
    assert log.ingest.columns["correct"] == "response, compared with the right answer"


def test_responses_without_right_answers_cannot_be_read(tmp_path: Path):
    with pytest.raises(LogError, match="has no points and no right answers of questions. Export the report Grades"):
        read(tmp_path, ANN, header=f"{WHO},{WHEN},Response 1,Response 2", format="moodle")


def test_several_quizzes(tmp_path: Path):
    for name in ("one.csv", "two.csv"):
        read(tmp_path, ANN, BOB, name=name)
    log = read_log([tmp_path / "one.csv", tmp_path / "two.csv"], keep_names=True)
    assert sorted({item for (item,) in table(log, "item")}) == ["one 1", "one 2", "two 1", "two 2"]
    assert log.interactions.table["bundle"].n_unique() == 4
    read(tmp_path, ANN.replace("ann@x.org", ""), name="two.csv")
    with pytest.raises(LogError, match="known by Email address in one file, by Last name, First name in another"):
        read_log([tmp_path / "one.csv", tmp_path / "two.csv"])


def test_other_tables_with_a_fraction_in_a_name_are_not_taken(tmp_path: Path):
    log = read(tmp_path, "1,i,k,1,0.5", "1,j,k,0,0.5", header="student,item,skill,correct,score/10")
    assert log.ingest.format == "generic"
