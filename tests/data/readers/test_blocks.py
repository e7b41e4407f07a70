from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.blocks import PATIENCE, count_regular, cut, record_lines
from kt_fewshot.data.readers.by_hand import read_by_hand
from kt_fewshot.data.readers.records import split_lines
from kt_fewshot.data.readers.sniff import Peek
from kt_fewshot.data.readers.text_pass import TextPass

TEXT = st.text(alphabet='ab,"\n', max_size=40).map(lambda text: text + "\n")


def pieces(*chunks: bytes) -> list[tuple[bytes, bool]]:
    return list(cut(iter(chunks)))


def test_pieces_end_with_a_record():
    assert pieces(b"1,2\n3,", b"4\n") == [(b"1,2\n", False), (b"3,4\n", False), (b"", True)]


def test_a_line_end_within_quotes_ends_no_record():
    assert pieces(b'1,"a\n', b'b"\n2,c') == [(b'1,"a\nb"\n', False), (b"2,c", True)]


def test_patience_with_an_open_quote_ends():
    found = pieces(*[b'1,"a\n'] + [b"2,b\n"] * PATIENCE)
    assert b"".join(piece for piece, _ in found) == b'1,"a\n' + b"2,b\n" * PATIENCE
    assert len(found) > 1


def test_regular_blocks_are_counted():
    assert count_regular(b"1,2\n3,4\n", ",", 2) == 2
    assert count_regular(b'1,"a,b"\n3,"x\ny"\n', ",", 2) == 2
    assert count_regular(b'1,"a ""b"" c"\n', ",", 2) == 1


def test_irregular_blocks_are_told():
    for block in (
        b"1,2\n3\n",
        b"1,2,3\n4\n",
        b"1\n2,3,4\n",
        b"1,2\n\n3,4\n",
        b'1,"a\n2,b\n',
        b'1,5" x\n2,6" y\n',
        b"1,2",
    ):
        assert count_regular(block, ",", 2) is None, block


@given(TEXT)
def test_a_regular_block_holds_what_the_careful_way_finds(text: str):
    count = count_regular(text.encode(), ",", 2)
    if count is not None:
        records = list(split_lines(text.removesuffix("\n").split("\n"), ",", 2))
        assert len(records) == count
        assert not any(record.problem for record in records)


def test_lines_of_records():
    block = b'1,"a\nb"\n2,c\n3,"\n\n"\n4,d\n'
    assert np.array_equal(record_lines(block), [0, 2, 3, 6])


@pytest.mark.parametrize("block", [b"\xef\xbb\xbfa,b\n", b"a\r,b\n", b'"a\r",b\n', b"a,b\r\n"])
def test_what_polars_would_drop_is_not_regular(block: bytes):
    assert count_regular(block, ",", 2) is None


PLAIN = st.text(alphabet="a \t'\0#\ufeffé\r~", max_size=4)
QUOTED = st.text(alphabet='a,"\n \ufeff\r', max_size=4).map(lambda text: '"' + text.replace('"', '""') + '"')
RECORDS = st.lists(st.tuples(PLAIN | QUOTED, PLAIN | QUOTED), min_size=1, max_size=4)


@given(RECORDS.map(lambda records: "".join(f"{a},{b}\n" for a, b in records).encode()))
def test_a_regular_block_is_to_polars_what_it_is_by_hand(block: bytes):
    peek = Peek(Path("log.csv"), "table", separator=",", header=("a", "b"), has_header=True)
    count = count_regular(block, ",", 2)
    if count is not None:
        frame = TextPass(peek, {"a": 0, "b": 1}, frozenset(), lambda frame: frame)._parsed(block, frozenset())
        assert frame is not None
        assert frame.equals(read_by_hand(block, ",", 2, [0, 1], final=True).frame)
