"""Tables for few-shot tasks: a row is an item, one column is its class, the others are numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import torch

from kt_fewshot.errors import DatasetError

from .arrays import labels
from .class_images import ClassImages, Splits
from .class_split import SHARES, split_classes

LABEL_NAMES: Final = ("label", "class", "target", "y")
SUFFIXES: Final = {".csv": ",", ".tsv": "\t"}


def load_table(
    table: Any,  # noqa: ANN401 - a path, or a frame of pandas or polars
    *,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> Splits:
    """The rows of a table as items, whole classes split at random, standardised by the training classes.

    Args:
        table: CSV or TSV file with a header, or a data frame of pandas or polars.
        label: column of the class; None: the one called label, class, target or y.
        columns: the features; None: all others.
        shares: of the classes for train, valid and test.
        seed: of the split.

    Raises:
        DatasetError: if a column is missing or holds text, if a number or a label is missing.
    """
    splits = split_classes(read_table(table, label=label, columns=columns), shares=shares, seed=seed)
    x = splits.train.x
    std = x.std(0, unbiased=False)
    mean, std = tuple(x.mean(0).tolist()), tuple(torch.where(std > 0, std, 1.0).tolist())  # a constant says nothing
    parts = splits.parts.values()
    return Splits(*(ClassImages(part.x, part.y, part.names, mean=mean, std=std) for part in parts))


def read_table(
    table: Any,  # noqa: ANN401
    *,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    like: ClassImages | None = None,
) -> ClassImages:
    """The rows of a table, not split.

    Args:
        table: as `load_table` has it.
        label: likewise.
        columns: likewise.
        like: what a model was trained on; its scale is taken over.

    Raises:
        DatasetError: as `load_table`, or if there are not as many features as in `like`.
    """
    frame, name = _frame(table)
    label = _label(frame, label, name)
    x = feature_values(frame, [column for column in frame.columns if column != label] if columns is None else columns)
    names, y = labels(frame[label].to_list(), label)
    data = ClassImages(torch.from_numpy(x), torch.from_numpy(y), names)
    if like is None:
        return data
    if like.shape != data.shape:
        raise DatasetError(f"{name} has {data.shape[0]} features; {like.shape[0]} are wanted. Choose them: --columns.")
    return ClassImages(data.x, data.y, names, mean=like.mean, std=like.std)


def read_unlabelled(table: Any, support: Any, *, label: str | None = None) -> np.ndarray:  # noqa: ANN401
    """The features of rows without classes: the columns that are features in a table with classes.

    Args:
        table: as `load_table` has it; other columns it has are left alone.
        support: the table with classes.
        label: column of the class in `support`, as `load_table` has it.

    Returns:
        (rows, features) float64.

    Raises:
        DatasetError: as `load_table`.
    """
    (known, name), (frame, _) = _frame(support), _frame(table)
    of_class = _label(known, label, name)
    return feature_values(frame, [column for column in known.columns if column != of_class])


def feature_values(frame: pl.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Columns of a frame as (rows, columns) float64.

    Raises:
        DatasetError: if a column is missing, holds text, or has gaps.
    """
    if not columns:
        raise DatasetError(f"There is no column of features (found: {', '.join(frame.columns)}).")
    values = np.empty((frame.height, len(columns)))
    for place, name in enumerate(columns):
        _must_have(frame, name)
        column = frame[name]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            example = column.drop_nulls().head(1).to_list()
            raise DatasetError(
                f"Column `{name}` holds no numbers ({', '.join(map(repr, example))}). Choose the features: --columns."
            )
        values[:, place] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        bad = ~np.isfinite(values[:, place])
        if bad.any():
            raise DatasetError(
                f"Column `{name}` has {bad.sum()} missing or infinite values, the first in row "
                f"{int(bad.argmax()) + 1}. Fill them, or leave the rows or the column out (--columns)."
            )
    return values


def _frame(table: Any) -> tuple[pl.DataFrame, str]:  # noqa: ANN401
    """The table and what to call it."""
    if isinstance(table, pl.DataFrame):
        return table, "The table"
    if hasattr(table, "columns") and hasattr(table, "iloc"):
        return pl.DataFrame({str(name): table[name].to_numpy() for name in table.columns}, strict=False), "The table"
    path = Path(table)
    if not path.exists():
        raise DatasetError(f"There is no table {path}.")
    try:
        frame = pl.read_csv(path, separator=SUFFIXES.get(path.suffix.lower(), ","), infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DatasetError(f"{path} cannot be read as a table ({str(error).splitlines()[0]}).") from error
    return frame, str(path)


def _label(frame: pl.DataFrame, label: str | None, name: str) -> str:
    if label is not None:
        _must_have(frame, label)
        return label
    found = [column for column in frame.columns if column.lower() in LABEL_NAMES]
    if len(found) != 1:
        which = f"could be {' or '.join(found)}" if found else "is missing"
        raise DatasetError(f"The class of {name} {which} (found: {', '.join(frame.columns)}). Name it: --label COLUMN.")
    return found[0]


def _must_have(frame: pl.DataFrame, column: str) -> None:
    if column not in frame.columns:
        raise DatasetError(f"Column `{column}` is missing (found: {', '.join(frame.columns)}).")
