from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.readers.parquet import empty_columns, read_parquet
from kt_fewshot.errors import LogError

FRAME = pl.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [None, 0.5]})


def test_columns_by_place_and_first_rows(tmp_path: Path):
    path = tmp_path / "log[1].parquet"
    FRAME.write_parquet(path)
    assert read_parquet(path).equals(FRAME)
    assert read_parquet(path, [2, 0, 2]).equals(FRAME.select("c", "a"))
    assert read_parquet(path, n_rows=1).equals(FRAME.head(1))


@pytest.mark.parametrize("statistics", [True, False])
def test_columns_without_any_value(tmp_path: Path, statistics: bool):
    path = tmp_path / "log.parquet"
    frame = FRAME.with_columns(nothing=pl.lit(None, pl.String), number=pl.lit(None, pl.Int64), text=pl.lit(""))
    frame = pl.concat([frame, frame.head(1)]).with_columns(late=pl.Series([None, None, "x"]))
    frame.write_parquet(path, row_group_size=1, statistics=statistics)
    assert empty_columns(path, frame.columns) == {"nothing", "number"}
    assert empty_columns(path, ["a", "number"]) == {"number"}
    assert empty_columns(path, []) == set()
    frame.clear().write_parquet(path)
    assert empty_columns(path, ["a", "text"]) == {"a", "text"}


@pytest.mark.parametrize("cut", [8, 40, 200])
def test_a_cut_off_file_is_told(tmp_path: Path, cut: int):
    path = tmp_path / "log.parquet"
    FRAME.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(LogError, match="log.parquet is a damaged Parquet file"):
        read_parquet(path)
    with pytest.raises(LogError, match="log.parquet is a damaged Parquet file"):
        empty_columns(path, ["a"])


def test_a_crash_of_the_engine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def crash(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("assertion failed")

    monkeypatch.setattr(pl, "scan_parquet", crash)
    with pytest.raises(LogError, match="damaged"):
        read_parquet(tmp_path / "log.parquet")
