from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError


def read(tmp_path: Path, *rows: str, **options) -> Log:
    path = tmp_path / "train_valid.csv"
    path.write_text("\n".join(rows) + "\n")
    return read_log(path, **options)


def test_sequences(tmp_path: Path):
    log = read(
        tmp_path,
        "fold,uid,questions,concepts,responses,timestamps,usetimes",
        '2,u1,"5,6,7,-1","1,3_2,1,-1","1,0,1,-1","1500000000000,1500000003000,1500000001000,-1","100,-1,300,-1"',
        '-1,u2,"5,6","1,2","0,1","1500000000000,1500000000001","1,2"',
    )
    assert log.ingest.format == "pykt"
    assert log.interactions.table.select("student", "item", "skills", "correct", "time", "fold", "row").rows() == [
        ("u1", "5", "1", 1, 1.5e9, 2, 1),
        ("u1", "7", "1", 1, 1.5e9 + 1, 2, 3),
        ("u1", "6", "2~~3", 0, 1.5e9 + 3, 2, 2),
        ("u2", "5", "1", 0, 1.5e9, -1, 4),
        ("u2", "6", "2", 1, 1.5e9 + 0.001, -1, 5),
    ]
    assert log.interactions.table["response_time"].to_list() == pytest.approx([0.1, 0.3, None, 0.001, 0.002])


def test_several_lines_of_one_student_are_one_history(tmp_path: Path):
    log = read(tmp_path, "fold,uid,concepts,responses", '0,u,"1,1","1,0"', '0,u,"2,-1","1,-1"')
    assert log.interactions.table.select("student", "skills", "row").rows() == [
        ("u", "1", 1),
        ("u", "1", 2),
        ("u", "2", 3),
    ]
    assert not log.interactions.has("item")


def test_the_context_of_a_window_is_set_aside(tmp_path: Path):
    log = read(
        tmp_path,
        "fold,uid,concepts,responses,selectmasks",
        '0,u,"1,2,3","1,0,1","1,1,1"',
        '0,u,"2,3,4","0,1,1","-1,-1,1"',
    )
    assert log.interactions.table["row"].to_list() == [1, 2, 3, 6]
    assert dict(log.ingest.set_aside) == {"context of a window": 2}


def test_a_question_spelled_out_per_concept_is_one_answer(tmp_path: Path):
    log = read(
        tmp_path,
        "fold,uid,questions,concepts,responses,is_repeat",
        '0,u,"5,5,5,6","1,2,1,1","1,1,1,0","0,1,0,0"',
    )
    assert log.interactions.table.select("item", "skills", "row").rows() == [
        ("5", "1~~2", 1),
        ("5", "1", 3),
        ("6", "1", 4),
    ]
    assert log.ingest.merged == 1


def test_damage_is_told(tmp_path: Path):
    with pytest.raises(LogError, match="damaged in line 3: 1 concepts for 2 responses"):
        read(tmp_path, "fold,uid,concepts,responses", '0,u,"1,1","1,0"', '0,u,1,"1,0"')
    with pytest.raises(LogError, match="damaged in line 3: 3 fields instead of 4"):
        read(tmp_path, "fold,uid,concepts,responses", '0,u,"1,1","1,0"', "0,u,1")
    with pytest.raises(LogError, match="is not a pyKT file"):
        read(tmp_path, "student,skill,correct", "a,b,1", format="pykt")
