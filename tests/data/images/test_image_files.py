"""Tests of decoding image files: forms, sizes, damage."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kt_fewshot.data.images import ImageForm, read_images
from kt_fewshot.errors import DatasetError


def save(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)
    return path


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    return save(tmp_path / "grey.png", np.arange(48, dtype=np.uint8).reshape(6, 8))


@pytest.fixture
def colour(tmp_path: Path) -> Path:
    return save(tmp_path / "colour.png", np.arange(144, dtype=np.uint8).reshape(6, 8, 3))


def test_pixels_come_back_as_they_are(grey: Path, colour: Path):
    form = ImageForm.of([grey])
    assert form == ImageForm(channels=1, height=6, width=8)
    assert read_images([grey], form).flatten().tolist() == list(range(48))
    form = ImageForm.of([grey, colour])
    assert form == ImageForm(channels=3, height=6, width=8)
    both = read_images([grey, colour], form)
    assert both.shape == (2, 3, 6, 8)
    assert both[0, 0].tolist() == both[0, 2].tolist()
    assert both[1, :, 0, 1].tolist() == [3, 4, 5]


def test_colour_can_be_asked_to_be_grey(colour: Path):
    assert ImageForm.of([colour], channels=1).channels == 1
    assert read_images([colour], ImageForm(1, 6, 8)).shape == (1, 1, 6, 8)


def test_scaling_cuts_to_a_square_around_the_middle(tmp_path: Path):
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, 1:7] = 200
    file = save(tmp_path / "wide.png", pixels)
    assert read_images([file], ImageForm.of([file], size=2)).flatten().tolist() == [200] * 4


def test_mixed_sizes_are_told(grey: Path, tmp_path: Path):
    other = save(tmp_path / "other.png", np.zeros((10, 10), np.uint8))
    with pytest.raises(DatasetError, match=r"grey.png is 8x6, .*other.png is 10x10. Give the size .*--image-size 6"):
        ImageForm.of([grey, other])
    assert ImageForm.of([grey, other], size=5) == ImageForm(1, 5, 5)


def test_damage_is_told_in_one_line(grey: Path, tmp_path: Path):
    text = tmp_path / "text.png"
    text.write_text("no image")
    with pytest.raises(DatasetError, match=r"text.png cannot be read as an image \(.*\). Replace or remove it.$"):
        ImageForm.of([grey, text])
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg"):
        cut = save(tmp_path / name, noise)
        cut.write_bytes(cut.read_bytes()[:-600])
        with pytest.raises(DatasetError, match=rf"{name} cannot be read as an image") as raised:
            read_images([cut], ImageForm.of([cut]))
        assert "\n" not in str(raised.value)


def test_sixteen_bits_are_refused(tmp_path: Path):
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(deep)
    with pytest.raises(DatasetError, match=r"deep.png has pixels of kind 'I;16'. Save it as grey or colour of 8 bits"):
        ImageForm.of([deep])
