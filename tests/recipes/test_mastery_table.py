"""Student x skill: who stands where, counted by hand."""

import polars as pl
import pytest
import torch
from _told import Told

from kt_fewshot.data import Interactions, Vocabulary, encode
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import mastery_table

LOG = Interactions.ordered(
    pl.DataFrame(
        {
            "student": ["b", "b", "b", "a"],
            "skills": ["x", "x~~y", "new", None],
            "correct": [1, 0, 1, 1],
            "time": [5.0, 7.0, 9.0, 1.0],
        }
    )
)
VOCABULARY = Vocabulary(("x", "y", "z"))
NOW = torch.tensor([[0.0, 0.96, 0.85, 0.1], [0.0, 0.6, 0.4, 0.99]])  # the unknown skill, x, y, z


def table(**options):
    tracer = Told(VOCABULARY, correct=lambda store: store.correct, now=NOW)
    return mastery_table(tracer, LOG, encode(LOG, VOCABULARY), **options)


def test_a_row_for_each_student_and_skill_in_the_logs_order():
    found = table()
    assert found.columns == [
        *("student", "skill", "n_attempts", "n_correct", "p_correct", "p_mastery", "last_seen", "level"),
    ]
    rows = [(*row[:4], row[6], row[7]) for row in found.iter_rows()]
    assert rows == [
        ("b", "x", 2, 1, 7.0, "mastered"),
        ("b", "y", 1, 0, 7.0, "nearly"),
        ("b", "z", 0, 0, None, "not started"),
        ("a", "x", 0, 0, None, "not started"),
        ("a", "y", 0, 0, None, "not started"),
        ("a", "z", 0, 0, None, "not started"),
    ]
    assert found["p_mastery"].to_list() == pytest.approx([0.96, 0.85, 0.1, 0.6, 0.4, 0.99])
    assert found["p_correct"].to_list() == pytest.approx([0.04, 0.15, 0.9, 0.4, 0.6, 0.01])


@pytest.mark.parametrize(("at", "levels"), [(0.97, ["nearly", "nearly"]), (0.5, ["mastered", "mastered"])])
def test_where_mastery_begins_is_the_users_choice(at, levels):
    assert table(mastered_at=at)["level"].to_list()[:2] == levels


@pytest.mark.parametrize("at", [0.0, 1.5])
def test_out_of_range(at):
    with pytest.raises(KTError, match=r"`mastered_at` should be in \(0, 1\]"):
        table(mastered_at=at)


def test_a_tracer_without_skills_has_an_empty_table():
    tracer = Told(Vocabulary((), ("q",)), correct=lambda store: store.correct, now=torch.zeros(2, 1))
    found = mastery_table(tracer, LOG, encode(LOG, tracer.vocabulary))
    assert found.height == 0
    assert found.schema["skill"] == pl.String
