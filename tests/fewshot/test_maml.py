"""Tests of MAML and its first-order twin."""

import pytest
import torch
from _episodes import episode_of, gradients, method_of, sinusoid_errors
from torch import nn

from kt_fewshot.encoders import MLP, Encoder, Memoryless
from kt_fewshot.fewshot import FOMAML, MAML, Episode, Examples, Sinusoids
from kt_fewshot.training import Trainer, TrainerOptions


@pytest.mark.parametrize(("kind", "expected"), [(MAML, (-0.5, 0.5)), (FOMAML, (-2.0, -1.0))])
def test_on_paper(kind, expected):
    """A line w x + b with w = 1, b = 0. Support (1, 0): w' = w - (w + b) / 2 = .5, b' = -.5. Query (2, 1): loss .25.

    By w': 2 (.5 - 1) 2 = -2, by b': -1. Second order: dw'/dw = db'/db = .5, dw'/db = db'/dw = -.5.
    """
    method = kind(Encoder([Memoryless(nn.Flatten())], 1), {"ways": 1, "inner_rate": 0.25})
    with torch.no_grad():
        method.head.weight.fill_(1.0)
        method.head.bias.fill_(0.0)
    support = Examples(torch.tensor([[[1.0]]]), torch.tensor([[0.0]]))
    query = Examples(torch.tensor([[[2.0]]]), torch.tensor([[1.0]]))
    loss = method.losses(Episode(support, query, 0))["query"]
    loss.total.backward()
    assert (loss.total.item(), loss.count.item()) == (0.25, 1)
    assert (method.head.weight.grad.item(), method.head.bias.grad.item()) == expected
    method.train()
    assert method.adapt(support, 0)(query.x).tolist() == [[0.5]]


def test_learned_rates_are_one_a_tensor_and_step():
    method = method_of("maml", ways=3, inner_steps=2, learned_rates=True, test_steps=5)
    assert method.rates.shape == (6, 2)  # two layers and the head, weight and bias
    found = gradients(method, episode_of((5,)))
    assert found["rates"].abs().min() > 0
    plain = gradients(method_of("maml", ways=3, inner_steps=2), episode_of((5,)))
    for key, value in plain.items():
        torch.testing.assert_close(found[key], value)
    method.eval().adapt(episode_of((5,)).support, 3)  # more steps than rates


def test_early_steps_can_have_a_share_of_the_loss():
    episode = episode_of((5,))
    late, first = (method_of("maml", inner_steps=steps).losses(episode)["query"].total for steps in (3, 1))
    second = method_of("maml", inner_steps=2).losses(episode)["query"].total
    mixed = method_of("maml", inner_steps=3, early_loss=0.5).losses(episode)["query"].total
    torch.testing.assert_close(mixed, 0.5 * late + 0.25 * first + 0.25 * second)
    assert method_of("maml", inner_steps=1, early_loss=0.5).loss_weights() == [1.0]
    assert method_of("maml", inner_steps=3, early_loss=0.5).eval().loss_weights() == [0.0, 1.0]


def test_learns_to_learn_sinusoids():
    """The classic: ten points and a few steps are enough, once the parameters are right, and before they are not."""
    torch.manual_seed(0)
    options = {"ways": 1, "inner_rate": 0.01, "test_steps": 5, "strategy": "vectorised"}
    method = MAML(MLP((1,), hidden=40), options)
    before = sinusoid_errors(method)
    batches = Sinusoids(tasks=16, steps=250)
    options = TrainerOptions(epochs=1, learning_rate=1e-2, schedule="cosine", patience=None)
    Trainer(options, loss_scale=batches.labels_per_batch).fit(method, batches)
    unadapted, adapted = sinusoid_errors(method)
    assert adapted < 0.5 * unadapted
    assert adapted < 0.5 * before[1]  # the same steps from random parameters
