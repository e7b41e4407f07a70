from typing import Any

import polars as pl
import pytest

from kt_fewshot.data import LogTally, log_contents, looked_through, read_compact, read_log, simulate

ROWS = ["a,q1,x,1,0,2", "a,q2,x~~y,0,86400,4", "a,q3,,1,172800,", "b,q1,x,1,5,6"]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,skills,correct,time,response_time", *ROWS]) + "\n")
    return path


def contents(frame: pl.DataFrame) -> dict[str, Any]:
    return log_contents(LogTally.of(frame))


def test_counts_by_hand(log):
    expected = {
        "students": 2,
        "items": 3,
        "skills": 2,
        "answers_without_skill": 1,
        "answers_on_several_skills": 1,
        "share_correct": 0.75,
        "answers_a_student": {"min": 1, "q25": 1, "median": 3, "q75": 3, "q95": 3, "max": 3},
        "first_time": None,
        "last_time": None,
        "time_span_days": 2.0,
        "response_time": {"median": 4.0, "max": 6.0, "known": 3},
        "also_has": ["response_time"],
    }
    found = contents(read_compact(log).frame)
    quantiles = found.pop("answers_a_student")
    assert (quantiles["min"], quantiles["max"]) == (1, 3)
    assert found == {name: value for name, value in expected.items() if name != "answers_a_student"}
    assert contents(read_log(log).interactions.table) == contents(read_compact(log).frame)


def test_quantiles_are_lengths_that_occur():
    students = [f"s{k}" for k in range(1, 101) for _ in range(k)]
    found = contents(pl.DataFrame({"student": students, "correct": [1] * len(students)}))["answers_a_student"]
    assert found == {"min": 1, "q25": 26, "median": 51, "q75": 75, "q95": 95, "max": 100}


def test_dates_are_told_as_such():
    frame = pl.DataFrame({"student": ["a", "a"], "correct": [1, 0], "time": [1_500_000_000.0, 1_500_086_400.0]})
    found = contents(frame)
    assert found["first_time"] == "2017-07-14T02:40:00+00:00"
    assert found["time_span_days"] == 1.0


def test_a_bare_log_holds_little():
    found = contents(pl.DataFrame({"student": ["a"], "correct": [1]}))
    assert (found["items"], found["skills"], found["answers_without_skill"]) == (0, 0, 1)
    assert (found["response_time"], found["time_span_days"], found["also_has"]) == (None, None, [])


def test_the_account_of_a_log_tells_it_too(log):
    read = read_compact(log)
    account = looked_through(read.ingest, read.frame)
    assert account.to_dict()["students"] == 2
    assert account.warnings == (
        "1 student has one answer only, such as 'b': they have no history to learn from. "
        "If they are many, is the student column the right one?",
    )


def test_ids_as_codes_or_as_text_are_the_same():
    table = simulate("bkt", n_students=20, n_answers=30, seed=3).interactions.table
    codes = table.with_columns(pl.col("student", "item", "skills").cast(pl.Categorical))
    assert contents(codes) == contents(table)
