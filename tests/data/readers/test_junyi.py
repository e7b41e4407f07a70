from pathlib import Path

import pytest

from kt_fewshot.data.readers import ColumnChoice, read_log

HEADER = (
    "user_id,exercise,problem_type,problem_number,topic_mode,suggested,review_mode,time_done,time_taken,"
    "time_taken_attempts,correct,count_attempts,hint_used,count_hints,hint_time_taken_list,earned_proficiency,"
    "points_earned"
)
ROWS = [
    "7,fractions_1,0,4,false,true,false,1419990965001002,17,12&5,false,2,true,1,3,false,0",
    "7,addition_1,0,5,false,true,false,1419990955001002,4,4,true,1,false,0,,false,75",
    "7,unknown_1,0,5,false,true,false,1419990975001002,4,,true,1,false,0,,false,75",
]
COLUMNS = ("item", "skills", "correct", "response_time", "hints", "attempts", "row")


def read(tmp_path: Path, **options):
    (tmp_path / "junyi_ProblemLog_original.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    return read_log(tmp_path / "junyi_ProblemLog_original.csv", **options)


def test_without_topics_the_exercise_is_the_skill(tmp_path: Path):
    log = read(tmp_path)
    assert log.interactions.table.select(COLUMNS).rows() == [
        ("addition_1", "addition_1", 1, 4.0, 0, 1, 2),
        ("fractions_1", "fractions_1", 0, 12.0, 1, 2, 1),
        ("unknown_1", "unknown_1", 1, 4.0, 0, 1, 3),
    ]
    assert log.interactions.table["time"][0] == pytest.approx(1419990955.001002)
    assert "each exercise is a skill" in log.ingest.decisions


def test_topics_come_from_the_exercise_table(tmp_path: Path):
    (tmp_path / "junyi_Exercise_table.csv").write_text(
        "name,live,prerequisites,topic,area\nfractions_1,True,addition_1,fractions,a\naddition_1,True,,adding,a\n"
    )
    log = read(tmp_path)
    assert log.interactions.table["skills"].to_list() == ["adding", "fractions", None]
    assert "skills are topics in junyi_Exercise_table.csv" in log.ingest.decisions
    chosen = read(tmp_path, columns=ColumnChoice(skill="problem_type", response_time="time_taken"))
    assert chosen.interactions.table["skills"].to_list() == ["0"] * 3
    assert chosen.interactions.table["response_time"].to_list() == [4.0, 17.0, 4.0]
