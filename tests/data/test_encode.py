"""Tests of the way from the log table to the store."""

import math

import numpy as np
import polars as pl
import torch

from _asserts import random_log
from kt_fewshot.data import QUESTION_FEATURES, Interactions, SequenceStore, Vocabulary, encode, unknown_in

LOG = Interactions.ordered(
    pl.DataFrame(
        {
            "student": ["ann", "ann", "bob", "ann", "ann"],
            "item": ["i1", "i2", "i1", "i9", "i1"],
            "skills": ["add", "add~~sub", None, "add", "new"],
            "correct": [1, 0, 1, 1, 0],
            "time": [0.0, math.e - 1, 5.0, 10.0, 10.0],
            "response_time": [math.e - 1, None, 3.0, -1.0, 2.0],
            "hints": [0, 2, None, 0, 1],
        }
    )
)
VOCABULARY = Vocabulary(("add", "sub"), ("i1", "i2"), (1.0, 2.0))


def column(store: SequenceStore, name: str) -> list[float]:
    return store.question[:, QUESTION_FEATURES.index(name)].tolist()


def test_columns_on_paper() -> None:
    store = encode(LOG, VOCABULARY, dtype=torch.float64)
    assert store.starts.tolist() == [0, 4, 5]
    assert store.correct.tolist() == [1, 0, 1, 0, 1]
    assert store.item.tolist() == [1, 2, 0, 1, 1]
    assert store.sets.members[store.skill_set.long()].tolist() == [[1, -1], [1, 2], [1, -1], [0, -1], [0, -1]]
    log2, log3 = math.log(2), math.log(3)
    np.testing.assert_allclose(column(store, "skill_log_wins"), [0, log2 / 2, log2, 0, 0])
    np.testing.assert_allclose(column(store, "skill_log_fails"), [0, 0, log2, 0, 0])
    np.testing.assert_allclose(column(store, "overall_log_wins"), [0, log2, log2, log3, 0])
    np.testing.assert_allclose(column(store, "item_log_wins"), [0, 0, 0, log2, 0])
    np.testing.assert_allclose(column(store, "log_gap")[:2], [0, 0.1])
    np.testing.assert_allclose(column(store, "log_skill_gap")[:2], [0, 0.05])


def test_behaviour_belongs_to_its_answer_and_may_be_unknown() -> None:
    behaviour = encode(LOG, VOCABULARY, dtype=torch.float64).behaviour
    expected = [0.0, np.nan, -0.5, (math.log(3) - 1) / 2, (math.log(4) - 1) / 2]
    np.testing.assert_allclose(behaviour[:, 0], expected, atol=1e-7)
    np.testing.assert_allclose(behaviour[:, 1], [0, 1, 0, 1, np.nan])
    assert behaviour[:, 2].isnan().all()


def test_ahead_counts_single_skill_answers_only() -> None:
    ahead = encode(LOG, VOCABULARY).ahead
    assert ahead[0].tolist() == [1, 2, 1, -1, -1]
    assert ahead[1].tolist() == [-1] * 5
    assert ahead[2].tolist() == [1, -1, -1, -1, -1]
    assert ahead[3].tolist() == [-1] * 5, "the unknown skill is no skill"


def test_unknown_is_counted() -> None:
    unknown = unknown_in(LOG, VOCABULARY)
    assert (unknown.skills, unknown.skill_answers, unknown.item_answers) == (("new",), 1, 1)


def test_vocabulary_round_trip() -> None:
    vocabulary = Vocabulary.of(LOG, min_item_answers=2)
    assert vocabulary.skills == ("add", "new", "sub")
    assert vocabulary.items == ("i1",)
    assert Vocabulary.from_dict(vocabulary.to_dict()) == vocabulary


def test_store_round_trip_is_memory_mapped(tmp_path) -> None:
    log = random_log()
    store = encode(log, Vocabulary.of(log))
    store.save(tmp_path)
    loaded = SequenceStore.load(tmp_path)
    for name in store.__dataclass_fields__:
        here, there = getattr(store, name), getattr(loaded, name)
        here, there = (value.members if name == "sets" else value for value in (here, there))
        np.testing.assert_array_equal(here.numpy(), there.numpy())


def test_students_slices_whole_histories() -> None:
    log = random_log()
    store = encode(log, Vocabulary.of(log))
    part = store.students(2, 5)
    assert part.n_students == 3
    begin, end = store.starts[2], store.starts[5]
    assert torch.equal(part.correct, store.correct[begin:end])
    assert torch.equal(part.lengths, store.lengths[2:5])
