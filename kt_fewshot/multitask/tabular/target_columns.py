"""What users hand in as targets: arrays, series, frames, a mapping of them; as columns with holes where no label is."""

from collections.abc import Mapping
from math import isnan
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length, column_or_1d

ALONE: Final = "y"
"""The name of a target that is handed in as a plain array."""


class Column:
    """The values of one target as they were handed in.

    - `values: (rows,)` or, of several labels, `(rows, labels)`: float64 with nan, or objects with None;
    - `there`, the same shape: where there is a value;
    - `labels`: names of the labels, None of a single target;
    - `order`: the values' order where the user gave one.
    """

    def __init__(self, given: Any) -> None:  # noqa: ANN401 (whatever holds values)
        self.labels = _names(given)
        self.order = _categories(given)
        self.values, self.there = _with_holes(_array(given))

    def __len__(self) -> int:
        """Rows."""
        return len(self.values)

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.values.dtype != object


def read_targets(y: Any) -> tuple[dict[str, Column], bool]:  # noqa: ANN401
    """Targets by their names.

    Args:
        y: a mapping or a data frame, name -> values of a target; or the values of one.

    Returns:
        Name -> column, and whether there is one target without a name.

    Raises:
        ValueError: if there is nothing, lengths differ, or an array is not understood.
    """
    if y is None:
        raise ValueError("MultiTask requires y to be passed, but the target y is None.")
    named = _as_mapping(y)
    columns = {str(name): Column(values) for name, values in named.items()}
    if not columns:
        raise ValueError("There should be at least one target. Found none.")
    check_consistent_length(*(column.values for column in columns.values()))
    return columns, not isinstance(y, Mapping) and not hasattr(y, "columns")


def has_label(columns: Mapping[str, Column]) -> NDArray[np.bool_]:
    """(targets, rows) whether a row has a label of a target, or one of its labels."""
    return np.stack([column.there.reshape(len(column), -1).any(1) for column in columns.values()])


def one_target_a_group(y: ArrayLike, groups: ArrayLike) -> dict[Any, NDArray[Any]]:
    """The same question asked of several groups (schools, courses), as targets of their own.

    >>> one_target_a_group([1.0, 0.0, 1.0], ["north", "south", "north"])
    {'north': array([ 1., nan,  1.]), 'south': array([nan,  0., nan])}

    Args:
        y: (rows,) numbers.
        groups: (rows,) each row's group.

    Returns:
        Group -> y, nan in rows of other groups; `of_its_group` is the way back.

    Raises:
        ValueError: if lengths differ.
    """
    values, group = np.asarray(y, dtype=np.float64), np.asarray(groups)
    check_consistent_length(values, group)
    return {name: np.where(group == name, values, np.nan) for name in np.unique(group).tolist()}


def of_its_group(predicted: Mapping[Any, NDArray[Any]], groups: ArrayLike) -> NDArray[Any]:
    """Each row's prediction by the model of its own group.

    >>> of_its_group({"north": np.array([0.1, 0.2]), "south": np.array([0.3, 0.4])}, ["south", "north"])
    array([0.3, 0.2])

    Args:
        predicted: group -> (rows, ...) what is said of every row.
        groups: (rows,) each row's group.

    Raises:
        ValueError: if a group has no model.
    """
    group = np.asarray(groups)
    if unknown := sorted(set(map(str, group.tolist())) - set(map(str, predicted))):
        raise ValueError(f"Each group should have been there in fit. Found {unknown[0]!r}.")
    mine = {str(name): values for name, values in predicted.items()}
    return np.array([mine[str(name)][row] for row, name in enumerate(group.tolist())])


def _as_mapping(y: Any) -> Mapping[Any, Any]:  # noqa: ANN401
    if isinstance(y, Mapping):
        return y
    if hasattr(y, "columns"):
        return {name: y[name] for name in y.columns}
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        return {ALONE: column_or_1d(array, warn=True)}
    return {ALONE: y}


def _array(given: Any) -> NDArray[Any]:  # noqa: ANN401
    """Values as an array; of a nullable column objects with None or nan where nothing is."""
    array = np.asarray(given)
    if array.ndim not in {1, 2}:
        raise ValueError(f"A target should have a value a row, or labels in columns. Found shape {array.shape}.")
    return array


def _with_holes(array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values and where they are; numbers as float64, whatever held them."""
    if array.dtype.kind in "iuf":
        numbers = array.astype(np.float64)
        if np.isinf(numbers).any():
            raise ValueError("Input y contains infinity or a value too large for dtype('float64').")
        return numbers, ~np.isnan(numbers)
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported: a target should hold numbers or classes.")
    objects = array.astype(object)
    there = np.array([not _is_missing(value) for value in objects.flat], dtype=bool).reshape(objects.shape)
    if array.dtype == object and there.any() and all(_is_number(value) for value in objects[there]):
        numbers = np.full(objects.shape, np.nan)
        numbers[there] = objects[there].astype(np.float64)
        return _with_holes(numbers)
    objects[~there] = None
    return objects, there


def _is_missing(value: object) -> bool:
    """None, nan, and pandas's own."""
    if isinstance(value, float):
        return isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _names(given: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    """Of the labels of a target that has several."""
    if hasattr(given, "columns"):
        return tuple(map(str, given.columns))
    array = np.asarray(given)
    return tuple(map(str, range(array.shape[1]))) if array.ndim == 2 else None


def _categories(given: Any) -> tuple[Any, ...] | None:  # noqa: ANN401
    """In their order, of an ordered categorical of pandas."""
    dtype = getattr(given, "dtype", None)
    return tuple(dtype.categories) if getattr(dtype, "ordered", False) else None  # pyright: ignore[reportOptionalMemberAccess]
