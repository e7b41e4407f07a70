from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_fewshot.data.interactions import SCHEMA, Interactions, join_skills
from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError


def read(tmp_path: Path, text: str, name: str = "log.csv", **options) -> Log:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return read_log(path, **options)


def column(log: Log, name: str) -> list:
    return log.interactions.table[name].to_list()


def test_a_plain_table(tmp_path: Path):
    text = (
        "user,item,kc,outcome,timestamp\nann,i,x,correct,2\nann,j,y,incorrect,1\nbob,i,x,correct,3\nbob,i,x,correct,4\n"
    )
    log = read(tmp_path, text)
    assert column(log, "student") == ["ann", "ann", "bob", "bob"]
    assert column(log, "item") == ["j", "i", "i", "i"]
    assert column(log, "correct") == [0, 1, 1, 1]
    assert column(log, "row") == [2, 1, 3, 4]
    assert log.ingest.sentence == "table, utf-8, 2 students, 4 answers, in order of time"
    assert dict(log.ingest.columns) == {
        "student": "user",
        "item": "item",
        "skills": "kc",
        "correct": "outcome",
        "time": "timestamp",
    }


def test_ids_stay_as_written_and_na_is_a_name(tmp_path: Path):
    ids = ["007", "7", "NA", "null", "10.0", "10", " a", "123456789012345678901234"]
    text = "student,skill,correct\n" + "".join(f"{name},{name},1\n" for name in ids * 2)
    log = read(tmp_path, text)
    assert log.interactions.table["student"].unique(maintain_order=True).to_list() == ids
    assert log.interactions.skill_names() == sorted(ids)


def test_blank_outcomes_are_set_aside_and_students_needed(tmp_path: Path):
    text = "student,skill,correct\nann,x,1\nann,x,\nann,x,0.5\n,x,1\nann,x,oops\n"
    log = read(tmp_path, text, max_bad=0.5)
    assert dict(log.ingest.set_aside) == {"no outcome": 1, "partial credit": 1}
    assert log.ingest.rejected.rows() == [(0, 4, 5, "no student"), (0, 5, 6, "the outcome is 'oops'")]
    with pytest.raises(LogError, match="the correct is not clear"):
        read(tmp_path, "student,skill,outcome\nann,x,maybe\n")
    with pytest.raises(LogError, match="1 of 1 records of log.csv cannot be read .* line 2: the outcome is 'maybe'"):
        read(tmp_path, "student,skill,correct\nann,x,maybe\n")


def test_a_threshold_decides_on_partial_credit(tmp_path: Path):
    text = "student,skill,correct\nann,x,1\nann,x,0.5\nann,x,0.49\nann,x,0\n"
    assert column(read(tmp_path, text, threshold=0.5), "correct") == [1, 1, 0, 0]


def test_units_of_response_times(tmp_path: Path):
    rows = "ann,x,1,2500,3\nann,x,1,-5,\n"
    assert column(read(tmp_path, f"student,skill,correct,ms_first_response,hints\n{rows}"), "response_time") == [
        2.5,
        None,
    ]
    log = read(tmp_path, f"student,skill,correct,elapsed_time,hints\n{rows}ann,x,1,5000,0\n")
    assert column(log, "response_time") == [2.5, None, 5.0]
    assert "elapsed_time read as milliseconds" in log.ingest.decisions
    assert column(read(tmp_path, f"student,skill,correct,Duration (sec),hints\n{rows}"), "response_time") == [
        2500,
        None,
    ]
    assert column(read(tmp_path, f"student,skill,correct,response_time,hints\n{rows}"), "response_time") == [2500, None]
    assert column(read(tmp_path, f"student,skill,correct,response_time,hints\n{rows}"), "hints") == [3, None]


def test_decimal_commas(tmp_path: Path):
    log = read(tmp_path, "student;skill;correct;time\nann;x;1,0;1,5\nann;x;0,0;0,5\n")
    assert (column(log, "correct"), column(log, "time")) == ([0, 1], [0.5, 1.5])


def test_lists_of_skills(tmp_path: Path):
    log = read(tmp_path, "student,skills,correct\nann,b;a,1\nann,a,0\nann,a~~c,0\n")
    assert column(log, "skills") == ["a~~b", "a", "a~~c"]
    log = read(tmp_path, "student,skills,correct\nann,b;a,1\nann,a,0\n", skill_separator="")
    assert column(log, "skills") == ["b;a", "a"]


def test_times_that_cannot_be_read_are_warned_of(tmp_path: Path):
    log = read(tmp_path, "student,skill,correct,time\nann,x,1,\nann,x,0,2\nann,x,1,1\n")
    assert column(log, "row") == [3, 2, 1]
    assert log.ingest.warnings == ("1 records have no readable time; they come last in their student's history.",)


def test_a_time_column_without_times_is_warned_of(tmp_path: Path):
    log = read(tmp_path, "student,skill,correct,time\nann,x,1,soon\nann,x,0,later\n")
    assert column(log, "row") == [1, 2]
    assert log.ingest.warnings == ("No time in column `time` can be read; the order is the file's.",)


def test_columns_by_number_where_there_is_no_header(tmp_path: Path):
    text = "ann,x,1\nann,y,0\nbob,x,1\n"
    log = read(tmp_path, text, columns=ColumnChoice(student="1", skill="2", correct="3"))
    assert (column(log, "student"), column(log, "row")) == (["ann", "ann", "bob"], [1, 2, 3])


def test_parts_of_a_log_are_one_log(tmp_path: Path):
    (tmp_path / "b.csv").write_text("correct,student,skill\n0,ann,z\n1,cid,z\n")
    read(tmp_path, "student,skill,correct\nann,x,1\nbob,y,0\n", "a.csv")
    log = read_log([tmp_path / "a.csv", str(tmp_path / "b.csv")])
    assert log.interactions.table.select("student", "skills", "file", "row").rows() == [
        ("ann", "x", 0, 1),
        ("ann", "z", 1, 1),
        ("bob", "y", 0, 2),
        ("cid", "z", 1, 2),
    ]
    (tmp_path / "b.csv").write_text("user,skill,correct\nann,z,0\n")
    with pytest.raises(LogError, match="Column `student` is missing from b.csv"):
        read_log([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_parquet(tmp_path: Path):
    path = tmp_path / "log.parquet"
    pl.DataFrame({"uid": [1, 1, 2], "concept": ["x", "y", "x"], "correct": [True, False, None]}).write_parquet(path)
    log = read_log(path)
    assert (column(log, "student"), column(log, "correct")) == (["1", "1"], [1, 0])
    assert dict(log.ingest.set_aside) == {"no outcome": 1}


NAMES = st.text(alphabet="ab ,;\"'~é\n_1", min_size=1, max_size=4)
SETS = st.lists(NAMES.map(lambda name: name.replace("~", "").strip()), max_size=3).map(join_skills)
ANSWERS = st.fixed_dictionaries(
    {
        "student": NAMES,
        "item": NAMES,
        "skills": SETS,
        "correct": st.integers(0, 1),
        "time": st.floats(0, 1e6),
        "response_time": st.floats(0, 100, width=32),
        "hints": st.integers(0, 9),
        "attempts": st.integers(1, 9),
        "group": st.none() | NAMES,
        "bundle": st.integers(0, 99),
        "fold": st.integers(-1, 4),
    }
)


def simulated(answers: list[dict]) -> Interactions:
    answers = [answer | {"time": 1e4 * place + answer["time"] / 1e3} for place, answer in enumerate(answers)]
    return Interactions.ordered(pl.DataFrame(answers, schema_overrides={"skills": pl.String, "group": pl.String}))


@given(st.lists(ANSWERS, min_size=2, max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_log_table_written_as_csv_is_read_back(tmp_path: Path, answers: list[dict]):
    log = simulated(answers)
    path = tmp_path / "log.csv"
    log.table.drop("file", "row").write_csv(path)
    back = read_log(path, skill_separator="").interactions.table
    assert back.drop("row").equals(log.table.drop("row"))
    assert back["row"].to_list() == list(range(1, len(answers) + 1))


@given(st.lists(ANSWERS, min_size=1, max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_log_table_written_as_parquet_is_read_back(tmp_path: Path, answers: list[dict]):
    log = simulated(answers)
    path = tmp_path / "log.parquet"
    log.table.write_parquet(path)
    found = read_log(path)
    assert found.ingest.format == "interactions"
    assert found.interactions.table.drop("row").equals(log.table.drop("row"))
    assert set(found.interactions.table.columns) == set(SCHEMA)


def test_negative_response_times_are_unknown_and_told(tmp_path: Path):
    rows = "".join(f"ann,z,1,{seconds}\nbob,z,0,{seconds}\n" for seconds in (3, -1, 5))
    log = read(
        tmp_path, f"user,skill,correct,elapsed_seconds\n{rows}", columns=ColumnChoice(response_time="elapsed_seconds")
    )
    assert column(log, "response_time") == [3, None, 5] * 2
    assert log.ingest.warnings == (
        "2 response times in `elapsed_seconds` are negative, which no answer takes, and count as unknown.",
    )
