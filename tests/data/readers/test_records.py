import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data.readers.records import MAX_LINES, split_lines, split_record

CELLS = st.text(alphabet='ab", \n', max_size=6)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def read(text: str, fields: int | None = None, separator: str = ",", final: bool = True) -> list:
    records = split_lines(text.split("\n"), separator, fields, final=final)
    return [record.problem or record.fields for record in records]


def test_fields_of_a_record():
    assert split_record("a,,b", ",") == ["a", "", "b"]
    assert split_record('"a,b","say ""hi"""', ",") == ["a,b", 'say "hi"']
    assert split_record('5" screen,2', ",") == ['5" screen', "2"]
    assert split_record('"a",', ",") == ["a", ""]


def test_an_open_quote_is_told():
    assert split_record('a,"b', ",") is None


def test_text_after_a_closing_quote_is_an_error():
    with pytest.raises(ValueError, match="closing quote"):
        split_record('"a"b,c', ",")


@given(st.lists(CELLS, min_size=2, max_size=5))
def test_what_was_quoted_comes_back(cells: list[str]):
    assert split_record(",".join(quoted(cell) for cell in cells), ",") == cells


def test_a_field_may_hold_line_ends():
    assert read('1,"a\nb"\n2,c', 2) == [("1", "a\nb"), ("2", "c")]


def test_a_forgotten_quote_costs_its_own_line_only():
    assert read('1,"a\n2,b\n3,c', 2) == ["a quote is not closed", ("2", "b"), ("3", "c")]
    assert read('1,"a\n2,"b"\n3,c', 2) == ["text follows a closing quote", ("2", "b"), ("3", "c")]


def test_wrong_numbers_of_fields_are_told():
    assert read("1,a\n2\n3,c,d\n4,e", 2) == [("1", "a"), "1 fields instead of 2", "3 fields instead of 2", ("4", "e")]


def test_blank_lines_are_no_records():
    assert read("\n1,a\n\n  \n2,b\n", 2) == [("1", "a"), ("2", "b")]


def test_an_open_record_waits_for_more_text():
    assert read('1,a\n2,"b', 2, final=False) == [("1", "a")]


def test_a_quote_open_for_too_long_is_a_mistake():
    text = '1,"a\n' + "2,b\n" * (MAX_LINES + 5)
    assert read(text, 2, final=False)[0] == "a quote is not closed"


def test_in_tab_separated_text_quotes_may_be_mere_text():
    assert read('1\t"Hint" asked', 2, "\t") == [("1", '"Hint" asked')]
    assert read('1\t"open\n2\tb', 2, "\t") == [("1", '"open'), ("2", "b")]


def test_an_open_tab_separated_record_is_waited_for_before_its_quote_counts_as_text():
    lines = ["a\tb", 'c\t"d', 'e"', "f\tg"]
    assert [record.fields for record in split_lines(lines, "\t", 2)] == [("a", "b"), ("c", "d\ne"), ("f", "g")]
    assert [record.fields for record in split_lines(lines[:2], "\t", 2, final=False)] == [("a", "b")]
    assert [record.fields for record in split_lines(lines[:2], "\t", 2)] == [("a", "b"), ("c", '"d')]
