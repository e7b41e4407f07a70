"""Small groups are not told about: neither directly, nor by what remains when all others are subtracted."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOOR: Final = 10
"""Students a group needs for its numbers to be shown."""


def withheld(students: ArrayLike, *, floor: int = FLOOR) -> NDArray[np.bool_]:
    """Which groups' numbers may not be shown.

    Those of fewer than `floor` students; and if these alone could be worked out from the total (there is only one, or
    together they are fewer than `floor`), the smallest of the others too, until they cannot. Groups of nobody have no
    numbers and hide nobody.

    >>> withheld([40, 12, 3, 25]).tolist()
    [False, True, True, False]

    Args:
        students: (groups,) how many students each has.
        floor: fewest students of a group that is shown.
    """
    size = np.asarray(students)
    hidden = (size > 0) & (size < floor)
    order = [group for group in np.argsort(size, kind="stable") if size[group] >= floor]
    while hidden.any() and order and (hidden.sum() < 2 or size[hidden].sum() < floor):
        hidden[order.pop(0)] = True
    return hidden
