from pathlib import Path

import pytest

from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError

HEADER = (
    "Row\tSample Name\tTransaction Id\tAnon Student Id\tSession Id\tTime\tDuration (sec)\tProblem Name\tProblem View\t"
    "Step Name\tAttempt At Step\tOutcome\tKC (Default)\tKC Category (Default)\tKC (Default)\tKC Category (Default)\t"
    "KC (Single-KC)\tKC Category (Single-KC)\tSchool\tClass"
)


def row(second: int, outcome: str, *, attempt: str = "1", kcs: tuple[str, str] = ("x", ""), **other: str) -> str:
    cells = {"sample": "All Data", "transaction": f"t{second}", "student": "ann", "problem": "p", "step": "s"}
    cells |= {"duration": "5", "view": "1"} | other
    return "\t".join(
        [
            *("1", cells["sample"], cells["transaction"], cells["student"], "z", f"2020-01-02 03:04:{second:02}"),
            *(cells["duration"], cells["problem"], cells["view"], cells["step"], attempt, outcome),
            *(kcs[0], "c", kcs[1], "c", "Single-KC", "", "school", "class"),
        ]
    )


def read(tmp_path: Path, *rows: str, header: str = HEADER, **options) -> Log:
    path = tmp_path / "tx.txt"
    path.write_text("\n".join([header, *rows]) + "\n")
    return read_log(path, **options)


def table(log: Log, *columns: str) -> list:
    return log.interactions.table.select(columns).rows()


STEP = [
    row(1, "INCORRECT", kcs=("x", "z")),
    row(2, "HINT", attempt="2"),
    row(3, "INCORRECT", attempt="3"),
    row(4, "CORRECT", attempt="4", kcs=("x", "y")),
    row(5, "CORRECT", step="t", kcs=(".", "")),
]


def test_the_first_try_is_the_answer_and_knows_its_step(tmp_path: Path):
    log = read(tmp_path, *STEP)
    assert table(log, "student", "item", "skills", "correct", "row") == [
        ("ann", "p / s", "x~~y", 0, 1),  # the skills of the correct try
        ("ann", "p / t", None, 1, 5),
    ]
    assert table(log, "time", "response_time", "hints", "attempts", "group") == [
        (1577934241.0, 5.0, 1, 3, "class"),
        (1577934245.0, 5.0, 0, 1, "class"),
    ]
    assert log.ingest.set_aside == {"later attempt at the same step": 2, "hint request": 1}
    assert log.ingest.format == "datashop"
    assert log.ingest.columns["item"] == "Problem Name and Step Name"
    assert "skills of model Default (others: Single-KC)" in log.ingest.decisions


def test_a_step_never_solved_has_the_skills_of_all_tries(tmp_path: Path):
    log = read(tmp_path, row(1, "INCORRECT", kcs=("x", "")), row(2, "INCORRECT", attempt="2", kcs=("z", "y")))
    assert table(log, "skills", "attempts") == [("x~~y~~z", 2)]


def test_a_hint_first_is_wrong_or_dropped(tmp_path: Path):
    rows = [row(1, "HINT"), row(2, "CORRECT", attempt="2"), row(3, "CORRECT", step="t")]
    log = read(tmp_path, *rows)
    assert table(log, "correct", "row") == [(0, 1), (1, 3)]
    assert "1 first tries that asked for a hint counted as wrong" in log.ingest.decisions
    log = read(tmp_path, *rows, hint="drop")
    assert table(log, "correct", "row") == [(1, 3)]
    assert log.ingest.set_aside == {"hint request": 1, "later attempt at the same step": 1}
    with pytest.raises(ValueError, match="`hint` should be one of wrong, drop. Found `hint = 'right'`"):
        read(tmp_path, *rows, hint="right")


def test_study_trials_blanks_and_other_samples_are_set_aside(tmp_path: Path):
    rows = [row(1, "STUDY"), row(2, "CORRECT"), row(3, ""), row(2, "CORRECT", sample="Small"), row(4, "odd", step="u")]
    log = read(tmp_path, *rows, max_bad=0.5)
    assert table(log, "row") == [(2,)]
    assert log.ingest.set_aside == {
        "study trial": 1,
        "no outcome": 1,
        "the same transaction in another sample": 1,
    }
    assert log.ingest.rejected.rows() == [(0, 5, 6, "the outcome is 'odd'")]


def test_a_step_may_be_visited_again(tmp_path: Path):
    rows = [row(1, "INCORRECT"), row(2, "CORRECT", attempt="2"), row(3, "CORRECT"), row(4, "CORRECT", view="2")]
    assert table(read(tmp_path, *rows), "correct", "attempts", "row") == [(0, 2, 1), (1, 1, 3), (1, 1, 4)]


def test_first_is_by_time_not_by_line(tmp_path: Path):
    rows = [row(9, "CORRECT", attempt=""), row(1, "INCORRECT", attempt="")]
    assert table(read(tmp_path, *rows), "correct", "row") == [(0, 2)]


def test_as_renamed_by_r_with_latencies(tmp_path: Path):
    header = (
        "Anon.Student.Id,Time,Duration..sec.,Problem.Name,Problem.View,Step.Name,Outcome,KC..Default.,KC..Cluster.,"
        "CF..End.Latency.,CF..Response.Time."
    )
    rows = ["ann,1577934241000,30,p,1,s,CORRECT,x,c,2500,1577934241000", "ann,1577934242000,30,p,2,s,STUDY,x,c,-1,1"]
    rows.append("ann,1577934243000,30,p,3,,INCORRECT,x,c,-1,1")
    log = read(tmp_path, *rows, header=header)
    assert table(log, "item", "skills", "time", "response_time") == [
        ("p / s", "x", 1577934241.0, 2.5),
        ("p", "x", 1577934243.0, None),
    ]
    assert read(tmp_path, *rows, header=header, kc="Cluster").interactions.skill_names() == ["c"]


def test_the_users_columns_go_first(tmp_path: Path):
    choice = ColumnChoice(item="Problem Name", skill="KC (Single-KC)", hints="Problem View", response_time="Row")
    log = read(tmp_path, *STEP, columns=choice)
    assert table(log, "item", "skills", "hints", "response_time")[0] == ("p", "Single-KC", 1, 1.0)


def test_several_models_are_a_question(tmp_path: Path):
    header = HEADER.replace("(Default)", "(Area)", 1).replace("(Default)", "(Area)", 1).replace("(Default)", "(B C)")
    with pytest.raises(LogError, match=r"several skill models: Area, B C. Choose one: --kc Area"):
        read(tmp_path, *STEP, header=header)
    assert read(tmp_path, *STEP, header=header, kc="B C").interactions.skill_names() == ["y"]
    with pytest.raises(LogError, match="has no skill model 'C'. Choose one of: Area, B C, Single-KC"):
        read(tmp_path, *STEP, header=header, kc="C")


def test_an_option_without_effect_is_refused(tmp_path: Path):
    with pytest.raises(LogError, match="Option `kc` means nothing for format 'generic'"):
        read(tmp_path, "a,1,2", "a,0,2", header="student,correct,skill", kc="Default")
