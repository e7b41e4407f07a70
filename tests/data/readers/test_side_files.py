from pathlib import Path

import pytest

from kt_fewshot.data.readers.reader import Options, Source
from kt_fewshot.data.readers.side_files import read_side, side_file
from kt_fewshot.errors import LogError


@pytest.mark.parametrize("place", [".", "contents", "..", "../metadata"])
def test_found_near_the_log_under_any_case_and_compression(tmp_path: Path, place: str):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / place).mkdir(exist_ok=True)
    beside = folder / place / "Questions.CSV.gz"
    beside.touch()
    found = side_file(Source((folder / "log.csv",)), Options(), ["keys.csv", "questions.csv"])
    assert found is not None and found.resolve() == beside.resolve()
    assert side_file(Source((folder,)), Options(), ["questions.csv"]) is not None
    assert side_file(Source((folder / "log.csv",)), Options(), ["keys.csv"]) is None


def test_what_the_user_names_goes_first(tmp_path: Path):
    (tmp_path / "questions.csv").touch()
    source = Source((tmp_path / "log.csv",))
    one, two = tmp_path / "x" / "questions.csv", tmp_path / "x" / "other.csv"
    assert side_file(source, Options(side=(two, one)), ["questions.csv"]) == one
    assert side_file(source, Options(side=(two,)), ["questions.csv"]) == two
    assert side_file(source, Options(side=(two,)), ["questions.csv"], sole=False) is None


def test_columns_of_a_side_file(tmp_path: Path):
    path = tmp_path / "questions.csv"
    path.write_text("ID;Tags\n1;a\n2;\n")
    assert read_side(path, {"tags": "tags", "item": "id"}).rows() == [("a", "1"), ("", "2")]
    with pytest.raises(LogError, match=r"Column `part` is missing from questions.csv \(found: ID, Tags\)"):
        read_side(path, {"part": "part"})
    path.write_text("ID;Tags\n1;a\n2\n")
    with pytest.raises(LogError, match="questions.csv is damaged in line 3: 1 fields instead of 2"):
        read_side(path, {"item": "ID"})
