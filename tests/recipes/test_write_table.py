"""Tables to files: the ending decides, text is guarded, nothing is written half or over what is read."""

import polars as pl
import pytest

from kt_fewshot.errors import StorageError
from kt_fewshot.recipes.write_table import FORMULA_STARTS, check_target, write_table

TABLE = pl.DataFrame({"id": ["007", "=1+1", None, "-3", "'a"], "p": [-0.5, 1.0, None, 0.25, 2.0]})


def test_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_are_not(tmp_path):
    write_table(tmp_path / "t.csv", TABLE)
    assert (tmp_path / "t.csv").read_text() == "id,p\n007,-0.5\n'=1+1,1.0\n,\n'-3,0.25\n'a,2.0\n"


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_start_of_a_formula(tmp_path, start):
    write_table(tmp_path / "t.csv", pl.DataFrame({"a": [f"{start}x", f"x{start}"]}))
    read = pl.read_csv(tmp_path / "t.csv")["a"].to_list()
    assert read == [f"'{start}x", f"x{start}"]


def test_logs_and_parquet_keep_text_as_it_is(tmp_path):
    write_table(tmp_path / "t.csv", TABLE, guard=False)
    assert pl.read_csv(tmp_path / "t.csv", schema_overrides={"id": pl.String}).equals(TABLE)
    write_table(tmp_path / "t.parquet", TABLE)
    assert pl.read_parquet(tmp_path / "t.parquet").equals(TABLE)


def test_what_is_there_is_replaced_at_once(tmp_path):
    (tmp_path / "t.csv").write_text("old")
    write_table(tmp_path / "t.csv", TABLE)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text().startswith("id,p\n")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("t.xlsx", "Cannot tell from its name how to write .*t.xlsx. Use the ending .csv or .parquet."),
        ("t", "Use the ending .csv or .parquet."),
        ("t.csv.gz", "Use the ending .csv or .parquet."),
        ("", "is a folder. Name a file to write to."),
        ("none/t.csv", "There is no folder .*none to write t.csv to."),
        ("log.csv", "log.csv is what is being read. Name another file to write to."),
        ("link.csv", "link.csv is what is being read."),
    ],
)
def test_where_no_table_can_go(tmp_path, name, problem):
    log = tmp_path / "log.csv"
    log.write_text("precious")
    (tmp_path / "link.csv").symlink_to(log)
    with pytest.raises(StorageError, match=problem):
        check_target(tmp_path / name, inputs=[tmp_path / "gone.csv", log])
    assert log.read_text() == "precious"
