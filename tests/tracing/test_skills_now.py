"""Student x skill: who practised what, counted by hand, and what is thought of it."""

import polars as pl
import pytest
import torch
from _told import Told

from kt_fewshot.data import Interactions, Vocabulary, encode
from kt_fewshot.tracing import skills_now

VOCABULARY = Vocabulary(("x", "y"))


def test_by_hand():
    rows = {"student": ["b", "b", "a"], "skills": ["x", "x~~y", "new"], "correct": [1, 0, 1], "time": [5.0, 7.0, 9.0]}
    log = Interactions.ordered(pl.DataFrame(rows))
    now = torch.tensor([[0.0, 0.96, 0.85], [0.0, 0.6, 0.4]])  # the unknown skill, x, y
    found = skills_now(Told(VOCABULARY, correct=lambda store: store.correct, now=now), log, encode(log, VOCABULARY))
    assert found.drop("p_correct", "p_mastery").rows() == [
        ("b", "x", 2, 1, 7.0),
        ("b", "y", 1, 0, 7.0),
        ("a", "x", 0, 0, None),
        ("a", "y", 0, 0, None),
    ]
    assert found["p_mastery"].to_list() == pytest.approx([0.96, 0.85, 0.6, 0.4])
    assert found["p_correct"].to_list() == pytest.approx([0.04, 0.15, 0.4, 0.6])


def test_many_students_are_asked_in_pieces(monkeypatch: pytest.MonkeyPatch):
    rows = {"student": [str(k) for k in range(7)], "skills": "x", "correct": [1] * 7}
    log = Interactions.ordered(pl.DataFrame(rows))
    tracer = Told(VOCABULARY, correct=lambda store: store.correct, now=torch.full((7, 3), 0.7))
    store = encode(log, VOCABULARY)
    at_once = skills_now(tracer, log, store)
    monkeypatch.setitem(skills_now.__globals__, "STUDENTS_AT_ONCE", 3)
    assert skills_now(tracer, log, store).equals(at_once)
    assert at_once["student"].unique(maintain_order=True).to_list() == [str(k) for k in range(7)]
