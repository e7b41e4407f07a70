"""Tests of sliding windows."""

import numpy as np
import pytest

from _asserts import random_log
from kt_fewshot.data import sliding_windows


def test_each_answer_is_wanted_once_with_a_short_past() -> None:
    log = random_log(20, seed=5)
    wanted = []
    for windows in sliding_windows(log, 5):
        assert windows.log.table["correct"].equals(log.table["correct"][windows.rows])
        students = windows.log.table["student"].to_numpy()
        assert max(np.unique(students, return_counts=True)[1]) <= 5
        real = log.table["student"].to_numpy()[windows.rows]
        for window in np.unique(students):
            rows = windows.rows[students == window]
            assert len(set(real[students == window])) == 1
            assert (np.diff(rows) == 1).all()
        wanted.append(windows.rows[windows.wanted])
    assert sorted(np.concatenate(wanted)) == list(range(len(log)))


def test_length_is_checked() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(sliding_windows(random_log(1), 0))
