"""Real logs give the numbers their publishers give; they are read where `KT_DATA` points."""

from pathlib import Path

import pytest

from kt_fewshot.data.readers import read_log

SPLIT = ("preprocessed_data_train.tsv.gz", "preprocessed_data_test.tsv.gz")
LOGS = {
    "assist2009/gervet": ([f"assist2009/gervet/{part}" for part in SPLIT], "generic", 278_336, 3_114, 149),
    "assist2009/raw": (["assist2009/raw_sample/pybkt_as_skills1_10.csv.gz"], "assistments2009", 10_791, 902, 2),
    "assist2015/pykt": (
        ["assist2015/pykt/train_valid.csv.gz", "assist2015/pykt/test.csv.gz"],
        "pykt",
        682_797,
        19_093,
        100,
    ),
    "assist2015/akt": (
        [f"assist2015/akt/assist2015_test{fold}.csv.gz" for fold in range(1, 6)],
        "text-lines",
        683_801,
        19_840,
        100,
    ),
    "assist2017/akt_pid": (
        [f"assist2017/akt_pid/assist2017_pid_test{fold}.csv.gz" for fold in range(1, 6)],
        "text-lines",
        941_502,
        1_705,
        102,
    ),
    "statics2011/gervet": ([f"statics2011/gervet/{part}" for part in SPLIT], "generic", 189_297, 282, 98),
    "statics2011/akt": (["statics2011/akt/statics.csv.gz"], "text-lines", 189_297, 333, 1_223),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LOGS)
def test_numbers_of_answers_students_and_skills(kt_data: Path, name: str):
    files, reader, answers, students, skills = LOGS[name]
    log = read_log([kt_data / file for file in files])
    assert log.ingest.format == reader
    assert log.ingest.rows_read == len(log.interactions) == answers
    assert log.interactions.n_students == students
    assert len(log.interactions.skill_names()) == skills
    assert not log.interactions.has("time")


def test_folds_come_along(kt_data: Path):
    table = read_log(kt_data / "assist2015/pykt/train_valid.csv.gz").interactions.table
    assert sorted(table["fold"].unique().to_list()) == [0, 1, 2, 3, 4]
