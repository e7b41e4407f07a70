"""Tests of image folders and how they say which class is for what."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kt_fewshot.data import load_image_folder, load_images, read_class_folder
from kt_fewshot.errors import DatasetError


def fill(folder: Path, names: str, *, images: int = 2, side: int = 4) -> None:
    """A folder a class; images are of one grey, which tells class and number: 10 * place in the alphabet + number."""
    for name in names:
        for number in range(images):
            place = folder / name / ("deep" if number % 2 else "") / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((side, side), 10 * (ord(name) - ord("a")) + number, np.uint8)).save(place)


def test_classes_side_by_side_are_split_by_seed(tmp_path: Path):
    fill(tmp_path, "abcdefghij")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("no image")
    splits = load_image_folder(tmp_path, seed=1)
    assert [part.n_classes for part in splits.parts.values()] == [6, 2, 2]
    for part in splits.parts.values():
        for name, label in zip(part.names, range(part.n_classes), strict=True):
            greys = part.x[part.y == label].flatten(1)[:, 0].tolist()
            assert sorted(greys) == [10 * (ord(name) - ord("a")), 10 * (ord(name) - ord("a")) + 1]
    assert load_image_folder(tmp_path, seed=1).test.names == splits.test.names
    assert any(load_image_folder(tmp_path, seed=seed).test.names != splits.test.names for seed in (2, 3, 4))


def test_folders_of_splits(tmp_path: Path):
    for part, names in (("train", "abc"), ("val", "de"), ("test", "fg")):
        fill(tmp_path / part, names)
    splits = load_images(tmp_path)
    assert [part.names for part in splits.parts.values()] == [tuple("abc"), tuple("de"), tuple("fg")]
    assert splits.train.mean == splits.test.mean
    assert splits.train.mean[0] == pytest.approx(10.5 / 255)
    shutil.rmtree(tmp_path / "val")
    held = load_images(tmp_path)
    assert sorted(held.train.names + held.valid.names) == list("abc")
    assert len(held.valid.names) == 1
    fill(tmp_path / "test", "a")
    with pytest.raises(DatasetError, match="Class 'a' of .* is in two splits; few-shot splits hold different classes"):
        load_images(tmp_path)


def test_lists_of_classes(tmp_path: Path):
    fill(tmp_path / "data", "abcd")
    lists = tmp_path / "splits" / "bertinetto"
    lists.mkdir(parents=True)
    for part, names in (("train", "a\nc\n"), ("val", "b\n"), ("test", "d\n")):
        (lists / f"{part}.txt").write_text(names)
    splits = load_images(tmp_path)
    assert [part.names for part in splits.parts.values()] == [("a", "c"), ("b",), ("d",)]
    (lists / "test.txt").write_text("d\nz\n")
    with pytest.raises(DatasetError, match=r"test.txt names class 'z', but there is no folder .*data/z"):
        load_images(tmp_path)


def test_tables_of_files(tmp_path: Path):
    fill(tmp_path / "images", "abc", images=1)
    for name in "abc":
        (tmp_path / "images" / name / "0.png").rename(tmp_path / "images" / f"{name}.png")
    for part, name in (("train", "b"), ("val", "a"), ("test", "c")):
        (tmp_path / f"{part}.csv").write_text(f"filename,label\n{name}.png,class {name}\n")
    splits = load_images(tmp_path)
    assert [part.names for part in splits.parts.values()] == [("class b",), ("class a",), ("class c",)]
    assert [int(part.x[0, 0, 0, 0]) for part in splits.parts.values()] == [10, 0, 20]
    (tmp_path / "test.csv").write_text("filename,label\nz.png,z\n")
    with pytest.raises(DatasetError, match=r"test.csv names z.png, which is not below"):
        load_images(tmp_path)
    fill(tmp_path / "other", "c", images=1)
    (tmp_path / "other" / "c" / "0.png").rename(tmp_path / "other" / "c" / "c.png")
    (tmp_path / "test.csv").write_text("filename,label\nimages/c.png,class c\n")
    assert int(load_images(tmp_path).test.x[0, 0, 0, 0]) == 20
    (tmp_path / "test.csv").write_text("filename,label\nc.png,c\n")
    with pytest.raises(DatasetError, match=r"test.csv names c.png, which is 2 times below"):
        load_images(tmp_path)
    (tmp_path / "test.csv").write_text("file,label\nc.png,c\n")
    with pytest.raises(DatasetError, match=r"Columns `filename` and `label` are needed in .* \(found: file, label\)"):
        load_images(tmp_path)


def test_a_folder_is_read_like_another_data_set(tmp_path: Path):
    fill(tmp_path / "known", "abcd")
    known = load_image_folder(tmp_path / "known").train
    fill(tmp_path / "own", "yz", side=9)
    own = read_class_folder(tmp_path / "own", known)
    assert (own.names, own.shape, own.mean, own.std) == (("y", "z"), (1, 4, 4), known.mean, known.std)
    assert own.x[:, 0, 0, 0].tolist() == [240, 241, 250, 251]


def test_nothing_to_read_is_told(tmp_path: Path):
    with pytest.raises(DatasetError, match="has no folder with images. One folder a class is needed: CLASS/IMAGE.$"):
        load_image_folder(tmp_path)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "loose.png")
    with pytest.raises(DatasetError, match="Its images have no labels: put those of a class in a folder.$"):
        load_image_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="Class 'empty' in .* has no image"):
        load_image_folder(tmp_path)
    with pytest.raises(DatasetError, match="absent is not a folder"):
        load_image_folder(tmp_path / "absent")


def test_a_damaged_image_is_found_before_anything_is_decoded(tmp_path: Path):
    fill(tmp_path, "abcd")
    (tmp_path / "c" / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DatasetError, match=r"bad.jpg cannot be read as an image"):
        load_images(tmp_path)
