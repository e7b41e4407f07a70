"""Simulated students to files."""

import polars as pl
import pytest

from kt_fewshot.errors import KTError
from kt_fewshot.recipes import simulate_log


def test_log_and_truth_stand_side_by_side(tmp_path):
    log, truth = tmp_path / "log.parquet", tmp_path / "truth.csv"
    written = simulate_log(log, students=3, answers=6, skills=2, generator="irt", seed=1, truth=truth)
    table, true = pl.read_parquet(log), pl.read_csv(truth)
    assert written["rows"] == table.height == true.height
    assert set(table.columns) >= {"student", "item", "skills", "correct", "time", "response_time", "hints", "attempts"}
    assert not {"file", "row", "fold", "bundle"} & set(table.columns)
    assert true["mastered"].is_in([0, 1]).all()


@pytest.mark.parametrize("wrong", [{"generator": "x"}, {"skills": 0}, {"answers": 0}, {"students": 0}, {"seed": -1}])
def test_out_of_range(tmp_path, wrong):
    with pytest.raises(KTError):
        simulate_log(tmp_path / "log.csv", **wrong)
    assert list(tmp_path.iterdir()) == []
