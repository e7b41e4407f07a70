import pytest
import torch
from _toys import OPTIONS, HalfBatches, Toy, ToyBatches, fork_context, train_in_group
from torch import nn

from kt_fewshot.training import Trainer
from kt_fewshot.training.distributed import sum_over_processes


def test_one_process_is_left_alone():
    parameter = nn.Parameter(torch.ones(2))
    sums = torch.ones(2, 1)
    sum_over_processes([parameter], [sums])
    assert parameter.grad is None
    assert sums.tolist() == [[1.0], [1.0]]


def test_two_processes_with_half_of_each_batch_are_one_with_all(tmp_path):
    context = fork_context()
    children = [context.Process(target=train_in_group, args=(tmp_path, rank)) for rank in (0, 1)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    first, second = (torch.load(tmp_path / f"rank{rank}", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first if name != "seen")
    model = Toy()
    model.dropout.p = 0.0
    history = Trainer(OPTIONS, loss_scale=16).fit(model, ToyBatches())
    assert first["loss"].item() == pytest.approx(history.rows[-1].losses["sum"], rel=1e-4)
    torch.testing.assert_close(first["shared.weight"], model.shared.weight.detach(), rtol=1e-3, atol=1e-4)


def test_the_halves_are_halves():
    (x, _), *_ = HalfBatches(rank=1).epoch(0)
    (whole, _), *_ = ToyBatches().epoch(0)
    assert torch.equal(x, whole[1::2])
