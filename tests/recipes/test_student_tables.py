"""Tables with students in them: every one that is written is known, none that is not; what goes, goes whole."""

from pathlib import Path

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.data import SCHEMA, read_log, write_log
from kt_fewshot.errors import CheckpointError, StorageError
from kt_fewshot.evaluation import predictions_frame
from kt_fewshot.recipes import convert_log
from kt_fewshot.recipes.mastery_table import COLUMNS
from kt_fewshot.recipes.student_tables import student_table
from kt_fewshot.recipes.write_table import write_table
from kt_fewshot.storage import Manifest, write_manifest


def simulated(folder: Path):
    small_log(4).write_csv(folder / "log.csv")
    return read_log(folder / "log.csv").interactions


def written(folder: Path) -> dict[str, pl.DataFrame]:
    log = simulated(folder)
    n = len(log)
    return {
        "converted log": log.table,
        "predictions": predictions_frame(log, [0.5] * n),
        "mastery": pl.DataFrame({name: ["a"] for name in COLUMNS}),
        "split": pl.DataFrame({"student": ["a"], "part": ["test"], "answers": [3]}),
        "simulated truth": pl.DataFrame(
            {"student": ["a"], "row": [1], "skills": ["x"], "mastered": [0.5], "p_correct": [0.5]}
        ),
    }


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_is_written_is_known(tmp_path: Path, ending):
    for what, frame in written(tmp_path).items():
        path = tmp_path / f"table.{ending}"
        write_table(path, frame)
        table = student_table(path)
        assert table is not None
        assert table.what == what
        assert table.column in frame.columns


@pytest.mark.parametrize("header", ["user_id,skill,correct", "student,item,skills,correct,time", "", "a\tb", "\xff"])
def test_other_tables_are_not(tmp_path: Path, header):
    path = tmp_path / "log.csv"
    path.write_bytes(header.encode("latin-1") + b"\n1,2,3\n")
    assert student_table(path) is None
    inside = student_table(path, in_run=True)
    assert (inside is not None) == ("student" in header or "user_id" in header)
    assert student_table(tmp_path / "none.csv") is None
    assert student_table(tmp_path) is None


def test_a_bucket_of_another_engine_is_known_by_its_folder(tmp_path: Path):
    folder = tmp_path / "bucket=3"
    folder.mkdir()
    for place, known in ((tmp_path, False), (folder, True)):
        path = place / "part-0.parquet"
        pl.DataFrame({"student": ["a", "b"], "correct": [1, 0], "bucket": [3, 3]}).write_parquet(path)
        assert (student_table(path) is not None) == known
    student_table(path).remove({"a"})
    assert pl.read_parquet(path, hive_partitioning=False).rows() == [("b", 0, 3)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_only_the_student_goes(tmp_path: Path, ending):
    log = simulated(tmp_path).table.with_columns(item=pl.lit('a "b", c'), group=pl.lit(" x\ny "))
    path = tmp_path / f"own.{ending}"
    write_log(path, log)
    gone = log["student"][0]
    table = student_table(path)
    assert table.count({gone}) == log.filter(student=gone).height > 0
    assert table.count({"nobody"}) == 0
    table.remove({gone, "nobody"})
    expected = log.filter(pl.col("student") != gone)
    found = pl.read_parquet(path) if ending == "parquet" else pl.read_csv(path, schema=dict(SCHEMA))
    assert found.equals(expected)
    assert table.count({gone}) == 0
    table.remove(set(log["student"]))
    assert table.count(set(log["student"])) == 0
    assert student_table(path) is not None  # an empty table is one, with all its columns


def test_lines_without_a_student_stay(tmp_path: Path):
    """Lines of predictions for records that are no answers say nothing of anybody."""
    frame = predictions_frame(simulated(tmp_path), [0.5] * len(simulated(tmp_path)))
    frame = pl.concat([frame, frame.head(1).clear(n=2)])
    write_table(tmp_path / "predictions.csv", frame)
    student_table(tmp_path / "predictions.csv").remove({frame["user_id"][0]})
    left = pl.read_csv(tmp_path / "predictions.csv")
    assert left["user_id"].null_count() == 2
    assert left.height == frame.filter(pl.col("user_id").ne_missing(frame["user_id"][0])).height


def test_an_id_that_a_spreadsheet_would_run_is_found_behind_its_quote(tmp_path: Path):
    frame = pl.DataFrame({"student": ["=1+1", "a"], "part": ["test", "train"], "answers": [3, 4]})
    for name in ("split.csv", "split.parquet"):
        write_table(tmp_path / name, frame)
        table = student_table(tmp_path / name)
        assert table.count({"=1+1"}) == 1
        assert table.parts({"=1+1"}) == {"test"}


def test_a_manifest_is_put_right(tmp_path: Path):
    write_table(tmp_path / "split.csv", pl.DataFrame({"student": ["a", "b"], "part": ["x", "y"], "answers": [1, 2]}))
    (tmp_path / "other").write_text("x")
    write_manifest(tmp_path, ("split.csv", "other"), kind="k", meta={"a": 1})
    student_table(tmp_path / "split.csv").remove({"a"})
    manifest = Manifest.load(tmp_path, kind="k")
    manifest.verify(tmp_path)
    assert manifest.meta == {"a": 1}
    (tmp_path / "other").write_text("y")
    with pytest.raises(CheckpointError, match="other is damaged"):
        manifest.verify(tmp_path)


def test_a_damaged_table_is_told(tmp_path: Path):
    simulated(tmp_path)
    convert_log([tmp_path / "log.csv"], tmp_path / "own.parquet")
    whole = (tmp_path / "own.parquet").read_bytes()
    (tmp_path / "own.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StorageError, match=r"own.parquet cannot be read, so nobody can tell who is in it."):
        student_table(tmp_path / "own.parquet")


def test_a_full_disk_leaves_a_table_as_it_was(tmp_path: Path, monkeypatch):
    write_table(tmp_path / "split.csv", pl.DataFrame({"student": ["a", "b"], "part": ["x", "y"], "answers": [1, 2]}))
    before = (tmp_path / "split.csv").read_bytes()

    def full(*_, **__):
        raise pl.exceptions.ComputeError("No space left on device")

    monkeypatch.setattr(pl.LazyFrame, "sink_csv", full)
    with pytest.raises(StorageError, match="Cannot write .*split.csv"):
        student_table(tmp_path / "split.csv").remove({"a"})
    assert (tmp_path / "split.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["split.csv"]
