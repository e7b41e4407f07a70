"""Levels of columns, and the AUC of their means."""

import numpy as np
import polars as pl
import pytest

from kt_fewshot.evaluation.audit.levels import MOST, levels_of


def levels(values):
    found = levels_of(pl.Series("c", values))
    assert found is not None
    return found


def test_levels_by_hand():
    found = levels([3.0, None, 1.0, 3.0])
    assert found.code.tolist() == [2, 0, 1, 2]
    assert [found.names[code] for code in found.code] == ["3", "empty", "1", "3"]
    words = levels(["b", "a", "b", None])
    assert [words.names[code] for code in words.code] == ["b", "a", "b", "empty"]
    mean, count = found.means(np.array([1.0, 0.0, 1.0, 0.0]))
    assert mean.tolist() == [0.0, 1.0, 0.5]
    assert count.tolist() == [1.0, 1.0, 2.0]


def test_many_numbers_become_equal_parts_and_many_words_nothing():
    found = levels(np.random.default_rng(0).normal(size=4000))
    counts = np.bincount(found.code)[1:]
    assert len(counts) == MOST
    assert counts.min() > 60
    assert levels_of(pl.Series("c", [f"text {k}" for k in range(3000)])) is None
    assert levels_of(pl.Series("c", [1.0, 1.0])) is None
    assert levels_of(pl.Series("c", [None, None], dtype=pl.Float64)) is None
    common = levels([f"w{k % (MOST + 20)}" for k in range(500)])
    assert common.names[-1] == "other"
    assert common.code.max() == MOST + 1


def test_a_column_that_is_the_answer_has_auc_1_whatever_its_direction_and_noise_about_a_half():
    rng = np.random.default_rng(1)
    correct, half, all_ = rng.integers(0, 2, 4000).astype(float), np.arange(4000) % 2 == 0, np.ones(4000, dtype=bool)
    assert levels(1 - correct).score(correct, half, all_) == 1.0
    assert levels(np.where(correct == 1, "no", "yes")).score(correct, half, all_) == 1.0
    assert levels(rng.normal(size=4000)).score(correct, half, all_) == pytest.approx(0.5, abs=0.03)
    bent = np.where(correct == 1, rng.choice([-1.0, 1.0], 4000), 0.0)
    assert levels(bent).score(correct, half, all_) == 1.0
    only = np.zeros(4000, dtype=bool)
    assert np.isnan(levels(bent).score(correct, half, only))
