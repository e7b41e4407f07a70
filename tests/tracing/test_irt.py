"""Tests of item response theory in its published form."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from _asserts import random_log, store_and_vocabulary, store_of
from kt_fewshot.data import Question, SkillSets, Vocabulary
from kt_fewshot.tracing import IRT

ROWS = [("a", "x", "p", 1), ("a", "y", "p", 0), ("b", "x", "p", 1), ("b", "y", "q", 0), ("b", "x", "p", 0)]


def test_it_is_the_regression_on_items():
    log = random_log(60, seed=4)
    log = log.where(log.table["item"].is_not_null())
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    store = store_of(log, vocabulary)
    tracer = IRT(vocabulary, {"l2": 2.0}).double()
    tracer.fit(store, store)
    design = np.eye(vocabulary.n_items)[store.item.numpy()]
    model = LogisticRegression(C=0.5, tol=1e-8).fit(design, store.correct.numpy())
    expected = model.predict_proba(design)[:, 1]
    assert tracer.predict_log(store).correct.tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_an_unknown_item_is_its_skills_average_item():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = IRT(vocabulary, {}).double()
    tracer.fit(store, store)
    x, y = tracer.model.item[1:].tolist()
    said = tracer.predict(tracer.start(2), Question.of_skills(torch.tensor([1, 2])))
    logits = (said.correct.logit() - tracer.model.bias).tolist()
    assert logits == pytest.approx([(3 * x + y) / 4, y])
    both = Question(SkillSets(torch.tensor([[1, 2]])), torch.tensor([0]), torch.tensor([float("nan")]))
    assert (tracer.predict(tracer.start(1), both).correct.logit() - tracer.model.bias).item() == pytest.approx(
        ((3 * x + y) / 4 + y) / 2
    )
    assert tracer.mastery(tracer.start(1)).mastery[0, 1:].tolist() == pytest.approx(said.mastery.tolist())


def test_without_items_the_skill_is_the_item():
    named, _ = store_and_vocabulary([(student, skill, skill, right) for student, _, skill, right in ROWS])
    nameless, vocabulary = store_and_vocabulary([(student, None, skill, right) for student, _, skill, right in ROWS])
    skills, items = (IRT(v, {}).double() for v in (vocabulary, Vocabulary(vocabulary.skills, items=vocabulary.skills)))
    skills.fit(nameless, nameless)
    items.fit(named, named)
    torch.testing.assert_close(skills.predict_log(nameless).correct, items.predict_log(named).correct)


def test_easiness_is_that_of_equally_able_students_if_they_have_abilities():
    """`hard` was answered by students who get all else right, `easy` by students who get all else wrong."""
    rows = []
    for k in range(20):
        rows += [(f"able{k}", item, "p", 1) for item in "uvw"] + [(f"able{k}", "hard", "p", k % 2)]
        rows += [(f"weak{k}", item, "p", 0) for item in "uvw"] + [(f"weak{k}", "easy", "p", 1)]
    store, vocabulary = store_and_vocabulary(rows)
    easy, hard = (vocabulary.item_index()[name] for name in ("easy", "hard"))
    gaps = {}
    for abilities in (False, True):
        tracer = IRT(vocabulary, {"abilities": abilities}).double()
        tracer.fit(store, store)
        gaps[abilities] = (tracer.model.item[easy] - tracer.model.item[hard]).item()
    assert gaps[True] > gaps[False] + 0.5
