import polars as pl
import pytest

from kt_fewshot.data import simulate
from kt_fewshot.data.expanded_rows import expanded_rows

COLUMNS = ("student", "item", "skills", "correct", "time")


def frame(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def log(*, skills_an_answer: int = 1) -> pl.DataFrame:
    """A simulated log whose answers on even skills are on two."""
    table = simulate("bkt", n_students=40, n_answers=60, n_skills=10, seed=1).interactions.table
    if skills_an_answer == 1:
        return table
    partner = pl.concat_list("skills", pl.lit("x") + pl.col("skills").str.slice(-1))
    even = pl.col("skills").str.slice(-1).is_in(list("02468"))
    table = table.with_columns(pl.when(even).then(partner).otherwise(pl.concat_list("skills")).alias("skills"))
    return table.explode("skills")


def test_by_hand():
    """Only the second row: the third has another outcome, the fourth the same skill, the fifth another student."""
    rows = frame(
        ("a", "p", "x", 1, None),
        ("a", "p", "y", 1, None),
        ("a", "q", "x", 0, None),
        ("a", "q", "x", 0, None),
        ("b", "q", "y", 0, None),
    )
    assert expanded_rows(rows).to_list() == [False, True, False, False, False]


def test_suspects_that_often_disagree_are_answers_of_their_own():
    rows = [("a", "p", "xy"[k % 2], int(k % 3 > 0), None) for k in range(30)]
    assert not expanded_rows(frame(*rows)).any()


def test_a_few_among_very_many_are_oddities():
    rows = [("a", f"p{k}", "x", k % 2, None) for k in range(3000)]
    odd = ("a", "p2999", "y", 1, None)
    assert not expanded_rows(frame(*rows, odd)).any()
    assert expanded_rows(frame(*rows[-10:], odd)).sum() == 1


def test_a_log_without_skills_has_none():
    assert not expanded_rows(pl.DataFrame({"student": ["a", "a"], "correct": [1, 1]})).any()


@pytest.mark.parametrize("without", [(), ("item",), ("item", "time"), ("item", "time", "response_time")])
@pytest.mark.parametrize("categorical", [False, True])
def test_a_planted_expansion_is_found_and_none_in_a_clean_log(without, categorical):
    clean, expanded = (made.drop(without) for made in (log(), log(skills_an_answer=2)))
    if categorical:
        expanded = expanded.with_columns(pl.col("student", "skills").cast(pl.Categorical))
    assert not expanded_rows(clean).any()
    planted = expanded.height - clean.height
    assert planted <= expanded_rows(expanded).sum() <= 1.1 * planted
