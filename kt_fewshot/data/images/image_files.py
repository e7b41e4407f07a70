"""Image files into one tensor: all headers are read first, so that a bad file is found before the long part begins."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from kt_fewshot.errors import DatasetError

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
GREY: Final = ("1", "L")
COLOUR: Final = ("P", "PA", "LA", "La", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV", "LAB")


class ImageForm(NamedTuple):
    """What all images of a data set are turned into."""

    channels: int
    height: int
    width: int

    @classmethod
    def of(cls, files: Sequence[Path], *, size: int | None = None, channels: int | None = None) -> "ImageForm":
        """The form that files have in common.

        Args:
            files: at least one.
            size: side of the square they are cut and scaled to; None: they are all of one size, which stays.
            channels: 1 or 3; None: 1 if all are grey, else 3.

        Raises:
            DatasetError: if a file is no image, of a kind that would lose its values, or of another size.
        """
        with ThreadPoolExecutor() as pool:
            headers = list(pool.map(_header, files))
        first = headers[0].size
        if size is None:
            odd = next((n for n, header in enumerate(headers) if header.size != first), None)
            if odd is not None:
                raise DatasetError(
                    f"Images are of different sizes: {files[0]} is {_times(first)}, {files[odd]} is "
                    f"{_times(headers[odd].size)}. Give the size they should be scaled to: --image-size {min(first)}."
                )
        width, height = (size, size) if size else first
        return cls(channels or (1 if all(header.grey for header in headers) else 3), height, width)


class _Header(NamedTuple):
    size: tuple[int, int]
    grey: bool


def read_images(files: Sequence[Path], form: ImageForm) -> Tensor:
    """Decode files into one tensor; other sizes are cut to the form's proportions around the middle, then scaled.

    Returns:
        (files, channels, height, width) uint8.

    Raises:
        DatasetError: if a file cannot be decoded.
    """
    images = np.empty((len(files), *form), np.uint8)

    def read(place: int) -> None:
        images[place] = _decoded(files[place], form)

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(read, range(len(files))):
            pass
    return torch.from_numpy(images)


def _header(file: Path) -> _Header:
    from PIL import Image

    try:
        with Image.open(file) as image:
            size, mode = image.size, image.mode
    except (OSError, Image.DecompressionBombError) as error:
        raise _damaged(file, error) from error
    if mode not in (*GREY, *COLOUR):
        raise DatasetError(f"{file} has pixels of kind {mode!r}. Save it as grey or colour of 8 bits.")
    return _Header(size, mode in GREY)


def _decoded(file: Path, form: ImageForm) -> np.ndarray:
    """(channels, height, width) uint8."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            pixels = image.convert("L" if form.channels == 1 else "RGB")
    except (OSError, SyntaxError, ValueError) as error:  # what PIL raises for damaged PNG files is a SyntaxError
        raise _damaged(file, error) from error
    if pixels.size != (form.width, form.height):
        pixels = ImageOps.fit(pixels, (form.width, form.height), Image.Resampling.BILINEAR)
    return np.asarray(pixels).reshape(form.height, form.width, form.channels).transpose(2, 0, 1)


def _damaged(file: Path, error: Exception) -> DatasetError:
    why = str(error).replace(f" {str(file)!r}", "").replace(f"'{file}'", "it").splitlines()[0]
    return DatasetError(f"{file} cannot be read as an image ({why}). Replace or remove it.")


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
