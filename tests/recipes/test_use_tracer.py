"""Using a saved run: what is written is what the tracer said."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from _cli import small_log
from _told import Told

from kt_fewshot.data import Vocabulary, encode
from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.recipes import ReadSettings, TracedLog, evaluate_log, predict_log, write_mastery
from kt_fewshot.storage import RunFolder


@pytest.fixture
def traced(tmp_path, monkeypatch) -> TracedLog:
    """A log, and a tracer that says each answer's position in hundredths."""
    monkeypatch.chdir(tmp_path)
    small_log(5).sort("time").write_csv("log.csv")
    log = ReadSettings().read(Path("log.csv"))
    vocabulary = Vocabulary.of(log.interactions)
    now = torch.full((5, vocabulary.n_skills), 0.5)
    tracer = Told(vocabulary, correct=lambda s: s.position() / 100, mastery=lambda s: s.position() / 200, now=now)
    return TracedLog(RunFolder(Path("run")), tracer, (Path("log.csv"),), log, encode(log.interactions, vocabulary))


def test_predictions_stand_at_their_records(traced):
    written = predict_log(traced, Path("said.csv"))
    log, said = pl.read_csv("log.csv"), pl.read_csv("said.csv")
    position = log.select(pl.int_range(pl.len()).over("student")).to_series().to_numpy()
    np.testing.assert_allclose(said["y_pred"], position / 100, atol=1e-7)
    np.testing.assert_allclose(said["mastery"], position / 200, atol=1e-7)
    assert written == {"run": "run", "out": "said.csv", "rows": log.height, "predicted": log.height}


def test_results_are_returned_and_written(traced):
    results = evaluate_log(traced, out=Path("results.json"))
    assert results.run == "run"
    assert json.loads(Path("results.json").read_text()) == results.to_json_dict()


def test_mastery(traced):
    assert write_mastery(traced, Path("m.csv")) == {"run": "run", "out": "m.csv", "students": 5, "skills": 3}
    assert set(pl.read_csv("m.csv")["p_mastery"]) == {0.5}


@pytest.mark.parametrize("write", [predict_log, write_mastery])
def test_the_log_is_never_replaced(traced, write):
    with pytest.raises(StorageError, match="log.csv is what is being read"):
        write(traced, Path("log.csv"))


def test_no_skills_no_mastery(traced):
    tracer = Told(Vocabulary((), ("q",)), correct=lambda s: s.position() / 100)
    with pytest.raises(KTError, match="knows items but no skills"):
        write_mastery(replace(traced, tracer=tracer), Path("m.csv"))
