"""`load_images`: a data set by its name, or whatever is at a path."""

import inspect
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from kt_fewshot.errors import DatasetError

from .class_images import Splits
from .digits import load_digits
from .glyphs import load_glyphs
from .image_folder import load_image_folder
from .omniglot import load_omniglot
from .omniglot_files import is_omniglot
from .tables import SUFFIXES, load_table


class Loader(NamedTuple):
    """How a data set becomes splits."""

    load: Callable[..., Splits]
    recognises: Callable[[Path], bool] | None = None
    """Whether a path holds it; None for data that are made on the spot."""
    get: str = ""
    """What to download and from where; the path is filled in."""


def _never(_path: Path) -> bool:
    return False


def _is_table(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES


LOADERS: Final[Mapping[str, Loader]] = {
    "glyphs": Loader(load_glyphs),
    "digits": Loader(load_digits),
    "omniglot": Loader(
        load_omniglot,
        is_omniglot,
        "Download images_background.zip and images_evaluation.zip from https://github.com/brendenlake/omniglot "
        "(folder python) into it",
    ),
    "mini-imagenet": Loader(
        partial(load_image_folder, size=84), _never, "Put folders train, val and test of CLASS/IMAGE into it"
    ),
    "cifar-fs": Loader(
        partial(load_image_folder, size=32), _never, "Put folders train, val and test of CLASS/IMAGE into it"
    ),
    "tabular": Loader(load_table, _is_table, "Put a CSV file there"),
    "image-folder": Loader(load_image_folder, Path.is_dir, "Put folders of CLASS/IMAGE into it"),
}
"""Name -> loader; a path is given to the first that recognises it."""


def load_images(data: str | Path = "glyphs", *, path: Path | str | None = None, **options: Any) -> Splits:
    """A data set for few-shot learning, its classes split in train, valid and test.

    Args:
        data: one of `LOADERS`, or a path: a folder of Omniglot, a folder of images by class, a CSV file.
        path: where a named data set is; None: in the folder of its name in the folder that the environment variable
            KT_DATA names.
        options: of the loader: `split` and `rotations` (omniglot), `size` and `channels` (images), `label` and
            `columns` (tables), `variants` (glyphs), `shares`, `seed`. None is as good as not given.

    Raises:
        DatasetError: if the data are not there (and where to get them), damaged or of no use; if an option is unknown.

    >>> [part.n_classes for part in load_images("digits").parts.values()]
    [4, 3, 3]
    """
    name = str(data) if str(data) in LOADERS else _recognised(Path(data))
    loader = LOADERS[name]
    given = {key: value for key, value in options.items() if value is not None}
    _must_know(name, loader, given)
    if loader.recognises is None:
        return loader.load(**given)
    return loader.load(_place(name, loader, Path(data) if str(data) != name else path), **given)


def _recognised(path: Path) -> str:
    """The name of the loader for a path."""
    if not path.exists():
        raise DatasetError(
            f"There is no data set and no path {str(path)!r}. Choose one of: {', '.join(sorted(LOADERS))}; or name "
            "a folder or a CSV file."
        )
    for name, loader in LOADERS.items():
        if loader.recognises is not None and loader.recognises(path):
            return name
    raise DatasetError(f"{path} is neither a folder of images nor a table ({', '.join(SUFFIXES)}).")


def _place(name: str, loader: Loader, path: Path | str | None) -> Path:
    """Where a data set is, once it is sure that something is there."""
    if path is None and not os.environ.get("KT_DATA"):
        raise DatasetError(
            f"Where is {name}? Set KT_DATA to a folder with a folder {name} in it, or name that folder: --data PATH. "
            f"{loader.get}."
        )
    place = Path(os.environ["KT_DATA"], name) if path is None else Path(path)
    if not place.exists():
        raise DatasetError(f"{name} is not at {place}. {loader.get}, or name its folder: --data PATH.")
    return place


def _must_know(name: str, loader: Loader, options: Mapping[str, Any]) -> None:
    known = [
        parameter.name
        for parameter in inspect.signature(loader.load).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise DatasetError(f"Data set {name!r} has no option {unknown[0]!r}. It has: {', '.join(known)}.")
