"""Tests of replaying a log through a tracer's steps."""

import torch

from _asserts import random_log, store_of
from kt_fewshot.data import Vocabulary
from kt_fewshot.tracing import Elo
from kt_fewshot.tracing import replay as face
from kt_fewshot.tracing.replay import replay

LOG = random_log(11, seed=6)


def fitted() -> Elo:
    tracer = Elo(Vocabulary.of(LOG, min_item_answers=1), {}).double()
    store = store_of(LOG, tracer.vocabulary)
    tracer.fit(store, store)
    return tracer


def test_blocks_of_students_change_nothing(monkeypatch):
    tracer = fitted()
    store = store_of(LOG, tracer.vocabulary)
    (said, state) = replay(tracer, store)
    monkeypatch.setattr(face, "STUDENTS_AT_ONCE", 3)
    (again, end) = replay(tracer, store)
    for one, other in zip([*said, *state], [*again, *end], strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


def test_nobody_says_nothing():
    tracer = fitted()
    said, state = replay(tracer, store_of(LOG, tracer.vocabulary).students(0, 0))
    assert len(said.correct) == len(said.mastery) == len(state.overall) == 0
