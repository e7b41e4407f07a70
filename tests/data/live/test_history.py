"""Histories that grow an answer at a time know what the store knows."""

import pytest
import torch

from _asserts import random_log, step_of
from kt_fewshot.data import Answer, LiveHistory, Question, SequenceStore, SkillSets, Vocabulary, encode
from kt_fewshot.data.live import fast, tables

STUDENTS = 6


@pytest.fixture(params=["compiled", "torch"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Both ways to look a question up."""
    if request.param == "torch":
        monkeypatch.setattr(fast, "serves", lambda *_: False)
    elif not fast.KERNEL.is_there():
        pytest.skip("there is no C++ compiler")


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


def test_what_is_in_no_table_is_refused(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    live = LiveHistory.start(2, vocabulary, dtype=store.question.dtype)
    time = torch.zeros(2, dtype=torch.float64)
    for skill, item in ((vocabulary.n_skills, 0), (1, vocabulary.n_items)):
        question = Question(SkillSets(torch.tensor([[1], [skill]])), torch.tensor([0, item]), time)
        with pytest.raises(IndexError, match="Question 1 is on a skill or an item"):
            live.features(question)
    with pytest.raises(ValueError, match="Found 1 questions of 2 students"):
        live.features(Question.of_skills(torch.tensor([1])))


def test_the_ways_give_the_same(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    live = LiveHistory.of_store(store, vocabulary)
    question = Question.of_rows(store, store.starts[:-1])
    expected = tables.find(live.practice.tensor, live.counts.tensor, question, live.dtype)
    known_then, counted = tables.grown(expected, store.correct[store.starts[:-1]], question.time)
    history = live.after(question, Answer(store.correct[store.starts[:-1]], store.behaviour[store.starts[:-1]]))
    torch.testing.assert_close(live.features(question), expected.features, atol=1e-7, rtol=1e-7)
    grown = history.practice.tensor[expected.at]
    torch.testing.assert_close(grown, known_then, equal_nan=True, atol=1e-13, rtol=1e-13)
    assert torch.equal(history.counts.tensor[expected.item_at], counted)


def test_answers_as_many_as_students_and_of_any_number_type(known: tuple[SequenceStore, Vocabulary]):
    store, vocabulary = known
    at, live = store.starts[:-1], LiveHistory.of_store(store, vocabulary)
    question = Question.of_rows(store, at)
    narrow = Question(question.sets, question.item, torch.zeros(len(at)))  # seconds in float32
    wide = Question(question.sets, question.item, torch.zeros(len(at), dtype=torch.float64))
    answer = Answer(store.correct[at], store.behaviour[at])
    one, other = (LiveHistory.of_store(store, vocabulary).after(asked, answer) for asked in (narrow, wide))
    torch.testing.assert_close(one.practice.tensor, other.practice.tensor, equal_nan=True)
    with pytest.raises(RuntimeError, match="size"):
        live.after(wide, Answer(answer.correct[:3], answer.behaviour[:3]))
