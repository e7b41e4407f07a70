import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.finish import REPEATS, chosen, finish
from kt_fewshot.data.readers.generic import GenericTable
from kt_fewshot.data.readers.ingest import Log
from kt_fewshot.data.readers.reader import Draft, Options
from kt_fewshot.errors import LogError


def log_of(rows: list[dict], **options) -> Log:
    frame = pl.DataFrame(
        [{"file": 0, "row": place, **row} for place, row in enumerate(rows, 1)], infer_schema_length=None
    )
    frame = frame.with_columns(pl.col(pl.Null).cast(pl.String))
    files = tuple(f"log{number}.csv" for number in range(2))
    return finish(GenericTable(), Draft(frame, files, frame.height, {"student": "user"}), Options(**options))


def answer(student: str | None = "ann", correct: int | None = 1, **others) -> dict:
    return {"student": student, "correct": correct, **others}


def rows_of(log: Log) -> list[int]:
    return log.interactions.table["row"].to_list()


def test_only_the_rows_wanted():
    frame = pl.DataFrame({"a": [1, 2, 3]})
    assert chosen(frame, pl.Series([True, False, True])).rows() == [(1,), (3,)]
    assert frame.width == 0  # nothing is held twice


def test_order_is_time_then_order_id_then_file():
    rows = [answer(time=t, order=o) for t, o in [(5, 9), (3, 2), (5, 1), (3, 1), (5, 1)]]
    assert rows_of(log_of(rows)) == [4, 2, 3, 5, 1]
    assert "in order of time" in log_of(rows).ingest.decisions


def test_a_constant_time_is_none():
    log = log_of([answer(time=7.0, item=item) for item in "abab"])
    assert rows_of(log) == [1, 2, 3, 4]
    assert not log.interactions.has("time")
    assert "in the order given" in log.ingest.decisions


def test_students_stand_in_order_of_first_appearance():
    log = log_of([answer("bob", time=5), answer("ann", time=1), answer("bob", time=2)])
    assert log.interactions.table["student"].to_list() == ["bob", "bob", "ann"]
    assert rows_of(log) == [3, 1, 2]


def test_a_row_per_skill_becomes_one_answer():
    rows = [answer(item="i", skills=skill, order=1) for skill in ("y", "x", "y", None)]
    log = log_of([*rows, answer(item="j", skills="x", order=2)])
    assert log.interactions.table["skills"].to_list() == ["x~~y", "x"]
    assert log.ingest.merged == 3
    assert log.ingest.fates["into"].to_list() == [1, 1, 1]
    assert log.ingest.fates["fate"].to_list() == ["merged"] * 3
    assert "3 duplicate skill rows merged" in log.ingest.decisions


def test_rows_of_one_answer_may_stand_apart_in_the_file():
    rows = [
        answer(item="i", skills="x", order=1),
        answer("bob", item="i", order=5),
        answer(item="i", skills="y", order=1),
    ]
    log = log_of(rows)
    assert log.interactions.table["skills"].to_list() == ["x~~y", None]
    assert log.ingest.fates.rows() == [(0, 3, "merged", "the same answer, another skill", 1)]


@pytest.mark.parametrize(
    "other",
    [
        {"student": "bob"},
        {"item": "j"},
        {"item": None},
        {"correct": 0},
        {"time": 6.0},
        {"file": 1},
        {"attempts": 2},
    ],
)
def test_only_the_very_same_answer_is_merged(other: dict):
    first = answer(item="i", skills="x", time=5.0, attempts=1)
    log = log_of([first, first | {"skills": "y"} | other, answer(item="k", time=9.0)])
    assert log.ingest.merged == 0


def test_without_times_repetitions_are_real():
    assert log_of([answer(item="i", skills="x")] * 4).ingest.merged == 0
    assert log_of([answer(skills="x", time=5.0)] * 2 + [answer(time=9.0)]).ingest.merged == 0


def test_an_answer_between_keeps_two_apart():
    rows = [answer(item="i", time=5.0), answer(item="j", time=5.0), answer(item="i", time=5.0), answer(time=9.0)]
    assert log_of(rows).ingest.merged == 0


def test_every_record_has_its_fate():
    rows = [
        answer(),
        answer(None),
        answer(correct=None, set_aside="no outcome"),
        answer(correct=None, rejected="the outcome is '7'"),
        answer(None, None, set_aside="a lecture"),
    ]
    log = log_of(rows, max_bad=1)
    assert log.ingest.fates.select("row", "fate", "reason").rows() == [
        (2, "rejected", "no student"),
        (3, "set_aside", "no outcome"),
        (4, "rejected", "the outcome is '7'"),
        (5, "set_aside", "a lecture"),
    ]
    assert log.ingest.set_aside == {"no outcome": 1, "a lecture": 1}
    assert log.ingest.rejected["line"].to_list() == [2, 4]


def test_too_many_unreadable_records_stop_the_reading():
    rows = [answer()] * 98 + [answer(None)] * 2
    with pytest.raises(LogError, match=r"2 of 100 records of log0.csv cannot be read \(2.0%; 1.0% are allowed\)"):
        log_of(rows)
    assert log_of(rows, max_bad=0.02).ingest.n_rejected == 2


def test_a_log_without_answers_is_told():
    with pytest.raises(LogError, match=r"None of the 2 records of .* is an answer \(2 x no outcome\)"):
        log_of([answer(correct=None, set_aside="no outcome")] * 2)


def test_students_who_never_answer_twice_are_told():
    rows = [answer(f"s{number}") for number in range(REPEATS)]
    with pytest.raises(LogError, match=r"Column `user` .* another student in each of 20 answers"):
        log_of(rows)
    assert len(log_of(rows[1:]).interactions) == REPEATS - 1


def test_answers_without_skill_are_kept_and_told():
    log = log_of([answer(skills="x"), answer(), answer()])
    assert "2 answers without skill kept" in log.ingest.decisions


def test_options_are_checked():
    with pytest.raises(ValueError, match="`max_bad` should be between 0 and 1. Found `max_bad = 2`"):
        Options(max_bad=2)
    with pytest.raises(ValueError, match="`threshold` should be above 0"):
        Options(threshold=0)


RECORDS = st.fixed_dictionaries(
    {
        "student": st.sampled_from(["a", "b", None]),
        "correct": st.sampled_from([0, 1]),
        "item": st.sampled_from(["i", "j", None]),
        "skills": st.sampled_from(["x", "y", None]),
        "time": st.sampled_from([1.0, 2.0, None]),
        "set_aside": st.sampled_from([None, None, "lecture"]),
    }
)


@given(st.lists(RECORDS, min_size=1, max_size=30))
def test_no_record_is_lost_or_counted_twice(rows: list[dict]):
    try:
        log = log_of([answer(item="i", skills="z", time=0.0), *rows], max_bad=1)
    except LogError:
        return
    kept = set(rows_of(log))
    others = log.ingest.fates["row"].to_list()
    assert sorted([*kept, *others]) == list(range(1, len(rows) + 2))
    assert kept.issuperset(log.ingest.fates["into"].drop_nulls())
