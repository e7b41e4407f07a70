"""The face: the table of readers, and what holds for every one of them."""

from pathlib import Path

import pytest

from kt_fewshot.data.readers import READERS, Peek, Reader, load_reader, read_log
from kt_fewshot.errors import LogError

CARDS = Path(__file__).parents[3] / "datasets"
UNKNOWN = [
    Peek(Path("log.csv"), "table", header=("a", "b"), has_header=True, rows=(("1", "2"),), lines=("a,b", "1,2")),
    Peek(Path("log.txt"), "text", lines=("some", "words")),
    Peek(Path("log.json"), "json", lines=("{",)),
    Peek(Path("log.parquet"), "parquet", header=("a", "b")),
    Peek(Path("logs"), "folder", lines=("a.txt",)),
]


@pytest.mark.parametrize("name", READERS)
def test_every_reader_carries_its_name(name: str):
    reader = load_reader(name)
    assert isinstance(reader, Reader)
    assert reader.name == name
    assert reader.title and "\n" not in reader.title


@pytest.mark.parametrize("name", READERS)
def test_no_reader_claims_what_it_does_not_know(name: str):
    assert [load_reader(name).recognises(peek) for peek in UNKNOWN] == [0] * len(UNKNOWN)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", ["a,b\n1,2\n3,4\n", "x\n", "[1, 2]", "1\n2\n3\n"])
def test_every_reader_refuses_another_format_in_one_line(tmp_path: Path, name: str, content: str):
    path = tmp_path / "log.csv"
    path.write_text(content)
    with pytest.raises(LogError) as caught:
        read_log(path, format=name)
    assert "\n" not in str(caught.value)


def test_an_unknown_format_is_told(tmp_path: Path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LogError, match="Unknown format 'dtk'. Choose one of: assistments2009, "):
        read_log(tmp_path / "log.csv", format="dtk")


@pytest.mark.parametrize("name", READERS)
def test_every_reader_has_a_card(name: str):
    assert (CARDS / name / "README.md").is_file()


NAMED = {"synthetic-matrix": "matrix.csv", "logicmuse": "lists.csv"}
"""Formats that are only read when named, and their samples."""


@pytest.mark.parametrize("name", NAMED)
def test_samples_of_formats_to_be_named(name: str):
    log = read_log(CARDS / name / NAMED[name], format=name)
    assert log.ingest.rows_read == len(log.interactions)
    with pytest.raises(LogError):
        read_log(CARDS / name / NAMED[name])


def test_a_sample_that_is_a_folder():
    log = read_log(CARDS / "ednet")
    assert log.ingest.format == "ednet"
    assert log.ingest.rows_read == len(log.interactions)
    assert log.interactions.n_students == 4


FEW_SHOT = {"tabular"}
"""Cards of data sets that are no logs."""

SAMPLES = sorted(path for path in CARDS.glob("*/sample*") if path.parent.name not in FEW_SHOT)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_sample_is_read_by_the_reader_of_its_card(path: Path):
    log = read_log(path)
    told = log.ingest
    assert told.format == (path.parent.name if path.parent.name in READERS else "generic")
    kept = log.interactions.table.select("file", "row").rows()
    others = told.fates.select("file", "row").rows()
    assert sorted(kept + others) == [(0, row) for row in range(1, told.rows_read + 1)]
    assert told.n_rejected == 0
    assert told.sentence.startswith(f"{told.title}, ")
