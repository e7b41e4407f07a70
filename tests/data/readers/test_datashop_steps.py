from pathlib import Path

import pytest

from kt_fewshot.data.readers import ColumnChoice, Log, read_log

HEADER = (
    "Row\tSample\tAnon Student Id\tProblem Hierarchy\tProblem Name\tProblem View\tStep Name\tStep Start Time\t"
    "First Transaction Time\tStep Duration (sec)\tFirst Attempt\tIncorrects\tHints\tCorrects\tKC (Default)\t"
    "Opportunity (Default)"
)
KDD = (
    "Row\tAnon Student Id\tProblem Hierarchy\tProblem Name\tProblem View\tStep Name\tStep Start Time\t"
    "First Transaction Time\tCorrect Transaction Time\tStep End Time\tStep Duration (sec)\t"
    "Correct Step Duration (sec)\tError Step Duration (sec)\tCorrect First Attempt\tIncorrects\tHints\tCorrects\t"
    "KC(SubSkills)\tOpportunity(SubSkills)\tKC(Rules)\tOpportunity(Rules)"
)


def read(tmp_path: Path, *rows: str, header: str = HEADER, **options) -> Log:
    path = tmp_path / "steps.txt"
    path.write_text("\n".join([header, *rows]) + "\n")
    return read_log(path, **options)


def table(log: Log, *columns: str) -> list:
    return log.interactions.table.select(columns).rows()


def step(number: int, outcome: str, *, sample: str = "All Data", start: str = "03:04:00", kc: str = "x") -> str:
    times = f"2020-01-02 {start}\t2020-01-02 03:04:{number:02}"
    return f'{number}\t{sample}\tann\t"Unit 1, Section 2"\tp\t1\ts{number}\t{times}\t40\t{outcome}\t2\t3\t4\t{kc}\t1'


def test_a_step_is_an_answer(tmp_path: Path):
    log = read(tmp_path, step(7, "correct", kc="y~~x~~y"), step(5, "hint", kc="."), step(6, "incorrect"))
    assert table(log, "item", "skills", "correct", "row") == [
        ("p / s5", None, 0, 2),
        ("p / s6", "x", 0, 3),
        ("p / s7", "x~~y", 1, 1),
    ]
    assert table(log, "time", "response_time", "hints", "attempts")[0] == (1577934245.0, 5.0, 3, 3)
    assert log.ingest.format == "datashop-steps"
    assert log.ingest.columns["response_time"] == "Step Start Time and First Transaction Time"
    assert "1 first attempts that asked for a hint counted as wrong" in log.ingest.decisions


def test_hints_may_be_dropped_and_unknown_is_no_outcome(tmp_path: Path):
    log = read(tmp_path, step(1, "hint"), step(2, "unknown"), step(3, "correct"), hint="drop")
    assert log.ingest.set_aside == {"hint request": 1, "no outcome": 1}
    assert table(log, "row") == [(3,)]


def test_times_to_the_minute_give_no_latency(tmp_path: Path):
    rows = [step(4, "correct").replace(":04", ":04 ").replace(" 03:04 :00", " 03:04").replace(" 03:04 :04", " 03:04")]
    log = read(tmp_path, *rows)
    assert table(log, "response_time") == [(40.0,)]
    assert log.ingest.columns["response_time"] == "Step Duration (sec)"


def test_a_step_of_two_samples_is_one(tmp_path: Path):
    rows = [step(1, "correct"), step(1, "correct"), step(1, "correct", sample="B"), step(2, "correct", sample="B")]
    log = read(tmp_path, *rows)
    assert table(log, "row") == [(1,), (2,), (4,)]
    assert log.ingest.set_aside == {"the same step in another sample": 1}


def test_kdd_cup_with_rows_to_predict(tmp_path: Path):
    start, end = "2005-09-09 12:24:35.0", "2005-09-09 12:24:36.0"
    given = f"1\tann\tUnit A, Section B\tEG4\t1\t3(x+2) = 15\t{start}\t{end}\t{end}\t{end}\t1\t1\t\t1\t0\t0\t1"
    blank = "\t".join(["2", "ann", "Unit A, Section B", "EG4", "1", "x+2 = 5", *[""] * 11])
    rows = [f"{given}\tb~~a\t3~~1\tr\t1", f"{blank}\ta\t1\t\t"]
    log = read(tmp_path, *rows, header=KDD, kc="SubSkills")
    assert table(log, "item", "skills", "correct", "time", "response_time", "attempts") == [
        ("EG4 / 3(x+2) = 15", "a~~b", 1, 1126268676.0, 1.0, 1)
    ]
    assert (log.ingest.format, log.ingest.set_aside) == ("kdd-cup", {"no outcome": 1})


def test_the_users_columns_go_first(tmp_path: Path):
    choice = ColumnChoice(item="Problem Name", response_time="Step Duration (sec)", attempts="Incorrects")
    log = read(tmp_path, step(1, "correct"), columns=choice)
    assert table(log, "item", "response_time", "attempts") == [("p", 40.0, 2)]


@pytest.mark.parametrize("outcome", ["correct", "CORRECT", " Correct "])
def test_outcomes_in_any_case(tmp_path: Path, outcome: str):
    assert table(read(tmp_path, step(1, outcome)), "correct") == [(1,)]
