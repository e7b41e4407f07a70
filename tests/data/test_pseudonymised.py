from importlib import import_module

import polars as pl
import pytest

from kt_fewshot.data import pseudonym, pseudonymised

KEY = b"a secret"


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical])
def test_students_are_hashed_and_groups_with_addresses(kind):
    frame = pl.DataFrame(
        {
            "student": ["b", "b", "a", "c"],
            "group": ["ann@school.org", None, "7b", "ann@school.org"],
            "item": ["q"] * 4,
            "correct": [1, 0, 1, 1],
        },
        schema_overrides={"student": kind, "group": kind},
    )
    hidden = pseudonymised(frame, KEY)
    assert hidden["student"].to_list() == [pseudonym(name, KEY) for name in "bbac"]
    teacher = pseudonym("ann@school.org", KEY)
    assert hidden["group"].to_list() == [teacher, None, "7b", teacher]
    assert hidden.select("item", "correct").equals(frame.select("item", "correct"))
    assert hidden.columns == frame.columns
    assert pseudonymised(frame.drop("group"), KEY)["student"].equals(hidden["student"])


def test_every_student_is_hashed_once(monkeypatch):
    heard = []
    module = import_module("kt_fewshot.data.pseudonymised")
    monkeypatch.setattr(module, "pseudonym", lambda text, _: heard.append(text) or text * 2)
    pseudonymised(pl.DataFrame({"student": ["a", "b"] * 50}), KEY)
    assert sorted(heard) == ["a", "b"]
