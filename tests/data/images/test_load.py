"""Tests of finding a data set by name or path."""

from pathlib import Path

import pytest

from kt_fewshot.data import LOADERS, load_images
from kt_fewshot.errors import DatasetError


def test_options_are_checked_and_none_is_no_option():
    splits = load_images("digits", seed=None, variants=None)
    assert splits.train.n_classes == 4
    with pytest.raises(DatasetError, match="Data set 'digits' has no option 'variants'. It has: seed."):
        load_images("digits", variants=3)


def test_an_unknown_name_is_told():
    with pytest.raises(
        DatasetError, match=r"no data set and no path 'omniglott'. Choose one of: cifar-fs, digits, gly"
    ):
        load_images("omniglott")


def test_a_missing_data_set_says_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KT_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=rf"^omniglot is not at {tmp_path}/omniglot. Download images_background.zip"):
        load_images("omniglot")
    with pytest.raises(DatasetError, match="mini-imagenet is not at elsewhere. Put folders train, val and test"):
        load_images("mini-imagenet", path="elsewhere")
    monkeypatch.delenv("KT_DATA")
    with pytest.raises(DatasetError, match="Set KT_DATA to a folder with a folder omniglot in it.*--data PATH"):
        load_images("omniglot")


def test_a_file_of_another_kind_is_told(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("")
    with pytest.raises(DatasetError, match="is neither a folder of images nor a table"):
        load_images(file)


@pytest.mark.parametrize("name", LOADERS)
def test_every_data_set_has_a_card(name: str):
    folder = Path(__file__).parents[3] / "datasets" / name
    assert (folder / "README.md").exists()
