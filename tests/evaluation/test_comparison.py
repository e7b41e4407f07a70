"""Comparison: paired differences, the choice of the baseline, folds, costs; JSON and table of it."""

import json

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data import Interactions
from kt_fewshot.evaluation import Fold, Foretold, compare
from kt_fewshot.metrics import METRICS, auc, paired_difference, rmse

N_STUDENTS, ANSWERS = 12, 8


def _fold(seed: int) -> tuple[Fold, np.ndarray]:
    """A fold of students of its own, and the chances that its answers came from."""
    rng = np.random.default_rng(seed)
    n = N_STUDENTS * ANSWERS
    chance = rng.uniform(0.05, 0.95, n)
    table = pl.DataFrame(
        {
            "student": np.repeat([f"{seed}-{k}" for k in range(N_STUDENTS)], ANSWERS),
            "skills": [f"skill-{k % 3}" for k in range(n)],
            "correct": (rng.uniform(size=n) < chance).astype(int),
        }
    )
    items = np.where(np.arange(n) % 4 == 0, -1, np.arange(n) % 60)
    return Fold(Interactions.ordered(table), np.arange(n) % ANSWERS > 0, items, 0.5), chance


def _said(probability: np.ndarray, seconds: float = 1.0) -> Foretold:
    return Foretold(probability, fit_seconds=seconds, predict_seconds=seconds / 10, parameters=7)


def _noisy(chance: np.ndarray, noise: float) -> np.ndarray:
    return np.clip(chance + np.random.default_rng(0).normal(0, noise, len(chance)), 0.01, 0.99)


@pytest.fixture(scope="module")
def one() -> tuple[Fold, dict[str, list[Foretold]]]:
    fold, chance = _fold(0)
    probability = {"truth": chance, "good": _noisy(chance, 0.1), "poor": _noisy(chance, 0.5)}
    return fold, {name: [_said(values)] for name, values in probability.items()}


def test_best_first_and_each_less_the_best_simple_one(one):
    fold, said = one
    found = compare([fold], said, simple={"poor", "good"}, draws=50)
    assert [tracer.name for tracer in found.tracers] == ["truth", "good", "poor"]
    assert found.baseline == "good"
    assert found["good"].difference == {}
    correct = fold.log.table["correct"].to_numpy()[fold.scored]
    for name in ("truth", "poor"):
        mine, other = (said[who][0].probability[fold.scored] for who in (name, "good"))
        difference = found[name].difference
        assert set(difference) == set(METRICS)
        assert difference["auc"].value == pytest.approx(auc(mine, correct) - auc(other, correct))
        assert difference["rmse"].value == pytest.approx(rmse(mine, correct) - rmse(other, correct))
        assert found[name].results.test["auc"].value == pytest.approx(auc(mine, correct))
        assert difference["auc"].low < difference["auc"].value < difference["auc"].high
    assert found["poor"].difference["auc"].high < 0


def test_only_scored_answers_count_but_positions_are_of_the_history(one):
    fold, said = one
    found = compare([fold], said, simple=(), draws=10)
    assert found.counts == {"answers": N_STUDENTS * (ANSWERS - 1), "students": N_STUDENTS, "skills": 3, "folds": 1}
    assert [part.key for part in found["good"].results.positions] == ["2-5", "6-10"]
    unread = {name: [_said(np.where(fold.scored, values[0].probability, np.nan))] for name, values in said.items()}
    again = compare([fold], unread, simple=(), draws=10)
    assert again["good"].results.test == found["good"].results.test


def test_by_item_frequency(one):
    fold, said = one
    items = {part.key: part.n for part in compare([fold], said, simple=(), draws=10)["good"].results.items}
    told = fold.item_answers[fold.scored]
    expected = {
        "0-1": np.isin(told, (0, 1)).sum(),
        "2-9": ((told >= 2) & (told < 10)).sum(),
        "10-49": ((told >= 10) & (told < 50)).sum(),
        "50-199": (told >= 50).sum(),
    }
    assert items == {name: n for name, n in expected.items() if n}
    assert sum(items.values()) == (told >= 0).sum() < len(told)


def test_a_baseline_by_name_and_none_at_all(one):
    fold, said = one
    named = compare([fold], said, simple={"good"}, baseline="truth", draws=10)
    assert named.baseline == "truth"
    assert named["good"].difference["auc"].value < 0
    nobody = compare([fold], said, simple=(), draws=10)
    assert nobody.baseline is None
    assert not any(tracer.difference for tracer in nobody.tracers)


def test_over_folds_numbers_are_means_and_intervals_narrower():
    folds, chances = zip(*(_fold(seed) for seed in range(4)), strict=True)
    said = {
        "good": [_said(_noisy(chance, 0.1), seconds) for chance, seconds in zip(chances, (1, 2, 3, 6), strict=True)],
        "poor": [_said(_noisy(chance, 0.6)) for chance in chances],
    }
    found = compare(folds, said, simple={"poor"}, draws=100)
    good = found["good"]
    alone = [
        compare([fold], {"good": [one]}, simple=(), draws=100)["good"].results
        for fold, one in zip(folds, said["good"], strict=True)
    ]
    assert [fold.test for fold in good.folds] == [fold.test for fold in alone]
    values = [fold.test["auc"].value for fold in alone]
    assert good.results.test["auc"].value == good.spread["auc"].value == pytest.approx(np.mean(values))
    widths = [fold.test["auc"].high - fold.test["auc"].low for fold in alone]
    assert good.results.test["auc"].high - good.results.test["auc"].low == pytest.approx(np.mean(widths) / 2, rel=0.3)
    assert good.spread["auc"].high - np.mean(values) == pytest.approx(3.182446 * np.std(values, ddof=1) / 2, rel=1e-5)
    shared = [fold.log.table["correct"].to_numpy()[fold.scored] for fold in folds]
    differences = [
        paired_difference(
            np.repeat(np.arange(N_STUDENTS), ANSWERS)[fold.scored],
            mine.probability[fold.scored],
            correct,
            other=other.probability[fold.scored],
            draws=100,
        )["auc"].value
        for fold, mine, other, correct in zip(folds, said["good"], said["poor"], shared, strict=True)
    ]
    assert good.difference["auc"].value == pytest.approx(np.mean(differences))
    difference = good.results.test["auc"].value - found["poor"].results.test["auc"].value
    assert good.difference["auc"].value == pytest.approx(difference)
    assert (good.fit_seconds, good.parameters) == (3.0, 7)
    assert found.counts["students"] == 4 * N_STUDENTS
    assert found.counts["folds"] == 4


def test_json_is_strict_and_the_table_holds_the_same_numbers(one):
    fold, said = one
    found = compare([fold], said, simple={"good"}, draws=20).of_run("runs/x")
    content = json.loads(json.dumps(found.to_json_dict(), allow_nan=False))
    assert content["run"] == "runs/x"
    assert content["baseline"] == "good"
    truth, good, _ = content["tracers"]
    assert truth["difference"]["auc"]["low"] is not None
    assert "difference" not in good
    assert not {"folds", "across_folds"} & set(good)
    assert {"tracer", "fit_seconds", "predict_seconds", "parameters", "test", "positions", "items"} <= set(good)
    table = found.table()
    assert set(table["part"]) == {"test", "difference", "position", "item", "cost"}
    row = table.filter(tracer="truth", part="difference", metric="auc").row(0, named=True)
    assert [row[name] for name in ("value", "low", "high")] == list(truth["difference"]["auc"].values())
    costs = table.filter(tracer="good", part="cost")
    assert dict(zip(costs["metric"], costs["value"], strict=True)) == {
        "fit_seconds": 1.0,
        "predict_seconds": 0.1,
        "parameters": 7.0,
    }


def test_folds_in_the_table():
    folds, chances = zip(*(_fold(seed) for seed in range(2)), strict=True)
    found = compare(folds, {"good": [_said(_noisy(chance, 0.1)) for chance in chances]}, simple=(), draws=10)
    table = found.table()
    assert table.filter(part="fold", metric="auc")["key"].to_list() == ["1", "2"]
    assert table.filter(part="across folds", metric="auc").height == 1
    assert len(found.to_json_dict()["tracers"][0]["folds"]) == 2


def test_answers_that_are_all_right_rank_by_log_loss(one):
    fold, _ = one
    right = Fold(
        Interactions(fold.log.table.with_columns(correct=pl.lit(1, pl.Int8))), fold.scored, fold.item_answers, 0.5
    )
    n = len(right.log)
    said = {"low": [_said(np.full(n, 0.6))], "high": [_said(np.full(n, 0.9))]}
    found = compare([right], said, simple={"low", "high"}, draws=10)
    assert [tracer.name for tracer in found.tracers] == ["high", "low"]
    assert found.baseline == "high"
    assert found.to_json_dict()["tracers"][0]["test"]["auc"]["reason"] == "every answer is right"


def test_refused(one):
    fold, said = one
    with pytest.raises(ValueError, match="should predict 2 folds. Found 1 of 'truth'"):
        compare([fold, fold], said, simple=())
    with pytest.raises(ValueError, match="`baseline` should be one of truth, good, poor. Found 'dkt'"):
        compare([fold], said, simple=(), baseline="dkt")
