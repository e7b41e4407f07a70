"""Running means counted by hand."""

import numpy as np
import polars as pl
import pytest
from _audited import records, simulated

from _asserts import log_of
from kt_fewshot.evaluation.audit.trivial_models import PREDICTIONS, score, scored_records, trivial_predictions
from kt_fewshot.metrics import auc

ROWS = [("a", "q1", "x", 1), ("a", "q2", "x", 0), ("b", "q1", "y", 1), ("b", "q1", "y", 1)]


def test_running_means_by_hand():
    said = trivial_predictions(records(log_of(ROWS)))
    everything = [0.5, (1 + 2.5) / 6, (1 + 2.5) / 7, (2 + 2.5) / 8]
    student = [everything[0], (1 + 5 * everything[1]) / 6, everything[2], (1 + 5 * everything[3]) / 6]
    np.testing.assert_allclose(said["the student so far"], student)
    item = [everything[0], everything[1], (1 + 5 * everything[2]) / 6, (2 + 5 * everything[3]) / 7]
    np.testing.assert_allclose(said["the item so far"], item)


def test_training_answers_come_before_the_tests_and_earlier_ones_before_later_ones():
    parts = pl.Series(["test", "test", "train", "train"])
    said = trivial_predictions(records(log_of(ROWS), split=parts))
    assert said["the item so far"][0] == pytest.approx((2 + 5 * (2 + 2.5) / 7) / 7)
    timed = trivial_predictions(records(log_of(ROWS, times=[3.0, 4.0, 1.0, 2.0])))
    np.testing.assert_allclose(timed["the item so far"], said["the item so far"])


@pytest.mark.parametrize("seed", [0, 1])
def test_no_trivial_model_knows_its_own_answer_or_later_ones(seed):
    log = simulated(students=40, seed=seed)
    other = type(log)(
        log.table.with_columns(correct=pl.when(pl.col("time") >= 3e5).then(1 - pl.col("correct")).otherwise("correct"))
    )
    early = (log.table["time"] <= 3e5).to_numpy()
    assert 0.05 < early.mean() < 0.95
    before, after = trivial_predictions(records(log)), trivial_predictions(records(other))
    for name in ("the student so far", "the item so far", "the skill so far", "the student on the skill"):
        np.testing.assert_array_equal(before[name][early], after[name][early])


def test_all_of_these_is_fitted_to_the_other_half_of_the_students():
    log = simulated("irt", students=100)
    said = trivial_predictions(records(log))
    correct = log.table["correct"].to_numpy()
    best = max(auc(p, correct) for name, p in said.items() if name != "all of these")
    assert auc(said["all of these"], correct) > best
    half = log.table["student"].rle_id().to_numpy() % 2 == 1
    flipped = type(log)(log.table.with_columns(correct=pl.Series(np.where(half, correct, 1 - correct), dtype=pl.Int8)))
    changed = trivial_predictions(records(flipped))["all of these"]
    assert (changed[half] != said["all of these"][half]).mean() > 0.9


def test_scores_are_of_the_tests_predictions_only():
    log = simulated(students=60)
    split = pl.Series(np.where(log.table["student"].rle_id().to_numpy() < 30, "train", "test"))
    said = np.where(np.arange(len(log)) % 3 == 0, np.nan, 0.6)
    found = records(log, prediction=said, split=split)
    scored = scored_records(found)
    np.testing.assert_array_equal(scored, (split == "test").to_numpy() & np.isfinite(said))
    scores = score(found, scored, draws=20)
    assert scores.answers == scored.sum()
    assert scores.auc(PREDICTIONS) == 0.5
    assert scores.best == next(name for name in scores.models if name != PREDICTIONS)
    assert scores.difference["auc"].value == pytest.approx(0.5 - scores.auc(scores.best))
    assert scored_records(records(log)).all()
    assert np.isnan(scores.auc(None))
    np.testing.assert_array_equal(scored_records(records(log, prediction=said)), np.isfinite(said))
