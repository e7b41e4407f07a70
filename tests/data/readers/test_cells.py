"""Every cell of a table, as it is written."""

import polars as pl
import pytest

from kt_fewshot.data.readers import read_cells
from kt_fewshot.errors import LogError


def test_all_columns_of_all_parts_as_text(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("student,x,x,row\na,1,2,007\nb,,4,8\n")
    second.write_text("student;x;y\nü;5;c\n", encoding="latin-1")
    found = read_cells([first, second])
    assert found is not None
    assert found.columns == ["file", "row", "student", "x", "x 2", "row 2", "y"]
    assert found["row"].to_list() == [1, 2, 1]
    assert found["file"].to_list() == [0, 0, 1]
    assert found["x"].to_list() == ["1", "", "5"]
    assert found["row 2"].to_list() == ["007", "8", None]
    assert found["y"].to_list() == [None, None, "c"]
    assert found["student"].to_list() == ["a", "b", "ü"]


def test_parquet_is_a_table_and_what_is_none_has_no_cells(tmp_path):
    pl.DataFrame({"student": ["a"], "p": [0.25]}).write_parquet(tmp_path / "a.parquet")
    found = read_cells([tmp_path / "a.parquet"])
    assert found is not None
    assert found["p"].to_list() == ["0.25"]
    (tmp_path / "a.json").write_text('[{"student": "a"}]')
    assert read_cells([tmp_path / "a.json"]) is None
    with pytest.raises(LogError, match=r"There is no file .*none\.csv"):
        read_cells([tmp_path / "none.csv"])
