"""Tests of batches: every answer once, resets where students begin, the shift, the windows."""

import pytest
import torch

from _asserts import random_log
from kt_fewshot.data import (
    Finals,
    PackedRows,
    SequenceBatch,
    SequenceStore,
    Streams,
    Vocabulary,
    before_answer,
    encode,
)


@pytest.fixture(scope="module")
def store() -> SequenceStore:
    log = random_log(23, seed=5)
    return encode(log, Vocabulary.of(log))


def visited(batches: list[SequenceBatch]) -> list[int]:
    return sorted(torch.cat([batch.index[batch.index >= 0] for batch in batches]).tolist())


def test_shift_on_paper() -> None:
    after = torch.tensor([[1.0, 2.0, 3.0, 4.0]])[..., None]
    reset = torch.tensor([[False, False, True, False]])
    before = before_answer(after, torch.tensor([[9.0]]), reset)
    assert before[0, :, 0].tolist() == [9, 1, 0, 3]


def test_shift_of_bundles_on_paper() -> None:
    after = torch.arange(1.0, 9)[None, :, None]
    reset = torch.tensor([[False] * 5 + [True] + [False] * 2])
    place = torch.tensor([[2, 0, 1, 2, 0, 0, 1, 0]])  # the first bundle began before the row
    row = {"after": after, "initial": torch.tensor([[9.0]]), "reset": reset}
    before = before_answer(**row, place=place, running=torch.tensor([[5.0]]))
    assert before[0, :, 0].tolist() == [5, 1, 1, 1, 4, 0, 0, 7]
    assert before_answer(**row, place=place)[0, 0, 0] == 9
    reset[0, 0] = True
    assert before_answer(**row, place=place)[0, 0, 0] == 0, "a row that begins with an empty state"
    alone = before_answer(**row, place=torch.zeros_like(place))
    assert torch.equal(alone, before_answer(**row))


def test_packed_rows_visit_every_answer_once(store: SequenceStore) -> None:
    batches = list(PackedRows(store, rows=3, time=16).epoch(0))
    assert visited(batches) == list(range(len(store)))
    assert len(batches) == PackedRows(store, rows=3, time=16).steps_per_epoch


def test_packed_rows_are_in_order_between_resets(store: SequenceStore) -> None:
    for batch in PackedRows(store, rows=3, time=16).epoch(1):
        assert batch.reset[:, 0].all()
        follows = batch.index.diff(dim=1) == 1
        assert (follows | batch.reset[:, 1:]).all()
        starts = torch.isin(batch.index, store.starts[:-1])
        assert batch.reset[starts].all()


def test_packed_rows_pad_in_one_row_only(store: SequenceStore) -> None:
    rows = PackedRows(store, rows=3, time=16)
    padded = sum(int((batch.index < 0).any(1).sum()) for batch in rows.epoch(0))
    assert padded <= 1
    assert not any(batch.scored[batch.index < 0].any() for batch in rows.epoch(0))


def test_packed_rows_resume_where_they_were(store: SequenceStore) -> None:
    rows = PackedRows(store, rows=3, time=16, seed=4)
    whole, rest = list(rows.epoch(2)), list(rows.epoch(2, 3))
    assert [batch.index.tolist() for batch in whole[3:]] == [batch.index.tolist() for batch in rest]


def test_epochs_and_seeds_differ(store: SequenceStore) -> None:
    orders = {
        tuple(next(PackedRows(store, rows=3, time=16, seed=seed).epoch(epoch)).index.flatten().tolist())
        for seed, epoch in [(0, 0), (0, 1), (1, 0), (1, 1)]
    }
    assert len(orders) == 4


def test_streams_carry_whole_histories(store: SequenceStore) -> None:
    batches = list(Streams(store, rows=4, time=7))
    assert visited(batches) == list(range(len(store)))
    index = torch.cat([batch.index for batch in batches], dim=1)
    reset = torch.cat([batch.reset for batch in batches], dim=1)
    assert ((index.diff(dim=1) == 1) | reset[:, 1:]).all()
    assert torch.equal(index[reset & (index >= 0)].sort().values, store.starts[:-1])


def test_finals_end_every_row_with_the_last_answer(store: SequenceStore) -> None:
    batches = list(Finals(store, time=9))
    assert visited(batches) == list(range(len(store)))
    assert torch.equal(batches[-1].index[:, -1], store.starts[1:] - 1)
    index = torch.cat([batch.index for batch in batches], dim=1)
    reset = torch.cat([batch.reset for batch in batches], dim=1)
    assert torch.equal(reset, (index < 0) | torch.isin(index, store.starts[:-1]))


def test_chunks_lay_end_to_end(store: SequenceStore) -> None:
    batch = next(PackedRows(store, rows=5, time=16).epoch(0))
    parts = list(batch.chunks(2))
    assert len(parts) == 2
    assert torch.equal(torch.cat([part.question for part in parts]), batch.question)


def test_chunks_know_their_bundles() -> None:
    log = random_log(23, seed=5, bundles=True)
    batch = next(PackedRows(encode(log, Vocabulary.of(log)), rows=5, time=16).epoch(0))
    parts = list(batch.chunks(2))
    assert batch.place is not None
    assert torch.equal(torch.cat([part.place for part in parts]), batch.place)
    assert torch.equal(torch.cat([part.heard for part in parts]), batch.heard)


def test_one_student_with_one_answer() -> None:
    log = random_log(1, longest=1)
    store = encode(log, Vocabulary.of(log))
    assert visited(list(PackedRows(store).epoch(0))) == [0]
    assert visited(list(Streams(store))) == [0]
    assert visited(list(Finals(store))) == [0]


@pytest.mark.gpu
def test_on_cuda_batches_are_read_without_waiting(store: SequenceStore) -> None:
    expected = list(PackedRows(store, rows=3, time=16).epoch(1))
    batches = PackedRows(store.to(torch.device("cuda")), rows=3, time=16).epoch(1)
    found = [next(batches)]  # lining the students up waits once an epoch
    torch.cuda.set_sync_debug_mode("error")
    try:
        found += batches
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for here, there in zip(found, expected, strict=True):
        assert torch.equal(here.index.cpu(), there.index)
        assert torch.equal(here.question.cpu(), there.question)
