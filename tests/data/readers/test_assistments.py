from pathlib import Path

import pytest

from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError

HEADER_2009 = (
    "order_id,assignment_id,user_id,assistment_id,problem_id,original,correct,attempt_count,ms_first_response,tutor_mode,"
    "answer_type,sequence_id,student_class_id,position,type,base_sequence_id,skill_id,skill_name,teacher_id,school_id,"
    "hint_count,hint_total,overlap_time,template_id,answer_id,answer_text,first_action,bottom_hint,opportunity,"
    "opportunity_original"
)


def row_2009(
    order: int, user: int, problem: int, correct: int, skill: str, *, name: str = "", original: int = 1
) -> str:
    cells = dict.fromkeys(HEADER_2009.split(","), "1")
    cells |= {"order_id": order, "user_id": user, "problem_id": problem, "correct": correct, "original": original}
    cells |= {"skill_id": skill, "skill_name": name, "ms_first_response": 2500, "hint_count": 3, "attempt_count": 2}
    cells |= {"student_class_id": 99, "school_id": 5, "answer_text": '"1,5 café"'}
    return ",".join(str(cell) for cell in cells.values())


def read(tmp_path: Path, *rows: str, encoding: str = "utf-8", **options) -> Log:
    path = tmp_path / "log.csv"
    path.write_bytes(("\r\n".join(rows) + "\r\n").encode(encoding))
    return read_log(path, **options)


def table(log: Log, *columns: str) -> list:
    return log.interactions.table.select(columns).rows()


EXPANDED = [
    row_2009(35, 7, 100, 0, "1", name="Box and Whisker"),
    row_2009(30, 7, 101, 1, "1", name="Box and Whisker"),
    row_2009(36, 7, 102, 1, "", original=0),
    row_2009(40, 8, 100, 1, ""),
    row_2009(35, 7, 100, 0, "10", name="Venn Diagram"),
]


def test_2009_expanded_in_latin_1(tmp_path: Path):
    log = read(tmp_path, HEADER_2009, *EXPANDED, encoding="latin-1")
    assert table(log, "student", "item", "skills", "correct", "row") == [
        ("7", "101", "1", 1, 2),
        ("7", "100", "1~~10", 0, 1),
        ("8", "100", None, 1, 4),
    ]
    assert table(log, "response_time", "hints", "attempts", "group")[0] == (2.5, 3, 2, "99")
    assert log.ingest.sentence == (
        "ASSISTments 2009, latin-1, 2 students, 3 answers, 1 answer without skill kept, 1 duplicate skill row merged, "
        "1 set aside (scaffolding question), in order of order_id"
    )
    assert log.ingest.fates.rows() == [
        (0, 3, "set_aside", "scaffolding question", None),
        (0, 5, "merged", "the same answer, another skill", 1),
    ]


def test_2009_by_names_of_skills(tmp_path: Path):
    log = read(tmp_path, HEADER_2009, *EXPANDED, columns=ColumnChoice(skill="skill_name"))
    assert log.interactions.skill_names() == ["Box and Whisker", "Venn Diagram"]


def test_2009_collapsed(tmp_path: Path):
    log = read(tmp_path, HEADER_2009, row_2009(1, 7, 100, 0, "2_37_70"), row_2009(2, 7, 101, 1, "2"))
    assert table(log, "skills") == [("2~~37~~70",), ("2",)]


def test_2009_with_an_index_column_and_without_what_is_optional(tmp_path: Path):
    header = ",order_id,user_id,problem_id,correct,skill_id,ms_first_response"
    log = read(tmp_path, header, "0,5,7,100,1,1.0,900", "1,4,7,101,0,1.0,900")
    assert table(log, "item", "skills") == [("101", "1.0"), ("100", "1.0")]
    assert not log.interactions.has("group")


def test_2012(tmp_path: Path):
    header = (
        "problem_log_id,skill,problem_id,user_id,start_time,end_time,correct,attempt_count,ms_first_response,skill_id"
    )
    log = read(
        tmp_path,
        header,
        "11,Area,1,7,2012-09-28 15:11:27,2012-09-28 15:12:00,1,1,5000,9",
        "10,Area,2,7,2012-09-28 15:10:27.5,2012-09-28 15:12:00,0,3,4000,9",
        "12,Area,3,7,2012-09-28 15:13:27,2012-09-28 15:14:00,0.75,3,4000,",
        "12,Area,3,8,2012-09-28 15:13:27,2012-09-28 15:14:00,1,3,4000,",
    )
    assert table(log, "student", "item", "skills", "correct", "time", "response_time") == [
        ("7", "2", "9", 0, 1348845027.5, 4.0),
        ("7", "1", "9", 1, 1348845087.0, 5.0),
        ("8", "3", None, 1, 1348845207.0, 4.0),
    ]
    assert (log.ingest.title, dict(log.ingest.set_aside)) == ("ASSISTments 2012", {"partial credit": 1})


def test_2015(tmp_path: Path):
    rows = ["user_id,log_id,sequence_id,correct", "50121,167478035,7014,0", "50121,167478030,7014,1", "5,1,2,.5"]
    log = read(tmp_path, *rows)
    assert table(log, "student", "skills", "correct", "item") == [
        ("50121", "7014", 1, None),
        ("50121", "7014", 0, None),
    ]
    assert log.ingest.sentence == (
        "ASSISTments 2015, utf-8, 1 student, 2 answers, 1 set aside (partial credit), in order of log_id"
    )
    assert table(read(tmp_path, *rows, threshold=0.5), "correct") == [(1,), (0,), (1,)]


def test_2017(tmp_path: Path):
    header = (
        "studentId,MiddleSchoolId,AveKnow,actionId,skill,problemId,startTime,timeTaken,correct,hintCount,attemptCount"
    )
    log = read(
        tmp_path, header, "8,2,0.3,9950,area,1118,1096470301,32,0,1,2", "8,2,0.3,9951,area,1119,1096470300,3,1,0,1"
    )
    assert table(log, "item", "skills", "time", "response_time", "hints", "attempts", "group") == [
        ("1119", "area", 1096470300, 3.0, 0, 1, "2"),
        ("1118", "area", 1096470301, 32.0, 1, 2, "2"),
    ]
    assert log.ingest.title == "ASSISTments 2017"


def test_a_format_that_does_not_fit_is_told(tmp_path: Path):
    with pytest.raises(LogError, match=r"Column `user_id` is missing from log.csv \(found: student, skill, correct\)"):
        read(tmp_path, "student,skill,correct", "a,b,1", format="assistments2009")
