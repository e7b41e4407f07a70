"""Tests of rows dealt in batches: shares, coverage, sameness."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.multitask.tabular.row_batches import RowBatches, Rows, task_shares


def rows(**labelled: list[bool] | np.ndarray) -> Rows:
    """Row k says k; its targets are 100 k + the task's number."""
    n = len(next(iter(labelled.values())))
    targets = {task: 100.0 * torch.arange(n) + k for k, task in enumerate(labelled)}
    return Rows(torch.arange(n)[:, None].float(), targets, {task: torch.tensor(has) for task, has in labelled.items()})


def seen(batches: RowBatches, epoch: int) -> dict[str, Counter]:
    """Task -> how often each row's label counted."""
    found = {task: Counter() for task in batches.rows.masks}
    for batch in batches.epoch(epoch):
        for task, mask in batch.masks.items():
            for x, y in zip(batch.x[mask][:, 0].tolist(), batch.targets[task][mask].tolist(), strict=True):
                assert y // 100 == x
                found[task][int(x)] += 1
    return found


FEW = rows(many=[True] * 20, few=[k < 4 for k in range(20)])


def test_proportional_is_every_row_once_with_all_its_labels() -> None:
    batches = RowBatches(FEW, 6)
    assert batches.steps_per_epoch == 4
    parts = list(batches.epoch(0))
    assert [len(batch) for batch in parts] == [5, 5, 5, 5]
    assert sorted(torch.cat([batch.x for batch in parts])[:, 0].tolist()) == list(range(20))
    assert seen(batches, 3) == {"many": Counter(range(20)), "few": Counter(range(4))}


def test_equal_shows_the_few_often_and_the_many_in_turn() -> None:
    batches = RowBatches(FEW, 6, shares="equal")
    first, second, third = (seen(batches, epoch) for epoch in range(3))
    for epoch in (first, second, third):
        assert [epoch[task].total() for task in ("many", "few")] == [12, 12]
        assert set(epoch["few"].values()) == {3}
    both = first["many"] + second["many"]
    assert len(both) == 20, "before any row comes again, all have come"
    assert max((first["many"] + second["many"] + third["many"]).values()) == 2


def test_temperature_is_between() -> None:
    assert task_shares(np.array([900, 100]), 1.0).tolist() == [0.9, 0.1]
    assert task_shares(np.array([900, 100]), math.inf).tolist() == [0.5, 0.5]
    labelled = rows(many=[k >= 100 for k in range(1000)], few=[k < 100 for k in range(1000)])
    found = seen(RowBatches(labelled, 64, shares=2.0), 0)
    assert [found[task].total() for task in ("many", "few")] == [750, 250]


def test_rows_due_together_are_computed_once() -> None:
    """Two tasks on the same rows cost no more than one."""
    has = [k % 3 > 0 for k in range(30)]
    batches = RowBatches(rows(a=has, b=has), 5, shares="equal")
    assert sum(len(batch) for batch in batches.epoch(0)) == 20


def test_a_task_without_labels_in_a_batch_is_left_out_of_it() -> None:
    batches = RowBatches(rows(many=[True] * 20, one=[k == 7 for k in range(20)]), 2)
    with_one = [batch for batch in batches.epoch(0) if "one" in batch.masks]
    assert len(with_one) == 1
    assert with_one[0].masks["one"].sum() == 1


def test_labels_of_a_row_may_be_several() -> None:
    mask = torch.tensor([[True, False], [False, False], [True, True]])
    batches = RowBatches(Rows(torch.zeros(3, 1), {"skills": torch.zeros(3, 2)}, {"skills": mask}), 10)
    (batch,) = batches.epoch(0)
    assert len(batch) == 2, "a row without a label never comes"
    assert sorted(batch.masks["skills"].sum(1).tolist()) == [1, 2]


def test_function_of_seed_and_epoch() -> None:
    def order(seed: int, epoch: int, first_step: int = 0) -> list[float]:
        parts = RowBatches(FEW, 4, shares="equal", seed=seed).epoch(epoch, first_step)
        return torch.cat([batch.x[:, 0] for batch in parts]).tolist()

    assert order(0, 2) == order(0, 2)
    assert order(0, 2) != order(1, 2)
    assert order(0, 2) != order(0, 3)
    whole, rest = order(0, 2), order(0, 2, 2)
    assert whole[-len(rest) :] == rest
    assert len(rest) < len(whole)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.floats(1, 20), st.integers(1, 9), st.integers(0, 5))
def test_every_epoch_gives_each_task_its_quota(counts: list[int], shares: float, batch_size: int, epoch: int) -> None:
    rng = np.random.default_rng(0)
    labelled = {f"task {k}": rng.permutation(np.arange(40) < n) for k, n in enumerate(counts)}
    batches = RowBatches(rows(**labelled), batch_size, shares=shares)
    found = seen(batches, epoch)
    assert [found[task].total() for task in labelled] == batches.quotas.tolist()
    assert batches.quotas == pytest.approx(task_shares(np.array(counts), shares) * sum(counts), abs=1)
    parts = list(batches.epoch(epoch))
    assert len(parts) == batches.steps_per_epoch
    assert all(len(part) for part in parts)
    for task, has in labelled.items():
        assert set(found[task]) <= set(np.flatnonzero(has).tolist())


def test_fingerprint_changes_with_the_data() -> None:
    other = rows(many=[True] * 20, few=[k < 5 for k in range(20)])
    found = [RowBatches(data, 4, seed=seed).fingerprint for data, seed in ((FEW, 0), (FEW, 0), (FEW, 1), (other, 0))]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_chunks_are_the_rows_in_order() -> None:
    parts = list(FEW.chunks(3))
    assert torch.equal(torch.cat([part.x for part in parts]), FEW.x)
    assert [len(part) for part in parts] == [7, 7, 6]


def test_out_of_range() -> None:
    with pytest.raises(ValueError, match="no task has a label"):
        RowBatches(rows(a=[False, False]), 2)
    with pytest.raises(ValueError, match="`batch_size` should be at least 1"):
        RowBatches(FEW, 0)
    with pytest.raises(ValueError, match="one of proportional, equal or a temperature. Found 'even'"):
        RowBatches(FEW, 2, shares="even")
    with pytest.raises(ValueError, match="above 0. Found -1"):
        RowBatches(FEW, 2, shares=-1.0)
