"""Tests of tables: standardised by the training classes, gaps and texts told by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from kt_fewshot.data import load_images, load_table, read_table
from kt_fewshot.errors import DatasetError
from kt_fewshot.fewshot import EpisodeSampler


def frame(classes: int = 6) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    label = np.repeat([f"class {n}" for n in range(classes)], 5)
    return pl.DataFrame(
        {
            "age": rng.normal(40, 9, 5 * classes),
            "label": label,
            "income": rng.normal(1e6, 1e5, 5 * classes),
            "same": np.ones(5 * classes),
        }
    )


def test_features_are_standardised_by_the_training_classes():
    splits = load_table(frame())
    train = splits.train.values(torch.arange(len(splits.train)))
    assert splits.train.shape == (3,)
    assert torch.allclose(train.mean(0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(train.std(0, unbiased=False), torch.tensor([1.0, 1.0, 0.0]), atol=1e-5)
    assert splits.test.mean == splits.train.mean
    assert EpisodeSampler(splits.train, 3, 1, n_query=2).draw(0).query.x.isfinite().all()


def test_files_and_frames_of_pandas_give_the_same(tmp_path: Path):
    expected = load_table(frame())
    frame().write_csv(tmp_path / "table.csv")
    frame().write_csv(tmp_path / "table.tsv", separator="\t")
    pandas = pd.DataFrame({name: frame()[name].to_numpy() for name in frame().columns})
    for found in (load_images(tmp_path / "table.csv"), load_images(tmp_path / "table.tsv"), load_table(pandas)):
        assert found.test.names == expected.test.names
        assert torch.allclose(found.train.x, expected.train.x)


def test_columns_can_be_named():
    other = frame().rename({"label": "kind"}).with_columns(town=pl.lit("Ulm"))
    data = read_table(other, label="kind", columns=["income"])
    assert data.shape == (1,)
    assert data.x[:, 0].tolist() == other["income"].to_list()


def test_a_table_is_read_like_another():
    known = load_table(frame()).train
    own = read_table(frame(2), like=known)
    assert (own.mean, own.std) == (known.mean, known.std)
    with pytest.raises(DatasetError, match="has 2 features; 3 are wanted. Choose them: --columns"):
        read_table(frame(2).drop("same"), like=known)


def test_what_cannot_be_used_is_told(tmp_path: Path):
    good = frame()
    nan = good.with_columns(pl.when(pl.col("age") > 50).then(float("nan")).otherwise(pl.col("age")).alias("age"))
    first = int((good["age"] > 50).arg_max() or 0) + 1
    gaps = good.with_columns(pl.when(pl.int_range(pl.len()) != 3).then(pl.col("label")).alias("label"))
    for table, options, message in (
        (nan, {}, rf"Column `age` has \d+ missing or infinite values, the first in row {first}. Fill them"),
        (good.with_columns(age=None), {}, "Column `age` holds no numbers"),
        (gaps, {}, "1 of 30 labels in `label` are missing, the first in row 4"),
        (good.with_columns(town=pl.lit("Ulm")), {}, r"Column `town` holds no numbers \('Ulm'\). Choose the features"),
        (good, {"label": "kind"}, r"Column `kind` is missing \(found: age, label, income, same\)"),
        (good, {"columns": ["size"]}, "Column `size` is missing"),
        (good, {"columns": []}, "There is no column of features"),
        (good.drop("label"), {}, r"The class of The table is missing \(found: age, income, same\). Name it: --label"),
        (good.with_columns(y=1), {}, "The class of The table could be label or y"),
        (tmp_path / "absent.csv", {}, "There is no table .*absent.csv"),
    ):
        with pytest.raises(DatasetError, match=message):
            load_table(table, **options)
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,label\n1,x\n1,2,3,4\n")
    with pytest.raises(DatasetError, match=r"ragged.csv cannot be read as a table"):
        load_table(ragged)
