"""Balancing in two processes: the same as in one with the whole batch."""

import pytest
import torch
from _together import BALANCINGS, balanced_trainings, in_two_processes
from _toys import Toy


def test_two_processes_balance_as_one(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Toy, "forward", Toy.forward)  # `balanced_trainings` replaces it
    expected = balanced_trainings(tmp_path, 0)
    first, second = in_two_processes(tmp_path, balanced_trainings)
    for name in BALANCINGS:
        assert torch.equal(first[name][0], second[name][0]), name
        torch.testing.assert_close(first[name], expected[name], rtol=1e-3, atol=1e-4, msg=name)
