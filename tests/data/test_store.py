"""Tests of the columns a trainer reads."""

import math
from dataclasses import replace

import pytest
import torch

from _asserts import random_log
from kt_fewshot.data import SequenceStore, Vocabulary, encode


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SequenceStore:
    monkeypatch.setattr("kt_fewshot.data.store.PART", 7)  # looked through in parts
    log = random_log(9, seed=2)
    return encode(log, Vocabulary.of(log))


def test_mean_is_of_the_answers_that_count(store: SequenceStore):
    scored = torch.arange(len(store)) % 3 == 0
    store = replace(store, scored=scored)
    assert store.mean() == pytest.approx(store.correct[scored].double().mean().item(), rel=1e-12)
    assert math.isnan(replace(store, scored=torch.zeros_like(scored)).mean())


def test_a_behaviour_is_there_if_anything_is_said_of_it(store: SequenceStore):
    behaviour = torch.full_like(store.behaviour, math.nan)
    behaviour[-1, 1] = 0.0
    store = replace(store, behaviour=behaviour)
    assert [store.has(name) for name in ("response_time", "hints", "attempts")] == [False, True, False]


def test_a_behaviour_varies_if_two_values_are_told(store: SequenceStore):
    behaviour = torch.full_like(store.behaviour, math.nan)
    behaviour[3::9, 0] = torch.arange(len(behaviour[3::9])).to(behaviour.dtype) // 2
    behaviour[3::9, 1] = 2.0
    store = replace(store, behaviour=behaviour)
    assert [store.varies(name) for name in ("response_time", "hints", "attempts")] == [True, False, False]


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_shares_of_students_are_all_students_once(store: SequenceStore, count: int):
    shares = [store.share_of_students(number, count) for number in range(count)]
    assert [student for share in shares for student in range(*share)] == list(range(store.n_students))
    answers = [len(store.students(*share)) for share in shares]
    assert max(answers) <= len(store) / count + int(store.lengths.max())


def test_saved_and_mapped_it_is_the_same(store: SequenceStore, tmp_path):
    store.save(tmp_path / "store")
    mapped = SequenceStore.load(tmp_path / "store")
    assert torch.equal(mapped.sets.members, store.sets.members)
    for name, value in vars(store).items():
        if name != "sets":
            assert torch.equal(getattr(mapped, name).nan_to_num(-9), value.nan_to_num(-9)), name
