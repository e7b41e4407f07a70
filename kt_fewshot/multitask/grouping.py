"""Task grouping: who should train together, from what each task gains from each other."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .relations import Relations

MOST_EXHAUSTIVE: Final = 9
"""Tasks up to which every grouping is tried (21,147 for 9)."""


def group_tasks(
    relations: Relations, *, at_least: float = 0.0, most_groups: int | None = None
) -> tuple[tuple[str, ...], ...]:
    """The groups in which tasks give each other most: the sum of what every task gains from every mate.

    So two tasks train together if they give each other more than `at_least`, others permitting. The idea is that of
    Fifty et al. (2021, https://arxiv.org/abs/2109.04617), who take the mean over mates, for a given number of groups
    that may overlap; with the number left open, the mean breaks up every circle of friends into its closest pairs.

    Every grouping is tried up to `MOST_EXHAUSTIVE` tasks; for more, the two groups that give each other most are
    joined, as long as that gains anything.

    Args:
        relations: gradient cosines, affinities or the like, higher is better; what is not known counts as `at_least`.
        at_least: what a mate should give to be welcome; less of it counts against.
        most_groups: how many groups there may be.

    Returns:
        groups in the order of their first tasks.

    Raises:
        ValueError: if the columns are not the tasks, or `most_groups` is less than 1.
    """
    if relations.sources != relations.tasks:
        raise ValueError("Tasks are grouped by relations between tasks. Found other columns than rows.")
    n = len(relations.tasks)
    most = n if most_groups is None else most_groups
    if most < 1:
        raise ValueError(f"`most_groups` should be at least 1. Found `most_groups = {most_groups}`.")
    gain = np.nan_to_num(relations.matrix - at_least, nan=0.0)
    np.fill_diagonal(gain, 0.0)
    found = _best(gain, most) if n <= MOST_EXHAUSTIVE else _joined(gain, most)
    return tuple(tuple(relations.tasks[index] for index in group) for group in sorted(found))


def _best(gain: NDArray[np.float64], most: int) -> list[list[int]]:
    """Of all groupings, that with the highest gain; among equals the one with more groups."""
    groupings = (groups for groups in _groupings(len(gain)) if len(groups) <= most)
    return max(groupings, key=lambda groups: (round(sum(_gain(gain, group) for group in groups), 12), len(groups)))


def _groupings(n: int) -> Iterator[list[list[int]]]:
    """Every way to put 0 to n - 1 into groups."""
    if not n:
        yield []
        return
    for groups in _groupings(n - 1):
        for place in range(len(groups)):
            yield [[*group, n - 1] if number == place else group for number, group in enumerate(groups)]
        yield [*groups, [n - 1]]


def _joined(gain: NDArray[np.float64], most: int) -> list[list[int]]:
    """From tasks that are alone, joining the two groups that gain most by it."""
    groups = [[index] for index in range(len(gain))]
    while len(groups) > 1:
        a, b = max(combinations(range(len(groups)), 2), key=lambda pair: _between(gain, *(groups[k] for k in pair)))
        if _between(gain, groups[a], groups[b]) <= 0 and len(groups) <= most:
            break
        groups[a] = sorted(groups[a] + groups[b])
        del groups[b]
    return groups


def _gain(gain: NDArray[np.float64], group: Sequence[int]) -> float:
    """Of a group's tasks together."""
    return float(gain[np.ix_(group, group)].sum())


def _between(gain: NDArray[np.float64], one: Sequence[int], other: Sequence[int]) -> float:
    """What two groups give each other."""
    return float(gain[np.ix_(one, other)].sum() + gain[np.ix_(other, one)].sum())
