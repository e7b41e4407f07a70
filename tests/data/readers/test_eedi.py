from pathlib import Path

from kt_fewshot.data.readers import read_log

LOG = "QuestionId,UserId,AnswerId,IsCorrect,CorrectAnswer,AnswerValue\n8,3,5,1,2,2\n9,3,6,0,1,2\n8,3,7,0,2,1\n"
ANSWERS = (
    "AnswerId,DateAnswered,Confidence,GroupId,QuizId,SchemeOfWorkId\n5,2020-01-20 16:05:00.000,,44,86,\n"
    "6,2019-11-21 11:36:00.000,75.0,44,86,\n"
)
SUBJECTS = "SubjectId,Name,ParentId,Level\n3,Maths,,0\n71,Sums,3,2\n98,Adding,71,3\n99,Angles,71,3\n100,Angles,3,3\n"


def files(tmp_path: Path, *, folder: str = "metadata") -> Path:
    (tmp_path / "train_data").mkdir()
    (tmp_path / folder).mkdir()
    for task, questions in (("1_2", "8,[3, 71, 98]\n9,[3, 99, 100]\n"), ("3_4", "8,[98]\n")):
        (tmp_path / folder / f"answer_metadata_task_{task}.csv").write_text(ANSWERS)
        (tmp_path / folder / f"question_metadata_task_{task}.csv").write_text(
            "QuestionId,SubjectId\n" + questions.replace("[", '"[').replace("]", ']"')
        )
    (tmp_path / folder / "subject_metadata.csv").write_text(SUBJECTS)
    log = tmp_path / "train_data" / "train_task_1_2.csv"
    log.write_text(LOG)
    return log


COLUMNS = ("student", "item", "skills", "correct", "time", "group", "row")


def test_times_and_subjects_are_joined(tmp_path: Path):
    log = read_log(files(tmp_path))
    assert log.interactions.table.select(COLUMNS).rows() == [
        ("3", "9", "Angles (100)~~Angles (99)", 0, 1574336160.0, "44", 2),
        ("3", "8", "Adding", 1, 1579536300.0, "44", 1),
        ("3", "8", "Adding", 0, None, None, 3),
    ]
    assert log.ingest.warnings == ("1 records have no readable time; they come last in their student's history.",)
    assert log.ingest.columns["skills"] == "SubjectId"


def test_what_is_missing_is_told(tmp_path: Path):
    path = files(tmp_path, folder="away")
    log = read_log(path)
    assert not log.interactions.has("skills") and not log.interactions.has("time")
    assert len(log.ingest.warnings) == 3
    questions = read_log(path, side=[tmp_path / "away" / "question_metadata_task_1_2.csv"])
    assert questions.interactions.table["skills"].to_list() == ["3~~71~~98", "100~~3~~99", "3~~71~~98"]
