"""Training on a log in buckets: one bucket at a time in memory, the same model as of the log in one file."""

from pathlib import Path

import polars as pl
import pytest
import torch

from kt_fewshot.data import BucketedSplit, SequenceStore, SimulatedStudents, simulate, write_buckets, write_log
from kt_fewshot.errors import LogError
from kt_fewshot.recipes import TrainSettings, train_dkt
from kt_fewshot.recipes.data_settings import Data, DataSettings
from kt_fewshot.recipes.study import Study

MODEL = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 2, "average_decay": 0}


@pytest.fixture(scope="module")
def students() -> SimulatedStudents:
    return simulate("bkt", n_students=40, n_answers=12, n_skills=4, seed=1)


@pytest.fixture
def folder(tmp_path: Path, students: SimulatedStudents) -> Path:
    """A log as it is (`log.parquet`), in buckets, and in one file in the buckets' order (`one.parquet`)."""
    table = students.interactions.table.with_columns(response_time=pl.int_range(pl.len()) % 97 + 0.5)
    table = table.with_columns(pl.col("response_time").cast(pl.Float32))
    write_log(tmp_path / "log.parquet", table)
    write_buckets(tmp_path / "buckets", table.clone(), 7)
    parts = sorted((tmp_path / "buckets").rglob("*.parquet"), key=lambda path: int(path.parent.name[7:]))
    write_log(tmp_path / "one.parquet", pl.concat([pl.read_parquet(path, glob=False) for path in parts]))
    return tmp_path


def load(path: Path) -> Data:
    return DataSettings(log=(path,)).load(in_buckets=True)


def columns(store: SequenceStore) -> dict[str, torch.Tensor]:
    return {name: value for name, value in vars(store).items() if name != "sets"} | {"sets": store.sets.members}


def test_the_same_students_are_in_the_same_parts(folder: Path):
    apart, whole = load(folder / "buckets"), load(folder / "log.parquet")
    assert isinstance(apart.split, BucketedSplit)
    assert apart.split.frame().sort("student").equals(whole.split.frame().sort("student"))
    assert apart.split.describe() == whole.split.describe()
    assert apart.ingests[0].rows_read == whole.ingests[0].rows_read
    answers = whole.ingests[0].kept
    assert apart.ingests[0].sentence == f"kt-fewshot log table, 7 buckets, 40 students, {answers} answers"


def test_its_account_is_that_of_the_log_read_whole(folder: Path):
    odd = pl.DataFrame({"student": ["x"], "correct": [1], "item": ["ITEM-1"], "response_time": [-3.0]})
    (folder / "buckets" / "bucket=9").mkdir()
    odd.write_parquet(folder / "buckets" / "bucket=9" / "part.parquet")
    apart = load(folder / "buckets").ingests[0]
    whole = DataSettings(log=(folder / "buckets",)).load().ingests[0]
    assert apart.contents == whole.contents
    assert apart.contents["students"] == 41
    assert apart.warnings == whole.warnings
    negative = next(warning for warning in apart.warnings if "is negative" in warning)
    assert f"(first in record 1 of {folder / 'buckets' / 'bucket=9' / 'part.parquet'})" in negative
    account = apart.to_dict() | {"decisions": None}
    assert account == whole.to_dict() | {"decisions": None}


def test_the_stores_are_those_of_the_log_in_one_file(folder: Path):
    apart = Study.of(load(folder / "buckets"), min_item_answers=2, folder=folder / "stores")
    whole = Study.of(load(folder / "one.parquet"), min_item_answers=2)
    assert apart.vocabulary == whole.vocabulary
    assert apart.log.table.drop("file", "row").equals(whole.log.table.drop("file", "row"))
    for name in ("train", "valid", "test"):
        one, other = columns(getattr(apart, name)), columns(getattr(whole, name))
        for column, values in other.items():
            assert one[column].dtype == values.dtype
            assert torch.equal(one[column].nan_to_num(-9), values.nan_to_num(-9)), (name, column)


def test_the_test_s_answers_are_read_when_they_are_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch):
    study = Study.of(load(folder / "buckets"), min_item_answers=2, folder=folder / "stores")
    asked = []
    test = BucketedSplit.test.fget
    monkeypatch.setattr(BucketedSplit, "test", property(lambda split: asked.append(1) or test(split)))
    assert len(study.test) > 0
    assert not asked
    assert len(study.log) == len(study.test)
    assert study.log is study.log
    assert asked == [1]


def test_the_model_is_that_of_the_log_in_one_file(folder: Path):
    runs = [
        train_dkt(
            TrainSettings(data={"log": [folder / name]}, model=MODEL, threads=1), out=folder / name[:3], report=False
        )
        for name in ("buckets", "one.parquet")
    ]
    weights, others = (run.tracer.state_dict() for run in runs)
    assert all(torch.equal(weights[name], others[name]) for name in others)
    assert runs[0].results.test == runs[1].results.test
    assert not (runs[0].run.path / ".stores").exists()


def test_other_splits_read_the_log_whole(folder: Path):
    by_time = DataSettings(log=(folder / "buckets",), split="time").load(in_buckets=True)
    assert not isinstance(by_time.split, BucketedSplit)


def test_a_student_in_two_buckets_is_told(folder: Path):
    (folder / "buckets" / "bucket=9").mkdir()
    one = next((folder / "buckets" / "bucket=3").glob("*.parquet"))
    (folder / "buckets" / "bucket=9" / "part.parquet").write_bytes(one.read_bytes())
    with pytest.raises(LogError, match="is in several buckets"):
        load(folder / "buckets")
