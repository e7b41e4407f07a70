"""Tests of adapting a saved run to one's own examples."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from kt_fewshot.errors import KTError
from kt_fewshot.recipes import FewShotSettings, adapt_method, meta_train

SHORT = {"steps": 10, "epochs": 1, "test_episodes": 5, "valid_episodes": 5, "encoder_options": {"hidden": 16}}


def picture(path: Path, bright: bool, noise: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(noise).integers(0, 60, (28, 28)) + (190 if bright else 0)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def blobs(path: Path, classes: int, n: int, *, label: bool = True) -> None:
    generator = np.random.default_rng(classes)
    y = np.arange(n) % classes
    x = 4 * y[:, None] + generator.normal(size=(n, 3))
    frame = pl.DataFrame({f"f{k}": x[:, k] for k in range(3)})
    (frame.with_columns(kind=pl.Series([f"class {k}" for k in y])) if label else frame).write_csv(path)


def test_images(tmp_path: Path) -> None:
    run = meta_train(FewShotSettings.assemble(None, SHORT | {"n_way": 3}), out=tmp_path / "run").run.path
    for noise in range(2):
        picture(tmp_path / f"known/dark/{noise}.png", False, noise)
        picture(tmp_path / f"known/bright/{noise}.png", True, noise)
    picture(tmp_path / "asked/a.png", True, 7)
    picture(tmp_path / "asked/deeper/b.png", False, 8)
    lines: list[str] = []
    written = adapt_method(run, tmp_path / "known", tmp_path / "asked", out=tmp_path / "said.csv", say=lines.append)
    assert written == {"queries": 2, "classes": 2, "out": str(tmp_path / "said.csv")}
    assert lines == [f"{tmp_path / 'known'}: 2 classes, 2 to 2 examples each."]
    said = pl.read_csv(tmp_path / "said.csv")
    assert said.columns == ["item", "predicted", "probability", "p(bright)", "p(dark)"]
    assert said.select("item", "predicted").rows() == [("a.png", "bright"), ("deeper/b.png", "dark")]
    assert (said["p(bright)"] + said["p(dark)"]).to_list() == pytest.approx([1, 1], abs=1e-5)


@pytest.fixture(scope="module")
def table_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    blobs(folder / "many.csv", 24, 960)
    values = {"data": str(folder / "many.csv"), "data_options": {"label": "kind"}, "n_way": 3, "test_way": 3}
    meta_train(FewShotSettings.assemble(None, SHORT | values), out=folder / "run")
    return folder / "run"


def test_tables(table_run: Path, tmp_path: Path) -> None:
    blobs(tmp_path / "known.csv", 3, 15)
    blobs(tmp_path / "asked.csv", 3, 9, label=False)
    adapt_method(table_run, tmp_path / "known.csv", tmp_path / "asked.csv", out=tmp_path / "said.csv", label="kind")
    said = pl.read_csv(tmp_path / "said.csv")
    assert said["item"].to_list() == list(range(1, 10))
    assert (said["predicted"] == [f"class {k % 3}" for k in range(9)]).mean() > 0.8


def test_what_does_not_fit_is_told(table_run: Path, tmp_path: Path) -> None:
    picture(tmp_path / "folder/a/1.png", True, 1)
    blobs(tmp_path / "known.csv", 3, 15)
    with pytest.raises(KTError, match="The run reads tables of 3 features. Found the folder .*; name a CSV"):
        adapt_method(table_run, tmp_path / "folder", tmp_path / "folder", out=tmp_path / "said.csv")
    with pytest.raises(KTError, match="The class of .*known.csv is missing .* Name it: --label COLUMN"):
        adapt_method(table_run, tmp_path / "known.csv", tmp_path / "known.csv", out=tmp_path / "said.csv")
    pl.DataFrame({"f0": [1.0]}).write_csv(tmp_path / "narrow.csv")
    with pytest.raises(KTError, match="Column `f1` is missing"):
        adapt_method(
            table_run, tmp_path / "known.csv", tmp_path / "narrow.csv", out=tmp_path / "said.csv", label="kind"
        )
    assert not (tmp_path / "said.csv").exists()
