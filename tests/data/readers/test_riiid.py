from pathlib import Path

from kt_fewshot.data.readers import read_log

HEADER = (
    "row_id,timestamp,user_id,content_id,content_type_id,task_container_id,user_answer,answered_correctly,"
    "prior_question_elapsed_time,prior_question_had_explanation"
)
ROWS = [
    "0,0,115,5692,0,1,3,1,,",
    "1,56943,115,5716,0,2,2,1,37000.0,False",
    "2,56943,115,128,0,2,0,0,37000.0,False",
    "3,60000,115,89,1,3,-1,-1,,",
    "4,118363,115,5692,0,4,0,-1,55000.0,False",
    "5,0,124,128,0,0,1,0,,",
]


def read(tmp_path: Path):
    (tmp_path / "train.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    return read_log(tmp_path / "train.csv")


def test_lectures_bundles_and_times_of_the_answers_themselves(tmp_path: Path):
    log = read(tmp_path)
    columns = ("student", "item", "correct", "time", "response_time", "bundle", "row")
    assert log.interactions.table.select(columns).rows() == [
        ("115", "5692", 1, 0.0, 37.0, 1, 1),
        ("115", "5716", 1, 56.943, 55.0, 2, 2),
        ("115", "128", 0, 56.943, 55.0, 2, 3),
        ("124", "128", 0, 0.0, None, 0, 6),
    ]
    assert log.ingest.set_aside == {"lecture": 1, "no outcome": 1}
    assert log.ingest.warnings == ("Answers have no skill: questions.csv is not beside the log. Name it with --side.",)


def test_skills_are_the_tags_of_questions(tmp_path: Path):
    (tmp_path / "questions.csv").write_text(
        "question_id,bundle_id,correct_answer,part,tags\n5692,1,3,5,151 9\n128,2,1,1,\n"
    )
    log = read(tmp_path)
    assert log.interactions.table["skills"].to_list() == ["151~~9", None, None, None]
    assert log.ingest.warnings == ()
    assert log.ingest.columns["skills"] == "tags"
