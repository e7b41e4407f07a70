"""Small groups, worked out by hand; and that no small one can be found by subtraction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.reports import withheld


@pytest.mark.parametrize(
    ("students", "hidden"),
    [
        ([40, 12, 25], []),
        ([40, 12, 3, 25], [1, 2]),  # the smallest of the others goes with it
        ([40, 12, 3, 4, 25], [1, 2, 3]),  # 3 + 4 = 7 is still fewer than 10
        ([40, 12, 6, 5, 25], [2, 3]),  # 6 + 5 = 11
        ([9, 10], [0, 1]),
        ([10, 10], []),
        ([9], [0]),
        ([0, 0, 20], []),  # nobody is nobody
        ([], []),
    ],
)
def test_by_hand(students, hidden):
    assert np.flatnonzero(withheld(students)).tolist() == hidden


def test_the_floor_may_be_another():
    assert withheld([4, 5, 6], floor=5).tolist() == [True, True, False]


@given(st.lists(st.integers(0, 30), max_size=12))
def test_what_is_left_after_subtraction_is_no_small_group(students):
    size, hidden = np.array(students, dtype=int), withheld(students)
    assert hidden[(size > 0) & (size < 10)].all()
    if hidden.any() and not hidden[size > 0].all():
        assert hidden.sum() >= 2
        assert size[hidden].sum() >= 10
