import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.values import (
    list_separator,
    map_cells,
    outcome,
    present,
    split_cells,
    to_bundles,
    to_counts,
    to_numbers,
    to_seconds,
)


def texts(*cells: str | None) -> pl.Series:
    return pl.Series(cells, dtype=pl.String)


def test_outcomes():
    assert [outcome(text) for text in ("1", "1.0", " true ", "Correct", "yes", "RIGHT")] == [1.0] * 6
    assert [outcome(text) for text in ("0", "0.0", "FALSE", "incorrect", "no", "wrong")] == [0.0] * 6
    assert [outcome(text) for text in ("", ".", "NA", "nan", "NULL", "n/a")] == [None] * 6
    assert outcome("0.25") == 0.25


@pytest.mark.parametrize("text", ["2", "-1", "inf", "maybe", "hint", "1e9", "0.5 of 1"])
def test_what_is_no_outcome(text: str):
    with pytest.raises(ValueError):
        outcome(text)


@given(st.text(max_size=6))
def test_an_outcome_is_never_out_of_range(text: str):
    try:
        value = outcome(text)
    except ValueError:
        return
    assert value is None or 0 <= value <= 1


def test_map_cells_keeps_order_and_missing_cells():
    assert map_cells(texts("b", None, "a", "b"), str.upper, pl.String()).to_list() == ["B", None, "A", "B"]


def test_only_the_empty_text_is_a_missing_id():
    assert present(texts("NA", "", "null", None, " ", "007")).to_list() == ["NA", None, "null", None, " ", "007"]


def test_numbers():
    assert to_numbers(texts("1", " 2.5 ", "x", "", "nan", "inf", None)).to_list() == [1, 2.5, *[None] * 5]
    assert to_numbers(texts("0,5"), decimal_comma=True).to_list() == [0.5]
    assert to_numbers(texts()).to_list() == []


def test_counts():
    assert to_counts(texts("0", "3.0", "-1", "99999", "x")).to_list() == [0, 3, None, None, None]
    assert to_counts(texts("0", "1"), least=1).to_list() == [None, 1]


@pytest.mark.parametrize(
    ("cells", "seconds", "how"),
    [
        (("5", "7.5"), [5, 7.5], "seconds"),
        (("1500000000000", "1500000001500"), [1.5e9, 1.5e9 + 1.5], "milliseconds"),
        (("1500000000000000",), [1.5e9], "microseconds"),
        (("2012-09-28 15:11:27.250", ""), [1348845087.25, None], "dates YYYY-MM-DD hh:mm:ss"),
        (("2012-09-28T15:11:27Z",), [1348845087], "dates YYYY-MM-DD hh:mm:ss"),
        (("2012-09-28T15:11:27+02:00", "2012-09-28T13:11:27+00:00"), [1348837887] * 2, "dates with a time zone"),
        (("2011/09/21 16:36",), [1316622960], "dates YYYY/MM/DD hh:mm"),
        (("10/14/05 14:51", "1/2/05 9:00"), [1129301460, 1104656400], "dates MM/DD/YY hh:mm"),
        (("28.09.2012 15:11", "1.1.1970 00:00"), [1348845060, 0], "dates DD.MM.YYYY hh:mm"),
        (("1970-01-02",), [86400], "dates YYYY-MM-DD"),
        (("soon", "later"), [None, None], "unreadable"),
    ],
)
def test_times(cells: tuple[str, ...], seconds: list, how: str):
    found, told = to_seconds(texts(*cells))
    assert (found.to_list(), told) == (seconds, how)


def test_the_day_that_exists_decides_between_two_orders():
    found, told = to_seconds(texts("13/01/1970 00:00", "02/01/1970 00:00"))
    assert (found.to_list(), told) == ([12 * 86400, 86400], "dates DD/MM/YYYY hh:mm")


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["2", "37", "70", "2_37_70"], "_"),
        (["6_3", "6_4", "7_1"], ""),
        (["a_b", "a", "b"], ""),
        (["a;b", "b;c", "c"], ";"),
        (["1;2;77"], ";"),
        (["x|y", "y"], "|"),
        (["1,2", "1", "2"], ","),
        (["Ratios, simple", "Ratios, hard"], ""),
        (["read; then write"], ""),
        (["a"], ""),
    ],
)
def test_lists_are_told_from_names(cells: list[str], separator: str):
    assert list_separator(cells) == separator


def test_skill_cells():
    sets, note = split_cells(texts("b~~a", "a", "", None, "a~~a"), None)
    assert sets.to_list() == ["a~~b", "a", None, None, "a"]
    assert "'~~'" in note
    assert split_cells(texts("2_1", "1", "2"), None)[0].to_list() == ["1~~2", "1", "2"]
    assert split_cells(texts("2_1", "1", "2"), "")[0].to_list() == ["2_1", "1", "2"]
    assert split_cells(texts("b+a"), "+")[0].to_list() == ["a~~b"]
    assert split_cells(texts("a", ""), None)[1] == ""


@given(st.lists(st.floats(0, 1e10), min_size=1, max_size=9))
def test_numbers_written_out_come_back(numbers: list[float]):
    found, how = to_seconds(texts(*[repr(number) for number in numbers]))
    assert how == "seconds"
    assert all(math.isclose(a, b, rel_tol=0, abs_tol=0) for a, b in zip(found.to_list(), numbers, strict=True))


@pytest.mark.parametrize(
    ("pieces", "bundles"),
    [
        ([["7", " 8 ", "", None], ["9007199254740993"]], [7, 8, None, None, 9007199254740993]),
        ([["b2", "b1"], ["b2", ""]], [2, 1, 2, None]),
        ([["1.0", None, "2.0", "1.0"]], [1, None, 2, 1]),
        ([["9223372036854775808", "9223372036854775809"]], [1, 2]),
    ],
)
def test_bundles_of_any_name(pieces: list, bundles: list):
    series = [pl.Series(piece, dtype=pl.String) for piece in pieces]
    assert to_bundles(series).to_list() == bundles
    assert to_bundles([pl.Series([7, None])]).to_list() == [7, None]


def test_a_time_zone_in_a_later_piece_is_found():
    pieces = [texts("1970-01-01 00:00:10"), texts("", "1970-01-01 01:00:20+01:00")]
    found, told = to_seconds(pieces)
    assert (found.to_list(), told) == ([None, None, 20], "dates with a time zone")
    found, told = to_seconds([texts("1970-01-01 00:00:10"), pl.Series([7]), texts("x")])
    assert (found.to_list(), told) == ([10, None, None], "dates YYYY-MM-DD hh:mm:ss")
