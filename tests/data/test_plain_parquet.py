"""Tests of Parquet files without polars' note of its own types."""

from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.data.plain_parquet import forget_types

CODES = pl.Categorical(pl.Categories("plain_parquet"))


def _written(path: Path, texts: list[str | None]) -> pl.DataFrame:
    frame = pl.DataFrame({"id": pl.Series(texts, dtype=pl.String), "n": pl.Series(range(len(texts)), dtype=pl.Int16)})
    frame.cast({"id": CODES}).write_parquet(path, row_group_size=2)
    return frame


@pytest.mark.parametrize(
    "texts", [[], [None], ["a", "b", "a", None, "c"], ["ARROW:schema\x18\x04", "ARROW:schema\x18\xff"]]
)
def test_codes_come_back_as_text(tmp_path: Path, texts: list[str | None]) -> None:
    frame = _written(tmp_path / "a.parquet", texts)
    size = (tmp_path / "a.parquet").stat().st_size
    assert pl.read_parquet(tmp_path / "a.parquet").schema["id"] == CODES
    forget_types(tmp_path / "a.parquet")
    found = pl.read_parquet(tmp_path / "a.parquet")
    assert found.schema == frame.schema
    assert found.equals(frame, null_equal=True)
    assert (tmp_path / "a.parquet").stat().st_size == size


def test_a_file_without_the_note_stays_as_it_is(tmp_path: Path) -> None:
    _written(tmp_path / "a.parquet", ["x", "y"])
    forget_types(tmp_path / "a.parquet")
    before = (tmp_path / "a.parquet").read_bytes()
    assert b"ARROW:schema" not in before
    forget_types(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == before
