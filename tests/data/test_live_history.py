"""Histories that grow an answer at a time know what the store knows."""

import pytest
import torch

from _asserts import random_log, step_of
from kt_fewshot.data import Answer, LiveHistory, Question, SequenceStore, SkillSets, Vocabulary, encode

STUDENTS = 6


@pytest.fixture(scope="module", params=[torch.float32, torch.float64])
def known(request: pytest.FixtureRequest) -> tuple[SequenceStore, Vocabulary]:
    log = random_log(STUDENTS, seed=4)
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    return encode(log, vocabulary, dtype=request.param), vocabulary


def test_features_are_the_store_s(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    for student in range(store.n_students):
        live = LiveHistory.start(1, vocabulary, dtype=store.question.dtype)
        for at in range(int(store.starts[student]), int(store.starts[student + 1])):
            question, answer = step_of(store, at)
            torch.testing.assert_close(live.features(question)[0], store.question[at], atol=2e-6, rtol=0)
            live = live.after(question, answer)
        final = LiveHistory.of_store(store.students(student, student + 1), vocabulary)
        for stepped, whole in (
            (live.practice.tensor, final.practice.tensor),
            (live.counts.tensor, final.counts.tensor),
        ):
            torch.testing.assert_close(stepped, whole, equal_nan=True)
        torch.testing.assert_close(live.every_skill(), final.every_skill())


def test_a_history_stays_as_it_was(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    question, answer = step_of(store, 0)
    before = LiveHistory.start(1, vocabulary, dtype=store.question.dtype)
    nothing = before.features(question)
    after = before.after(question, answer)
    assert torch.equal(before.features(question), nothing)
    assert not torch.equal(after.features(question), nothing)
    again = before.after(question, answer)  # another way on from the same moment
    assert torch.equal(again.features(question), after.features(question))
    assert before.overall.wins.item() == before.overall.fails.item() == 0


def test_students_do_not_touch_each_other(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    question, answer = step_of(store, 0)
    both = LiveHistory.start(2, vocabulary, dtype=store.question.dtype)
    two = Answer(answer.correct.repeat(2), answer.behaviour.repeat(2, 1))
    asked = Question(SkillSets(question.sets.members.repeat(2, 1)), question.item.repeat(2), question.time.repeat(2))
    two.correct[1] = 1 - two.correct[0]
    grown = both.after(asked, two)
    assert grown.overall.wins.tolist() == two.correct.tolist()
    alone = LiveHistory.start(1, vocabulary, dtype=store.question.dtype).after(question, answer)
    assert torch.equal(grown.features(asked)[:1], alone.features(question))
