"""Tests of ids as codes."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.id_codes import LARGEST, IdCodes, whole_numbers

ODD = [
    "007",
    "+7",
    "-7",
    "7.0",
    "7e1",
    "1e2",
    " 7",
    "7 ",
    "1_0",
    "0x7",
    "\N{ARABIC-INDIC DIGIT SEVEN}",
    "",
    "-0",
    "00",
    "7,0",
    "\x007",
    str(LARGEST),
]


def test_whole_numbers_are_taken_as_such() -> None:
    found = whole_numbers(pl.Series(["7", "0", "10", "99", "100", str(LARGEST - 1)]))
    assert found is not None
    assert found.tolist() == [7, 0, 10, 99, 100, LARGEST - 1]


@pytest.mark.parametrize("text", ODD)
def test_what_is_written_otherwise_is_no_number(text: str) -> None:
    assert whole_numbers(pl.Series(["7", text])) is None


@pytest.mark.parametrize("texts", [[], [None], ["7", None]])
def test_neither_is_nothing(texts: list[str | None]) -> None:
    assert whole_numbers(pl.Series(texts, dtype=pl.String)) is None


@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.sampled_from(ODD), st.integers(0, 12).map(str), st.text(max_size=3)), max_size=9
        ),
        max_size=6,
    )
)
def test_ids_come_out_as_they_went_in(pieces: list[list[str | None]]) -> None:
    codes = IdCodes("x")
    coded = [codes.of(pl.Series("x", piece, dtype=pl.String)) for piece in pieces]
    for piece, found in zip(pieces, coded, strict=True):
        assert found.dtype == codes.kind
        assert found.cast(pl.String).to_list() == piece


def test_numbers_texts_and_runs_of_one_id_have_one_code() -> None:
    generator = np.random.default_rng(0)
    numbers = generator.integers(0, 5000, 3000).astype(str).tolist()
    codes = IdCodes("x")
    pieces = [numbers, [*numbers, "a"], np.repeat(numbers[:9], 40).tolist()]  # looked up by number, by text, by run
    physical = [codes.of(pl.Series(piece)).to_physical().to_list() for piece in pieces]
    known: dict[str, int] = {}
    for piece, found in zip(pieces, physical, strict=True):
        for text, code in zip(piece, found, strict=True):
            assert known.setdefault(text, code) == code
    assert len(set(known.values())) == len(known)
