from pathlib import Path

from kt_fewshot.data.readers import ColumnChoice, Log, read_log

HEADER = ",oatsUserId,problemID,stepID,hintID,eventType,isCorrect,firstAttempt,time,skills"


def event(second: int, kind: str, correct: str = "", first: str = "", *, step: str = "pa", skills: str = "[]") -> str:
    return f'{second},ann,p,{step},,{kind},{correct},{first},2021-01-16 04:44:{second:02},"{skills}"'


def read(tmp_path: Path, *rows: str, **options) -> Log:
    path = tmp_path / "log.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_log(path, **options)


EVENTS = [
    event(1, "unlockHint"),
    event(2, "hintScaffoldLog", "True"),
    event(3, "answerStep", "False", "True", skills="['y', 'x']"),
    event(4, "answerStep", "True", "False"),
    event(5, "unlockSubHint", "False", "False"),
    event(6, "answerStep", "True", "True", step="pb", skills="[]"),
    event(7, "dance"),
]


def test_first_answers_with_the_numbers_of_their_step(tmp_path: Path):
    log = read(tmp_path, *EVENTS)
    assert log.interactions.table.select("student", "item", "skills", "correct", "hints", "attempts", "row").rows() == [
        ("ann", "pa", "x~~y", 0, 2, 2, 3),
        ("ann", "pb", None, 1, 0, 1, 6),
    ]
    assert log.ingest.set_aside == {
        "hint request": 2,
        "scaffolding question": 1,
        "later attempt at the same step": 1,
        "event dance": 1,
    }
    assert log.ingest.format == "oatutor"
    assert log.interactions.table["time"][0] == 1610772243.0


def test_a_step_answered_for_the_first_time_twice_is_two_visits(tmp_path: Path):
    rows = [event(9, "answerStep", "True", "True"), event(1, "answerStep", "False", "True"), event(5, "unlockHint")]
    table = read(tmp_path, *rows).interactions.table
    assert table.select("correct", "hints", "attempts", "row").rows() == [(0, 1, 1, 2), (1, 0, 1, 1)]


def test_other_columns_may_be_named(tmp_path: Path):
    log = read(tmp_path, *EVENTS, columns=ColumnChoice(item="problemID"))
    assert log.interactions.table["item"].unique().to_list() == ["p"]
