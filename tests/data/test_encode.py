"""Tests of the way from the log table to the store."""

import math

import numpy as np
import polars as pl
import pytest
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


def test_a_bundle_is_asked_at_once_and_heard_one_by_one() -> None:
    bundled = Interactions(LOG.table.with_columns(bundle=pl.Series([None, 1, 1, 1, None], dtype=pl.Int64)))
    store = encode(bundled, VOCABULARY, dtype=torch.float64)
    assert store.place.tolist() == [0, 0, 1, 2, 0]
    assert torch.equal(store.heard, encode(LOG, VOCABULARY, dtype=torch.float64).question)
    log2 = math.log(2)
    np.testing.assert_allclose(column(store, "skill_log_wins"), [0, log2 / 2, log2, 0, 0])
    np.testing.assert_allclose(column(store, "skill_log_fails"), [0, 0, 0, 0, 0])
    np.testing.assert_allclose(column(store, "overall_log_wins"), [0, log2, log2, log2, 0])
    np.testing.assert_allclose(column(store, "item_log_wins"), [0, 0, 0, log2, 0])
    np.testing.assert_allclose(column(store, "log_gap"), [0, 0.1, math.log(11) / 10, math.log(11) / 10, 0])
    np.testing.assert_allclose(column(store, "log_skill_gap"), [0, 0.05, math.log(11) / 10, 0, 0])


def test_without_bundles_nothing_is_kept_twice() -> None:
    store = encode(LOG, VOCABULARY)
    assert len(store.place) == len(store.heard) == 0
    assert store.bundle() is None


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


@pytest.mark.parametrize("bundles", [False, True])
def test_store_round_trip_is_memory_mapped(tmp_path, bundles: bool) -> None:
    log = random_log(bundles=bundles)
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


STUDENTS = ["ann"] * 6 + ["bob"] * 3


@pytest.mark.parametrize(
    ("bundles", "places"),
    [
        ([7, 7, 7, None, 8, 8, 8, 9, 9], [0, 1, 2, 0, 0, 1, 0, 0, 1]),  # a bundle has one student
        ([7, 7, 9, 7, None, None, 1, 1, 1], [0, 1, 0, 0, 0, 0, 0, 1, 2]),  # neighbours only, and none is no bundle
        ([None] * 9, []),
        ([*range(9)], []),
        ([1, None, 2, None, 3, 4, 4, None, 4][::-1], [0, 0, 0, 1, 0, 0, 0, 0, 0]),
    ],
)
def test_places_on_paper(bundles: list[int | None], places: list[int]) -> None:
    table = pl.DataFrame({"student": STUDENTS, "correct": 1, "bundle": pl.Series(bundles, dtype=pl.Int64)})
    assert encode(Interactions.ordered(table), VOCABULARY).place.tolist() == places
