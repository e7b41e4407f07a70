"""Any folder of images by class: mini-ImageNet, CIFAR-FS, one's own."""

from collections.abc import Sequence
from pathlib import Path

import torch

from kt_fewshot.errors import DatasetError

from .class_images import ClassImages, Splits
from .class_split import SHARES, draw_parts
from .image_files import ImageForm, read_images
from .layouts import Classes, class_files, divided

_SAMPLE = 2000
"""Images from which mean and deviation are taken."""


def load_image_folder(
    path: Path | str,
    *,
    size: int | None = None,
    channels: int | None = None,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> Splits:
    """Images of a folder, split as the folder says (`layouts.divided`), else whole classes at random by seed.

    Where the folder says what is for training and testing only, the classes for validation are taken from training.

    Args:
        path: the folder.
        size: side of the square that images are scaled to; None: they are all of one size.
        channels: 1 or 3; None: as the images are.
        shares: of the classes for train, valid and test.
        seed: of the split.

    Raises:
        DatasetError: if there is nothing to read, an image is damaged or of another size, or a class is in two splits.
    """
    parts = _parts(Path(path), shares, seed)
    form = ImageForm.of([file for part in parts for file in _all(part)], size=size, channels=channels)
    train, valid, test = (_read(part, form) for part in parts)
    sample = train.x[:: -(-len(train) // _SAMPLE)].float().transpose(0, 1).flatten(1) / 255
    mean, std = tuple(sample.mean(1).tolist()), tuple(sample.std(1).clamp(min=1e-3).tolist())
    return Splits(*(ClassImages(part.x, part.y, part.names, mean=mean, std=std) for part in (train, valid, test)))


def read_class_folder(path: Path | str, like: ClassImages) -> ClassImages:
    """All images of a folder, one folder a class, in the form and scale of another data set.

    Args:
        path: the folder.
        like: what a model was trained on.

    Raises:
        DatasetError: if there is nothing to read, or an image is damaged.
    """
    images = _read(class_files(Path(path)), ImageForm(*like.shape))
    return ClassImages(images.x, images.y, images.names, mean=like.mean, std=like.std)


def _parts(path: Path, shares: Sequence[float], seed: int) -> tuple[Classes, Classes, Classes]:
    """The classes of train, valid and test."""
    said = divided(path)
    if said is None:
        classes = class_files(path)
        train, valid, test = draw_parts(len(classes), shares, seed)
        names = list(classes)
        chosen = [[names[int(index)] for index in part] for part in (train, valid, test)]
        first, second, third = ({name: classes[name] for name in part} for part in chosen)
        return first, second, third
    train, test = said["train"], said["test"]
    valid = said.get("valid")
    if valid is None:
        train, valid = _hold_out(train, shares, seed)
    for name in {*train} & {*test} | {*train} & {*valid} | {*valid} & {*test}:
        raise DatasetError(
            f"Class {name!r} of {path} is in two splits; few-shot splits hold different classes. Put the folders of "
            "all classes side by side in one folder, and they are split by class."
        )
    return train, valid, test


def _hold_out(train: Classes, shares: Sequence[float], seed: int) -> tuple[Classes, Classes]:
    names = list(train)
    if len(names) < 2:
        raise DatasetError(f"Validation needs classes of its own, and there is one training class only: {names}.")
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    held = {names[index] for index in order[: max(1, round(len(names) * shares[1] / (shares[0] + shares[1])))]}
    return {k: v for k, v in train.items() if k not in held}, {k: v for k, v in train.items() if k in held}


def _all(classes: Classes) -> list[Path]:
    return [file for files in classes.values() for file in files]


def _read(classes: Classes, form: ImageForm) -> ClassImages:
    counts = torch.tensor([len(files) for files in classes.values()])
    y = torch.arange(len(classes)).repeat_interleave(counts)
    return ClassImages(read_images(_all(classes), form), y, tuple(classes))
