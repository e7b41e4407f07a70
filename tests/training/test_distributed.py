from dataclasses import replace

import pytest
import torch
from _together import (
    LooksAgain,
    Ragged,
    Uncertainty,
    fit,
    gone,
    in_two_processes,
    other_clocks,
    several_trainings,
    spoilt,
    stopped_and_resumed,
    without_dropout,
)
from _toys import OPTIONS, Batch, Toy, points
from torch import nn

from kt_fewshot.errors import TrainingError
from kt_fewshot.training import Processes, ProcessLostError
from kt_fewshot.training.distributed import sum_over_processes

ONE, SECOND = Processes(), Processes(1, 3)


def test_one_process_is_left_alone():
    parameter = nn.Parameter(torch.ones(2))
    sums = torch.ones(2, 1)
    sum_over_processes([parameter], [sums])
    assert parameter.grad is None
    assert sums.tolist() == [[1.0], [1.0]]
    assert ONE.share("batch") == ("batch", 1.0)
    assert ONE.any(True, False) == [True, False]
    assert ONE.from_writer("said") == "said"
    assert Processes.here() == ONE
    assert ONE.is_writer


def test_a_share_is_a_part_and_who_gets_none_counts_nothing():
    batch = Batch(points(6, 0))
    assert torch.equal(SECOND.share(batch)[0][0], batch[0][2:4])
    assert SECOND.share(batch)[1] == 1.0
    (x, _), counts = SECOND.share(Batch(part[:1] for part in batch))
    assert torch.equal(x, batch[0][:1])
    assert counts == 0.0
    with pytest.raises(TrainingError, match="cannot be shared by several processes. Train in one"):
        SECOND.share(torch.zeros(3))


def test_two_processes_are_one_with_two_chunks_noise_included(tmp_path):
    first, second = in_two_processes(tmp_path, several_trainings)
    whole = replace(OPTIONS, chunks=2)
    expected = {
        "plain": fit(whole),
        "chunks": fit(replace(OPTIONS, chunks=4)),
        "ragged": fit(whole, batches=Ragged(steps_per_epoch=9)),
    }
    for name, (weights, numbers) in first.items():
        assert torch.equal(weights, second[name][0]), name  # to the last bit
        assert torch.equal(numbers, second[name][1]), name
        if name in expected:
            torch.testing.assert_close((weights, numbers), expected[name], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(first["plain"][0], fit()[0], atol=1e-3)  # other noise than in one piece


def test_what_does_not_add_up_is_made_of_the_joint_losses(tmp_path, monkeypatch):
    monkeypatch.setattr(Toy, "forward", lambda self, x: self.heads(torch.tanh(self.shared(x))))  # no noise
    expected = {
        "balanced": fit(replace(OPTIONS, clip_norm=None), balancing=Uncertainty()),
        "again": fit(balancing=LooksAgain()),
    }
    for first in in_two_processes(tmp_path, without_dropout):
        for name, whole in expected.items():
            torch.testing.assert_close(first[name], whole, rtol=1e-4, atol=1e-5)


def test_a_stop_is_agreed_on_and_a_resume_ends_as_if_there_had_been_none(tmp_path):
    answers = in_two_processes(tmp_path, stopped_and_resumed)
    assert [saved for *_, saved in answers] == [10, None]
    for whole, resumed, _ in answers:
        assert all(torch.equal(*pair) for pair in zip(whole, resumed, strict=True))


def test_time_is_up_for_all_and_the_writer_s_validation_counts(tmp_path):
    assert in_two_processes(tmp_path, other_clocks) == [(1, 1, 0.0), (1, 1, 0.0)]


def test_a_loss_that_is_not_finite_in_one_share_stops_all(tmp_path):
    for error in in_two_processes(tmp_path, spoilt):
        assert isinstance(error, TrainingError)
        assert "The loss of sum is not finite in epoch 1, step 5" in str(error)


def test_a_process_that_dies_is_noticed(tmp_path):
    error, nothing = in_two_processes(tmp_path, gone)
    assert isinstance(error, ProcessLostError)
    assert "Another process of this training has ended" in str(error)
    assert nothing is None
