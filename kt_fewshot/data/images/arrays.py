"""Arrays in memory: images or vectors `X` and labels `y`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from kt_fewshot.errors import DatasetError

from .class_images import ClassImages, Splits
from .class_split import SHARES, split_classes

_CHANNELS = (1, 3, 4)


def images_of(X: ArrayLike, y: ArrayLike, *, sources: ArrayLike | None = None) -> ClassImages:
    """A data set of arrays.

    Args:
        X: (items, features); (items, height, width), which are of one channel; (items, channels, height, width) or
            (items, height, width, channels) with 1, 3 or 4 channels. uint8 stays, all else becomes floats.
        y: (items,) labels of any kind; classes stand in the labels' order.
        sources: (items,) who or what made an item.

    Raises:
        DatasetError: if a value is not finite, a label is missing, or lengths differ.

    >>> data = images_of(np.zeros((4, 28, 28), np.uint8), ["b", "a", "b", "a"])
    >>> data.shape, data.names, data.y.tolist()
    ((1, 28, 28), ('a', 'b'), [1, 0, 1, 0])
    """
    x = _values(np.asarray(X))
    names, index = labels(y)
    made_by = None if sources is None else torch.from_numpy(labels(sources, "sources")[1])
    for name, length in (("y", len(index)), ("sources", len(x) if made_by is None else len(made_by))):
        if length != len(x):
            raise DatasetError(f"`X` has {len(x)} items, `{name}` {length}. They should be as many.")
    return ClassImages(torch.from_numpy(x), torch.from_numpy(index), names, made_by)


def split_arrays(
    X: ArrayLike,
    y: ArrayLike,
    *,
    sources: ArrayLike | None = None,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> Splits:
    """Arrays as splits, whole classes at random; arguments as `images_of` and `split_classes` have them.

    Raises:
        DatasetError: as they do.
    """
    return split_classes(images_of(X, y, sources=sources), shares=shares, seed=seed)


def labels(values: ArrayLike, name: str = "y") -> tuple[tuple[str, ...], np.ndarray]:
    """The distinct labels in order, as text, and which of them each value is.

    Raises:
        DatasetError: if a label is missing (None, NaN or empty).
    """
    given = values if isinstance(values, np.ndarray) else np.array(list(values), dtype=object)  # pyright: ignore[reportArgumentType]
    missing = np.array([_is_missing(value) for value in given.tolist()], dtype=bool)
    if missing.any():
        raise DatasetError(
            f"{missing.sum()} of {len(given)} labels in `{name}` are missing, the first in row "
            f"{int(missing.argmax()) + 1}. Label them or leave these items out."
        )
    plain = given.tolist()
    texts = [str(value) for value in plain]
    by_text = dict(zip(texts, plain, strict=True))
    try:
        ordered = sorted(by_text, key=lambda text: by_text[text])
    except TypeError:  # labels of several kinds
        ordered = sorted(by_text)
    place = {text: index for index, text in enumerate(ordered)}
    return tuple(ordered), np.array([place[text] for text in texts], dtype=np.int64)


def _is_missing(value: Any) -> bool:  # noqa: ANN401
    return value is None or value != value or value == ""  # noqa: PLR0124 - NaN alone differs from itself


def _values(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "biuf":
        raise DatasetError(f"`X` should hold numbers. Found {x.dtype}.")
    if x.ndim < 2:
        raise DatasetError(f"`X` should be (items, features) or (items, height, width). Found shape {x.shape}.")
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[1] not in _CHANNELS and x.shape[3] in _CHANNELS:
        x = x.transpose(0, 3, 1, 2)
    if x.dtype != np.uint8:
        x = x.astype(np.float64 if x.ndim == 2 else np.float32)
        bad = ~np.isfinite(x.reshape(len(x), -1)).all(1)
        if bad.any():
            raise DatasetError(
                f"{bad.sum()} of {len(x)} items have a value that is not finite, the first in row "
                f"{int(bad.argmax()) + 1}. Fill or remove them."
            )
    return np.ascontiguousarray(x)
