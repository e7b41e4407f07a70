"""Which rows are held out of training: whole groups, for all tasks at once."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kt_fewshot.training import mix

DRAWS: Final = 20
"""How many splits are looked at for one in which every task has labels on both sides."""


def validation_rows(
    labelled: NDArray[np.bool_],
    *,
    fraction: float,
    groups: ArrayLike | None = None,
    seed: int = 0,
    chosen: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    """(rows,) whether a row is held out. A group (a student) is held out for all tasks or for none.

    Groups are drawn at random; of some draws the first one is taken in which most tasks have labels both in training
    and in validation, so that tasks with few labels are not left out by chance.

    Args:
        labelled: (tasks, rows) where there are labels.
        fraction: share of the groups to hold out, in [0, 1).
        groups: (rows,) what belongs together; each row is its own group by default.
        seed: of the draw.
        chosen: (rows,) bool, the rows that a user holds out, in place of a draw.

    Returns:
        False for all rows if nothing can be held out: `fraction` is 0, or there are fewer than two groups.

    Raises:
        ValueError: if shapes or the fraction are wrong, whichever groups are held out, some task has nothing left to
            train on, or the chosen rows leave nothing or split a group.
    """
    n_rows = labelled.shape[1]
    if chosen is not None:
        return _chosen(chosen, n_rows, groups)
    if not 0 <= fraction < 1:
        raise ValueError(f"The share of rows to hold out should be in [0, 1). Found {fraction}.")
    group = _numbered(groups, n_rows)
    n_groups = int(group.max(initial=-1)) + 1
    if not fraction or n_groups < 2:
        return np.zeros(n_rows, dtype=bool)
    n_held_out = min(max(round(fraction * n_groups), 1), n_groups - 1)
    best, most = np.zeros(n_rows, dtype=bool), -1
    there = _tasks(labelled)
    for draw in range(DRAWS):
        chosen = np.random.default_rng(mix(seed, draw)).permutation(n_groups)[:n_held_out]
        held_out = np.isin(group, chosen)
        judged = _tasks(labelled & held_out)
        if len(_tasks(labelled & ~held_out)) == len(there) and len(judged) > most:
            best, most = held_out, len(judged)
        if most == len(there):
            break
    if most < 0:
        raise ValueError("Some task has labels in so few groups that none are left for training. Hold out no rows.")
    return best


def _chosen(chosen: ArrayLike, n_rows: int, groups: ArrayLike | None) -> NDArray[np.bool_]:
    """The rows that a user holds out, checked."""
    held_out = np.asarray(chosen)
    if held_out.shape != (n_rows,) or held_out.dtype != bool:
        found = f"{held_out.dtype} of shape {held_out.shape}"
        raise ValueError(f"`validation` should tell of each of {n_rows} rows whether it is held out. Found {found}.")
    if held_out.all():
        raise ValueError("`validation` should leave rows to train on. Found none.")
    group = _numbered(groups, n_rows)
    if both := np.intersect1d(group[held_out], group[~held_out]).tolist():
        name = np.unique(np.asarray(groups))[both[0]]
        raise ValueError(f"A group should be held out wholly or not at all. Found '{name}' on both sides.")
    return held_out


def _tasks(labelled: NDArray[np.bool_]) -> set[int]:
    """Those that have a label anywhere."""
    return set(np.nonzero(labelled)[0].tolist())


def _numbered(groups: ArrayLike | None, n_rows: int) -> NDArray[np.intp]:
    """Groups as 0, 1, ..."""
    if groups is None:
        return np.arange(n_rows)
    given = np.asarray(groups)
    if given.shape != (n_rows,):
        raise ValueError(f"`groups` should name a group for each of {n_rows} rows. Found shape {given.shape}.")
    return np.unique(given, return_inverse=True)[1]
