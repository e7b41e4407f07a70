"""Tests of answers taken apart into skills."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from _asserts import store_and_vocabulary
from kt_fewshot.tracing.skill_entries import SkillEntries, counts_before, item_rows, mean_of_skills

ROWS = [("a", "x", "p", 1), ("a", "y", "p~~q", 0), ("a", None, None, 1), ("b", "x", "q", 1)]


def test_one_entry_for_each_skill_of_an_answer():
    store, vocabulary = store_and_vocabulary(ROWS)
    assert vocabulary.skills == ("p", "q")
    entries = SkillEntries.of_store(store)
    assert entries.step.tolist() == [0, 1, 1, 2, 3]
    assert entries.skill.tolist() == [1, 1, 2, 0, 2]
    assert entries.share().tolist() == [1, 0.5, 0.5, 1, 1]
    assert entries.mean(torch.tensor([1.0, 2, 4, 8, 16])).tolist() == [1, 3, 8, 16]


def test_every_skill_of_every_student():
    entries = SkillEntries.every_skill(2, 3, torch.device("cpu"))
    assert entries.skill.tolist() == [0, 1, 2, 0, 1, 2]
    assert entries.step.tolist() == list(range(6)) == list(range(entries.answers))


def test_unknown_items_are_items_of_their_skill_set():
    store, vocabulary = store_and_vocabulary(ROWS)
    rows = item_rows(store, vocabulary.n_items)
    assert rows.tolist() == [1, 2, vocabulary.n_items + int(store.skill_set[2]), 1]


def test_mean_of_skills_weighs_an_answer_on_two_as_half_of_each():
    store, vocabulary = store_and_vocabulary(ROWS[:2] + ROWS[3:])
    values = torch.tensor([4.0, 1, 7], dtype=torch.float64)
    means = mean_of_skills(values, SkillEntries.of_store(store), vocabulary.n_skills)
    assert means.tolist() == pytest.approx([4, (4 + 0.5) / 1.5, (7 + 0.5) / 1.5])  # nobody answered the unknown skill


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans()), min_size=1, max_size=40))
def test_counts_are_those_of_a_plain_loop(answers: list[tuple[int, int, bool]]):
    key, correct, joins = torch.tensor(answers).T
    place = torch.arange(len(key))
    begins = torch.where(joins > 0, 0, place).cummax(0).values
    counts = counts_before(key, correct, begins if joins.any() else None)
    for n, (mine, *_) in enumerate(answers):
        before = [right for other, right, _ in answers[: begins[n]] if other == mine]
        assert (counts.wins[n], counts.attempts[n]) == (sum(before), len(before))
