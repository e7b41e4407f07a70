import torch
from _toys import Toy, ToyBatches
from torch import nn

from kt_fewshot.training import LossSum, PlainSum


def test_a_loss_is_a_sum_and_a_count():
    total, count = LossSum(torch.tensor(3.0), torch.tensor(2))
    assert (total.item(), count.item()) == (3.0, 2)


def test_the_plain_sum_adds_gradients():
    w = nn.Parameter(torch.tensor(1.0))
    balancing = PlainSum()
    balancing.backward({"a": 2 * w, "b": 3 * w}, nn.Module())
    balancing.backward({"a": 2 * w}, nn.Module())
    assert w.grad.item() == 7.0
    assert list(balancing.parameters()) == []
    assert balancing.after_step() is balancing.after_epoch() is None


def test_nothing_to_add_is_nothing():
    PlainSum().backward({}, nn.Module())


def test_the_toy_is_what_the_trainer_asks_for():
    batches = ToyBatches()
    first, second = list(batches.epoch(1))[3:], list(batches.epoch(1, 3))
    assert len(first) == len(second) == 4
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(first, second, strict=True))
    assert set(Toy().losses(first[0])) == {"sum", "first"}
