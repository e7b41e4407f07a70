from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data import ColumnChoice, Interactions, LogTally, log_warnings, read_compact, simulate
from kt_fewshot.data.readers import Ingest
from kt_fewshot.data.readers.ingest import FATE_SCHEMA, REJECTED_SCHEMA


def ingest(rows: int, **changes) -> Ingest:
    nothing = {"rejected": pl.DataFrame(schema=REJECTED_SCHEMA), "fates": pl.DataFrame(schema=FATE_SCHEMA)}
    values = {"format": "generic", "title": "table", "files": ("log.csv",), "encoding": "utf-8", "separator": ","}
    counts = {"compression": "none", "columns": {}, "rows_read": rows, "kept": rows, "merged": 0, "set_aside": {}}
    return Ingest(**(values | counts | nothing | changes))


def warned(frame: pl.DataFrame, account: Ingest, **show) -> tuple[str, ...]:
    return log_warnings(LogTally.of(frame, account.files), account, **show)


def warnings(frame: dict | pl.DataFrame, **changes) -> list[str]:
    table = pl.DataFrame(frame)
    return list(warned(table, ingest(table.height, **changes)))


def answers(*students: str, **columns) -> dict:
    """Two answers a student, neither of which says anything odd."""
    each = [student for student in students for _ in range(2)]
    return {"student": each, "correct": [0, 1] * len(students)} | columns


def test_a_clean_log_has_none():
    for name in ("bkt", "irt"):
        table = simulate(name, n_students=30, n_answers=40, seed=2).interactions.table
        one = table["student"].unique_counts().min() == 1
        assert len(warnings(table)) == int(one)
    assert warnings(answers("a", "b")) == []


def test_students_with_one_answer():
    rows = {"student": ["a", "a", "b", "c"], "correct": [1, 0, 1, 1]}
    (warning,) = warnings(rows)
    assert warning.startswith("2 students have one answer only, such as 'b': they have no history to learn from.")
    (hidden,) = warned(pl.DataFrame(rows), ingest(4), show=lambda student: student.upper())
    assert "such as B:" in hidden


def test_expanded_rows_say_where_they_are():
    rows = {"student": ["a", "a", "a"], "item": ["p", "p", "q"], "skills": ["x", "y", "x"], "correct": [1, 1, 0]}
    place = {"file": [1, 1, 1], "row": [7, 8, 9]}
    (warning,) = warnings(rows | place)
    assert warning.startswith("1 record looks as if answers were spelled out once per skill: student, item and outcome")
    assert "(first in record 8)" in warning
    assert "--time" in warning
    assert "(first in record 8 of b.csv)" in warnings(rows | place, files=("a.csv", "b.csv"))[0]


@pytest.mark.parametrize(
    ("column", "ids", "told"),
    [
        (
            "student",
            ["007", "7"],
            "2 student ids differ from others only by leading zeros or case, such as '007' and '7'.",
        ),
        ("student", ["u07", "U7"], "such as 'U7' and 'u07'."),
        ("item", ["Ab", "aB"], "2 item ids differ"),
        (
            "skills",
            ["Ratio~~x", "ratio"],
            "2 skill ids differ from others only by leading zeros or case, such as 'Ratio'",
        ),
        ("item", ["1.05", "1.5"], None),
        ("item", ["10", "1"], None),
        ("item", ["0", "o"], None),
        ("student", ["00", "0"], "such as '0' and '00'."),
    ],
)
@pytest.mark.parametrize("categorical", [False, True])
def test_ids_that_look_alike(column, ids, told, categorical):
    rows = answers(*ids) if column == "student" else answers("a", "b", **{column: [ids[0], ids[0], ids[1], ids[1]]})
    frame = pl.DataFrame(rows)
    found = warnings(frame.cast({column: pl.Categorical}) if categorical else frame)
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (
            [1.0, -2.0, -3.0, 9.0, 9.0, 9.0],
            "2 response times in column `ms` are negative, which cannot be (first in record 2).",
        ),
        (
            [1.0, 2.0, 86_401.0, None],
            "1 response time in column `ms` is longer than a day, which cannot be (first in record 3).",
        ),
        ([0.0, 0.0, 0.0, None], "Every response time in column `ms` is 0, so it tells nothing."),
        ([4000.0, 5000.0, 6000.0, 9.0], "median response time in column `ms` is 4,500 seconds, so its unit is likely"),
        ([0.004, 0.005, 0.006, 1.0], "is 0.0055 seconds, so its unit is likely another."),
        ([1.0, 2.0, 3.0, None], None),
        ([None, None, None, None], None),
    ],
)
def test_response_times_that_cannot_be(seconds, told):
    n = len(seconds)
    times = pl.Series(seconds, dtype=pl.Float32)
    rows = answers(*"abc"[: n // 2], response_time=times, file=[0] * n, row=list(range(1, n + 1)))
    found = warnings(rows, columns={"response_time": "ms"})
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


class TestTimes:
    def test_one_time_for_all(self, tmp_path: Path):
        log = tmp_path / "log.csv"
        log.write_text("student,item,correct,when\n" + "".join(f"{k % 3},i{k},{k % 2},5\n" for k in range(12)))
        read = read_compact(log, columns=ColumnChoice(time="when"))
        (warning,) = warned(read.frame, read.ingest)
        assert warning.startswith(
            "Column `when` holds one and the same time in every record (or none), so the order is"
        )

    def test_one_time_in_a_table(self):
        (warning,) = warnings(answers("a", "b", time=[5.0] * 4), columns={"time": "when"})
        assert "Column `when` holds one and the same time" in warning

    def test_one_time_a_student(self):
        rows = answers("a", "b", "c", time=[5.0, 5.0, 7.0, 7.0, 8.0, 9.0])
        (warning,) = warnings(rows, columns={"time": "when"})
        assert warning.startswith("2 students have one and the same time in all answers, such as 'a'; among them the")
        assert warnings(rows | {"bundle": [1, 1, 2, 2, 3, 4]}, columns={"time": "when"}) == []
        assert warnings(answers("a", "b", "c", time=[5.0, 5.0, 7.0, 8.0, 8.0, 9.0])) == []

    def test_no_time_is_no_warning(self):
        assert warnings(answers("a", "b")) == []
        assert warnings(Interactions.ordered(pl.DataFrame(answers("a", "b"))).table, columns={"time": "time"}) == []

    def test_what_the_reader_said_is_not_said_again(self):
        said = ("No time in column `when` can be read; the order is the file's.",)
        assert warnings(answers("a", "b"), columns={"time": "when"}, warnings=said) == []
