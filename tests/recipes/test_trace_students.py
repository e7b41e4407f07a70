"""Students answer by answer: the same as the tracer itself says, also from the middle of a history on."""

import numpy as np
import pytest
import torch

from _asserts import log_of, random_log
from kt_fewshot.data import SKILL_SEPARATOR, Vocabulary, encode
from kt_fewshot.recipes.trace_students import trace_students
from kt_fewshot.tracing import tracer_class

TINY = {"hidden": 8, "embedding": 4, "head_hidden": 8}


@pytest.mark.parametrize(("name", "options"), [("dkt", TINY), ("bkt", {})])
@pytest.mark.parametrize("last", [1, 7, 100])
def test_it_ends_where_the_tracer_says_that_everyone_stands(name, options, last):
    log = random_log(6, longest=20)
    tracer = tracer_class(name)(Vocabulary.of(log, min_item_answers=1), options)
    store = encode(log, tracer.vocabulary)
    said = tracer.mastery(tracer.final_state(store))
    students = log.table["student"].unique(maintain_order=True).to_list()
    found = trace_students(tracer, log, students, most=last)
    assert set(found) == set(students)
    for place, student in enumerate(students):
        steps, length = found[student], int(store.lengths[place])
        assert len(steps.right) == len(steps.practised) == len(steps.correct) == min(length, last)
        assert steps.first == max(length - last, 0) + 1
        assert torch.allclose(torch.from_numpy(steps.correct[-1]), said.correct[place, 1:], atol=1e-5)
        assert torch.allclose(torch.from_numpy(steps.mastery[-1]), said.mastery[place, 1:], atol=1e-5)


def test_the_last_answers_are_the_same_whether_all_are_asked_for_or_not():
    log = random_log(3, longest=20, seed=2)
    tracer = tracer_class("dkt")(Vocabulary.of(log, min_item_answers=1), TINY)
    students = log.table["student"].unique().to_list()
    whole, end = (trace_students(tracer, log, students, most=last) for last in (100, 4))
    for student in students:
        n = len(end[student].right)
        assert np.allclose(whole[student].correct[-n:], end[student].correct, atol=1e-5)
        assert whole[student].practised[-n:] == end[student].practised


def test_first_contacts_by_hand():
    rows = [
        ("ann", None, "b", 1),
        ("ann", None, f"a{SKILL_SEPARATOR}b", 0),
        ("ann", None, None, 1),
        ("bob", None, "c", 0),
    ]
    log = log_of(rows)
    tracer = tracer_class("skill-mean")(Vocabulary.of(log), {})
    ann = trace_students(tracer, log, ["ann"])["ann"]
    assert ann.skills == ("a", "b", "c")
    assert ann.met.tolist() == [1, 0, -1]
    assert ann.practised == (("b",), ("a", "b"), ())
    assert ann.right.tolist() == [True, False, True]
    end = trace_students(tracer, log, ["ann"], most=1)["ann"]
    assert end.first == 3
    assert end.met.tolist() == [0, 0, -1]  # met before the first of them


def test_the_first_answers_are_those_of_the_whole():
    log = random_log(4, longest=20, seed=3)
    tracer = tracer_class("dkt")(Vocabulary.of(log, min_item_answers=1), TINY)
    students = log.table["student"].unique().to_list()
    whole, start = trace_students(tracer, log, students), trace_students(tracer, log, students, most=3, from_start=True)
    for student in students:
        assert (start[student].first, len(start[student].right)) == (1, min(3, len(whole[student].right)))
        assert np.allclose(whole[student].correct[:3], start[student].correct, atol=1e-6)
