import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_fewshot.data.readers import json_records as file
from kt_fewshot.data.readers.json_records import JsonRecord, json_records, text_of, within
from kt_fewshot.data.readers.sniff import sniff
from kt_fewshot.errors import LogError

THREE = [{"a": 1}, {"b": "x\ny", "c": {"list": [1]}}, {"d": []}]


def records(tmp_path: Path, text: str | bytes, name: str = "log.json") -> list[JsonRecord]:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return list(json_records(sniff(tmp_path / name), ["list"]))


WRITTEN = {
    "array": json.dumps(THREE),
    "pretty array": json.dumps(THREE, indent=2),
    "a record a line in an array": "[\n" + ",\n".join(map(json.dumps, THREE)) + "\n]\n",
    "lines": "\n".join(map(json.dumps, THREE)),
    "windows lines": "\r\n".join(map(json.dumps, THREE)) + "\r\n",
    "blank lines": "\n\n".join(map(json.dumps, THREE)) + "\n\n",
    "wrapper": json.dumps({"more": "", "list": THREE, "n": 3}),
    "pretty wrapper": json.dumps({"list": THREE, "more": {"list": 7}}, indent=4),
    "wrappers a line": json.dumps({"list": THREE[:2]}) + "\n" + json.dumps({"list": THREE[2:]}),
    "array of wrappers": json.dumps([{"list": THREE[:1]}, {"list": THREE[1:]}]),
    "a wrapper of one": json.dumps({"list": THREE[0]}) + json.dumps([{"list": THREE[1]}, THREE[2]]),
    "documents in a row": "".join(json.dumps(one, indent=1) for one in THREE),
    "a mark": "\ufeff" + json.dumps(THREE),
    "utf-16": json.dumps(THREE).encode("utf-16"),
    "gzip": gzip.compress(json.dumps(THREE).encode(), mtime=0),
}


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("size", [1, 7, 1 << 21])
def test_however_it_is_written(tmp_path: Path, kind: str, size: int, monkeypatch: pytest.MonkeyPatch):
    chunks = file.utf8_chunks
    monkeypatch.setattr(file, "utf8_chunks", lambda *args: chunks(*args, size))
    found = records(tmp_path, WRITTEN[kind])
    assert [record.value for record in found] == THREE
    assert [record.row for record in found] == [1, 2, 3]
    assert not any(record.problem for record in found)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.dictionaries(
            st.text(min_size=1),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                st.lists,
                max_leaves=4,
            ),
        ),
        min_size=1,
    ),
    indent=st.sampled_from([None, 2]),
    ascii_only=st.booleans(),
    size=st.integers(1, 40),
)
def test_what_is_written_is_read(tmp_path: Path, values: list, indent: int | None, ascii_only: bool, size: int):
    path = tmp_path / "log.json"
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    chunks = file.utf8_chunks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "utf8_chunks", lambda *args: chunks(*args, size))
        assert [record.value for record in json_records(sniff(path))] == values


def test_lines_are_told(tmp_path: Path):
    assert [record.line for record in records(tmp_path, "\n[\n{},\n\n{},{}\n]")] == [3, 5, 5]
    assert [record.line for record in records(tmp_path, '{"a": 1}\n\n{"a": 2}\n{"a": 3}')] == [1, 3, 4]


def test_a_bad_line_costs_itself(tmp_path: Path):
    found = records(tmp_path, '{"a": 1}\n{"a": \n{"a": 3}\n[4]\n{"a": 5}')
    assert [record.problem for record in found] == ["", "no JSON: Expecting value", "", "no JSON object", ""]
    assert [record.row for record in found] == [1, 2, 3, 4, 5]
    assert [record.line for record in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"a": 1}, {"a" 2}, {"a": 3}, {"a": 4}]', r"log.json is no JSON from line 1 on \(Expecting ':' delimiter\)"),
        ('[{"a": 1},\n {"a": 2}', "log.json is no JSON from line 2 on"),
        ('[{"a": 1},\n {"a": "2', "log.json is cut off, or no JSON from line 2 on"),
        ('[{"a": 1} {"a": 2}]', "',' or ']' is missing"),
        ('{"a": 1, 2: 3}', "a name is missing"),
        ('{"a": 1 "b": 2}', "',' or '}' is missing"),
        ("[" * 5000, "nested too deeply"),
        ('[{"a": ' + "1" * 5000 + "}, 7, 8, 9, 10, 11, 12]", "a number with too many digits"),
    ],
)
def test_damage_is_told_in_one_line(tmp_path: Path, text: str, problem: str):
    with pytest.raises(LogError, match=problem) as caught:
        records(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_record_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file, "LONGEST", 1000)
    chunks = file.utf8_chunks
    monkeypatch.setattr(file, "utf8_chunks", lambda *args: chunks(*args, 100))
    with pytest.raises(LogError, match="has a record of more than 1,000 characters in line 1"):
        records(tmp_path, '[{"a": "' + "x" * 5000)


def test_other_files_are_refused(tmp_path: Path):
    with pytest.raises(LogError, match="log.json is no JSON: it should begin with"):
        records(tmp_path, "a,b\n1,2\n")
    with pytest.raises(LogError, match="log.json is not utf-8 throughout"):
        records(tmp_path, b'[{"a": "' + b"x" * 70000 + b'\xff"}]' + b" " * 5000)


def test_bits_of_values():
    assert [text_of(value) for value in ("a\ud800", "\ud83d\ude00", [], 1.5, False)] == [
        "a\ufffd",
        "😀",
        None,
        None,
        None,
    ]
    assert within({"a": {"b": 1}}, "a", "b") == 1
    assert within({"a": [1]}, "a", "b") is None
