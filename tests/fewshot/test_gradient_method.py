"""Tests of what methods of gradient steps share."""

import math

import pytest
import torch
from _episodes import SHAPES, episode_of, filled_up, gradients, method_of
from torch import nn

from kt_fewshot.encoders import Encoder, Memoryless
from kt_fewshot.fewshot import MAML, Episode, Examples

SECOND_ORDER = ["anil", "maml", "meta-sgd", "proto-maml"]
ALL = [*SECOND_ORDER, "fomaml", "reptile"]
STRATEGIES = ["loop", "vectorised"]


def small(name, encoder, strategy="loop", **options):
    return method_of(name, encoder, strategy=strategy, inner_steps=2, inner_rate=0.1, ways=3, **options)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("encoder", ["conv4", "lstm", "mlp"])
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_gradients_are_those_of_finite_differences(name, encoder, strategy):
    method = small(name, encoder, strategy)
    episode = filled_up(episode_of(SHAPES[encoder], shot=3))
    found = gradients(method, episode)
    generator = torch.Generator().manual_seed(3)
    direction = {key: torch.randn(value.shape, generator=generator, dtype=value.dtype) for key, value in found.items()}
    expected = sum((found[key] * direction[key]).sum() for key in found).item()

    def loss_at(distance):
        moved = small(name, encoder, strategy)
        with torch.no_grad():
            for key, parameter in moved.named_parameters():
                parameter += distance * direction[key]
            return moved.losses(episode)["query"].total.item()

    step = 1e-5 if encoder == "lstm" else 1e-7  # small where a ReLU could bend in between
    assert (loss_at(step) - loss_at(-step)) / (2 * step) == pytest.approx(expected, rel=2e-6, abs=1e-6)


@pytest.mark.parametrize("statistics", ["own", "support"])
@pytest.mark.parametrize("encoder", ["conv4", "lstm", "mlp", "resnet12"])
@pytest.mark.parametrize("name", ALL)
def test_both_strategies_are_the_same(name, encoder, statistics):
    episode = filled_up(episode_of(SHAPES[encoder]))
    loop, vectorised = (small(name, encoder, strategy, query_statistics=statistics) for strategy in STRATEGIES)
    ours, theirs = gradients(loop, episode), gradients(vectorised, episode)
    assert list(ours) == [name for name, _ in loop.named_parameters()]
    for key, value in ours.items():
        torch.testing.assert_close(theirs[key], value, rtol=1e-8, atol=1e-8)
    predictions = [method.eval().adapt(episode.support, 3)(episode.query.x) for method in (loop, vectorised)]
    torch.testing.assert_close(*predictions, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_support_s_statistics_make_each_prediction_its_own(strategy):
    episode = episode_of(SHAPES["conv4"])
    for statistics, moved in (("own", True), ("support", False)):
        method = small("maml", "conv4", strategy, query_statistics=statistics).eval()
        predict = method.adapt(episode.support, 3)
        difference = (predict(episode.query.x)[:, :2] - predict(episode.query.x[:, :2])).abs().max()
        assert (difference > 1e-3) == moved
        assert moved or difference < 1e-12


def test_chunks_add_up():
    method = small("maml", "conv4")
    episode = episode_of(SHAPES["conv4"], tasks=3)
    whole = gradients(method, episode)
    parts = [gradients(method, part) for part in episode.chunks(3)]
    for key, value in whole.items():
        torch.testing.assert_close(sum(part[key] for part in parts), value)


def test_without_gradients_the_numbers_are_the_same_and_hold_no_graph():
    method = small("maml", "conv4")
    episode = episode_of(SHAPES["conv4"])
    with_graph = method.adapt(episode.support, 3)(episode.query.x)
    with torch.no_grad():
        without = method.adapt(episode.support, 3)(episode.query.x)
        loss = method.losses(episode)["query"]
    assert with_graph.requires_grad
    assert not without.requires_grad
    torch.testing.assert_close(without, with_graph)
    assert not loss.total.requires_grad
    assert loss.count.item() == 18
    torch.testing.assert_close(loss.total, method.losses(episode)["query"].total)


@pytest.mark.parametrize("name", ALL)
def test_frozen_and_idle_parameters_do_no_harm(name):
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(5, 4), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x).tanh()

    body = Idle()
    body.used.bias.requires_grad_(False)
    kind = type(small(name, "mlp"))
    method = kind(Encoder([Memoryless(body)], 4), {"ways": 3}).double()
    episode = episode_of((5,))
    found = gradients(method, episode)
    weight = next(key for key in found if key.endswith("used.weight"))
    assert found[weight].any()
    assert not body.used.bias.requires_grad


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["maml", "anil"])
def test_bf16_follows_fp32(name, strategy):
    method = small(name, "conv4", strategy).float()
    x = episode_of(SHAPES["conv4"], shot=4)
    episode = Episode(*(Examples(half.x.float(), half.y) for half in (x.support, x.query)), 3)
    exact = gradients(method, episode)
    method.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = method.losses(episode)["query"].total
    assert loss.dtype == torch.float32
    loss.backward()
    ours = torch.cat([p.grad.flatten() for p in method.parameters()])
    theirs = torch.cat([value.flatten() for value in exact.values()])
    assert ours.dtype == torch.float32
    assert 0.8 < torch.cosine_similarity(ours, theirs, 0) < 0.99999  # bf16 has eight bits, and uses them


def test_more_steps_afterwards_than_in_training():
    method = method_of("maml", inner_steps=1, test_steps=4)
    assert (method.steps, method.eval().steps) == (1, 4)
    assert method_of("maml", inner_steps=2, test_steps=None).eval().steps == 2


def test_dropout_lives_in_both_strategies():
    body = nn.Sequential(nn.Linear(5, 4), nn.Dropout(0.5))
    for strategy in STRATEGIES:
        method = MAML(Encoder([Memoryless(body)], 4), {"strategy": strategy}).double()
        episode = episode_of((5,))
        first, second = (method.losses(episode)["query"].total.item() for _ in range(2))
        assert first != second
        assert math.isfinite(first)
