"""What a vocabulary is read off, and that it does not matter in which pieces."""

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_fewshot.data import Interactions, Vocabulary


def log(times: list[float | None], student: str = "a") -> Interactions:
    n = len(times)
    columns = {"student": student, "item": [str(k % 3) for k in range(n)], "skills": "s", "response_time": times}
    frame = pl.DataFrame(columns, schema_overrides={"response_time": pl.Float32})
    return Interactions.ordered(frame.with_columns(correct=pl.lit(1)))


def test_mean_and_deviation_of_log_seconds():
    mean, deviation = Vocabulary.of(log([math.e - 1, math.e**3 - 1, None, -5.0])).response_time
    assert mean == pytest.approx(4 / 3, abs=1e-7)
    assert deviation == pytest.approx(math.sqrt((1 / 9 + 25 / 9 + 16 / 9) / 2), abs=1e-7)


def of_groups(*groups: str | None) -> Interactions:
    columns = {"student": [str(k) for k in range(len(groups))], "group": groups, "correct": 1}
    return Interactions.ordered(pl.DataFrame(columns, schema_overrides={"group": pl.String}))


def test_the_largest_groups_with_enough_answers_are_told_apart_where_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kt_fewshot.data.vocabulary.GROUP_ANSWERS", 2)
    monkeypatch.setattr("kt_fewshot.data.vocabulary.MOST_GROUPS", 2)
    school = of_groups("b", "a", "a", None, "c", "b", "a", "d", "d", None, None)
    assert Vocabulary.of(school, groups=True).groups == ("a", "b")
    assert Vocabulary.of_pieces([of_groups("b", "a", "c"), of_groups("c")], groups=True).groups == ("c",)
    assert Vocabulary.of(school).groups == ()
    assert Vocabulary.of(school, groups=True).n_groups == 3


def test_a_vocabulary_without_groups_in_it_is_read():
    known = Vocabulary(("s",), groups=("a",))
    assert Vocabulary.from_dict(known.to_dict()) == known
    old = {name: value for name, value in known.to_dict().items() if name != "groups"}
    assert Vocabulary.from_dict(old) == Vocabulary(("s",))


@pytest.mark.parametrize("times", [[], [3.0], [None, None], [7.3] * 5])
def test_times_that_do_not_differ_have_deviation_one(times: list[float | None]):
    assert Vocabulary.of(log(times)).response_time[1] == 1


@given(st.lists(st.none() | st.floats(0, 1e6, width=32), min_size=2, max_size=20), st.integers(0, 20))
@settings(deadline=None)
def test_pieces_and_their_order_make_no_difference(times: list[float | None], cut: int):
    pieces = [log(part, name) for part, name in ((times[:cut], "a"), (times[cut:], "b"))]
    whole = Interactions(pl.concat([piece.table for piece in pieces]))
    wanted = Vocabulary.of(whole, min_item_answers=2)
    assert Vocabulary.of_pieces(pieces, min_item_answers=2) == wanted
    assert Vocabulary.of_pieces(pieces[::-1], min_item_answers=2) == wanted
