"""Tests of Omniglot: a small one of the same build, and the real one where it is at hand."""

import shutil
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from kt_fewshot.data import load_images, load_omniglot
from kt_fewshot.errors import DatasetError

ALPHABETS = {"images_background": [f"Alpha{n}" for n in range(7)], "images_evaluation": ["Beta0", "Beta1"]}


def drawing(number: int) -> np.ndarray:
    """A corner of ink, on white paper, of a size that tells the number."""
    paper = np.full((105, 105), 255, np.uint8)
    paper[: 20 + 8 * number, :30] = 0
    return paper


def packed(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).convert("1").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Characters 1 and 2 of each alphabet, drawn three times; the drawing's number is that of the character."""
    for name, alphabets in ALPHABETS.items():
        with ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for alphabet in alphabets:
                for character in (1, 2):
                    for person in (1, 2, 3):
                        place = f"{name}/{alphabet}/character{character:02d}/00{character}_{person:02d}.png"
                        archive.writestr(place, packed(drawing(character)))
    splits = tmp_path / "splits"
    splits.mkdir()
    for file, names in {"train": ["Alpha0", "Beta1"], "val": ["Alpha1"], "test": ["Beta0"]}.items():
        lines = [f"{name}/character{c:02d}/rot{r:03d}" for name in names for c in (1, 2) for r in (0, 90, 180, 270)]
        (splits / f"{file}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_classes_are_characters_turned(folder: Path):
    splits = load_omniglot(folder)
    assert [part.n_classes for part in splits.parts.values()] == [16, 8, 8]
    assert splits.test.names[:5] == (
        *(f"Beta0/character01/rot{turn:03d}" for turn in (0, 90, 180, 270)),
        "Beta0/character02/rot000",
    )
    assert splits.test.counts().tolist() == [3] * 8
    upright, turned = (splits.test.x[splits.test.y == label][0, 0] for label in (4, 5))
    assert torch.equal(turned, upright.rot90())
    assert upright[:2, :2].min() == 255 and upright[20:, 20:].max() == 0  # ink is high, paper is 0


def test_pixels_are_those_of_the_usual_protocol(folder: Path):
    splits = load_omniglot(folder, rotations=False)
    assert splits.train.names == tuple(f"{a}/character0{c}/rot000" for a in ("Alpha0", "Beta1") for c in (1, 2))
    expected = Image.fromarray(drawing(2)).resize((28, 28), Image.Resampling.LANCZOS)
    assert np.array_equal(255 - np.asarray(expected), splits.train.x[-1, 0].numpy())


def test_unpacked_folders_give_the_same(folder: Path, tmp_path: Path):
    zipped = load_omniglot(folder, split="lake")
    for name in ALPHABETS:
        with ZipFile(folder / f"{name}.zip") as archive:
            archive.extractall(folder)
        (folder / f"{name}.zip").unlink()
    loose = load_omniglot(folder, split="lake")
    for one, other in zip(zipped.parts.values(), loose.parts.values(), strict=True):
        assert one.names == other.names
        assert torch.equal(one.x, other.x)


def test_other_splits(folder: Path):
    lake = load_omniglot(folder, split="lake")
    alphabets = {part: {name.split("/")[0] for name in data.names} for part, data in lake.parts.items()}
    assert alphabets == {
        "train": {"Alpha0", "Alpha1", "Alpha2", "Alpha3", "Alpha4", "Alpha6"},
        "valid": {"Alpha5"},
        "test": {"Beta0", "Beta1"},
    }
    mixed = load_images(folder, split="random", seed=3)
    whole = {name.rpartition("/")[0]: part for part, data in mixed.parts.items() for name in data.names}
    assert len(whole) == 18
    assert sum(part.n_classes for part in mixed.parts.values()) == 4 * 18  # no rotation went to another part


def test_what_is_missing_is_told(folder: Path):
    with pytest.raises(DatasetError, match="Unknown split 'vynials' of Omniglot. Choose one of: lake, random, vinyals"):
        load_omniglot(folder, split="vynials")
    (folder / "splits" / "val.txt").unlink()
    with pytest.raises(DatasetError, match=r"is not complete: .*val.txt is missing"):
        load_omniglot(folder)
    shutil.rmtree(folder / "splits")
    with pytest.raises(DatasetError, match=r"The Vinyals split is not at .*splits: put train.txt.*Or choose another"):
        load_omniglot(folder)
    (folder / "images_evaluation.zip").unlink()
    with pytest.raises(DatasetError, match=r"Omniglot is not complete: neither .*images_evaluation.zip nor the folder"):
        load_omniglot(folder)


def test_damage_is_told(folder: Path):
    with (folder / "splits" / "val.txt").open("a") as stream:
        stream.write("Gamma/character01/rot000\n")
    with pytest.raises(DatasetError, match="names Gamma/character01/rot000, which is no character"):
        load_omniglot(folder)
    archive = folder / "images_evaluation.zip"
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"images_evaluation.zip is damaged .* Download it again"):
        load_omniglot(folder, split="lake")
    for bad in (packed(drawing(1))[:60], packed(drawing(1)[:50])):
        with ZipFile(archive, "w") as stream:
            stream.writestr("images_evaluation/Beta0/character01/0001_01.png", bad)
        with pytest.raises(DatasetError, match=r"0001_01.png of Omniglot (is damaged|should have 105x105 pixels)"):
            load_omniglot(folder, split="lake")


@pytest.mark.slow
def test_the_real_one_has_the_numbers_of_its_paper(kt_data: Path):
    if not (kt_data / "omniglot").exists():
        pytest.skip("needs Omniglot in KT_DATA")
    splits = load_images("omniglot")
    assert [part.n_classes for part in splits.parts.values()] == [4112, 688, 1692]
    assert sum(part.n_classes for part in splits.parts.values()) == 4 * 1623
    assert all(part.counts().unique().tolist() == [20] for part in splits.parts.values())
    assert 0.06 < float(splits.train.x[::100].float().mean()) / 255 < 0.11
