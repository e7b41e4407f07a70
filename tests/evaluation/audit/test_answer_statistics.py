"""Statistics that count their own row, the next one, or the whole file; and honest ones."""

import numpy as np
import polars as pl
import pytest
from _audited import CORRECT, honest_columns, records, simulated, so_far, whole_file

from kt_fewshot.evaluation.audit.answer_statistics import (
    find_next_answer,
    find_running,
    find_whole_file,
    is_whole_file_mean,
    running,
)

SIMULATORS = ("bkt", "irt", "dash")


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_honest_columns_count_nothing_they_should_not(simulator):
    log = simulated(simulator)
    found = records(log, **honest_columns(log), hints=log.table["hints"], copy=log.table["correct"])
    assert running(found) == {}
    assert find_next_answer(found) == []
    assert find_whole_file(found) == []


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("over", [("student",), ("student", "skills"), ("item",)])
@pytest.mark.parametrize("strength", [0.0, 5.0])
def test_a_running_mean_that_counts_its_own_row_is_found(simulator, over, strength):
    log = simulated(simulator)
    log = type(log).ordered(log.table.drop("time"), by=None)  # so that items too run in the file's order
    own = so_far(log, *over, itself=True, strength=strength)
    found = running(records(log, rate=own))
    assert list(found) == ["rate"]
    if strength:  # else a first answer has the mean 0 or 1, and where that starts is hard to tell
        assert found["rate"] == " and ".join(name.rstrip("s") for name in over)


def test_counts_and_moving_averages_are_found_too():
    log = simulated()
    columns = {
        "wins": CORRECT.cum_sum().over("student", "skills"),
        "fails": (1 - CORRECT).cum_sum().over("student"),
        "average": CORRECT.ewm_mean(alpha=0.3).over("student"),
    }
    found = records(log, **{name: log.table.select(column).to_series() for name, column in columns.items()})
    assert sorted(running(found)) == sorted(columns)
    (finding,) = find_running(found, running(found))
    assert (finding.kind, finding.severity) == ("future", "leak")
    assert "wins (over the student and skill's answers)" in finding.sentence
    assert find_running(found, {}) == []


def test_the_next_answer_in_a_column_is_found():
    log = simulated()
    after = log.table.select(pl.col("correct").shift(-1).over("student")).to_series()
    (finding,) = find_next_answer(records(log, after=after))
    assert (finding.kind, finding.severity) == ("future", "leak")
    assert finding.rows == len(log) - log.n_students


@pytest.mark.parametrize("over", ["item", "student"])
@pytest.mark.parametrize(
    "made",
    [
        lambda mean: mean,
        lambda mean: 1 - mean,
        lambda mean: np.round(mean, 3),
        lambda mean: np.log(mean / (1 - mean)),
        lambda mean: 100 * mean,
    ],
)
@pytest.mark.parametrize("strength", [1.0, 10.0])
def test_a_mean_of_the_whole_file_is_found_in_any_dress(over, made, strength):
    log = simulated("irt")
    (finding,) = find_whole_file(records(log, difficulty=made(whole_file(log, over, strength=strength))))
    assert (finding.kind, finding.severity) == ("target-encoding", "leak")
    assert f"difficulty (of the {over})" in finding.sentence


def test_a_mean_taken_elsewhere_or_of_most_of_the_file_is_none():
    log, other = simulated("irt", seed=1, students=400), simulated("irt", seed=1, students=400)
    half = log.table["student"].rle_id().to_numpy() % 2 == 0
    first, second = log.where(pl.Series(half)), other.where(pl.Series(~half))
    means = second.table.group_by("item").agg(mean=CORRECT.mean())
    elsewhere = first.table.join(means, on="item", how="left", maintain_order="left")["mean"].to_numpy()
    assert not is_whole_file_mean(records(first), "item", elsewhere)
    assert is_whole_file_mean(records(first), "item", whole_file(first, "item"))
    assert not is_whole_file_mean(records(first), "bundle", elsewhere)
    assert not is_whole_file_mean(records(first), "item", np.full(len(first), 0.5))
    assert not is_whole_file_mean(records(first), "item", np.arange(len(first), dtype=float))
