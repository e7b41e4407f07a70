"""Tests of Reptile."""

from dataclasses import replace

import pytest
import torch
from _episodes import SHAPES, episode_of, filled_up, method_of, sinusoid_errors
from torch import nn

from kt_fewshot.encoders import MLP
from kt_fewshot.fewshot import Examples, Reptile, Sinusoids
from kt_fewshot.fewshot.reptile import _batches
from kt_fewshot.training import Trainer, TrainerOptions


def rule_of(method, episode, scale=1.0):
    method.zero_grad()
    losses = method.add_gradient(episode, scale)
    return {name: p.grad.clone() for name, p in method.named_parameters()}, losses["inner"]


def test_the_update_is_where_adam_goes():
    """As torch's Adam does it, on a network of its own."""
    episode = episode_of((5,), tasks=1, shot=1, queries=2)
    method = method_of("reptile", ways=3, inner_steps=4, inner_rate=0.01, inner_batch=100)
    found, loss = rule_of(method, episode)
    twin = method_of("reptile", ways=3)
    network = nn.Sequential(twin.encoder, twin.head)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.0, 0.999))
    x, y = (
        torch.cat(pair, 1)[0] for pair in ((episode.support.x, episode.query.x), (episode.support.y, episode.query.y))
    )
    for _ in range(4):
        optimizer.zero_grad()
        last = nn.functional.cross_entropy(network(x), y)
        last.backward()
        optimizer.step()
    for (name, start), moved in zip(method.named_parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(found[name], 6 * (start - moved).detach(), rtol=1e-7, atol=1e-9)
    assert loss.count.item() == 6  # queries
    torch.testing.assert_close(loss.total, 6 * last.detach())


@pytest.mark.parametrize("encoder", ["lstm", "mlp"])
def test_both_strategies_are_the_same_and_chunks_add_up(encoder):
    episode = filled_up(episode_of(SHAPES[encoder], tasks=3))
    options = {"ways": 5, "inner_steps": 3, "inner_batch": 4}
    loop, vectorised = (method_of("reptile", encoder, strategy=name, **options) for name in ("loop", "vectorised"))
    expected, loss = rule_of(loop, episode, 0.1)
    found, other = rule_of(vectorised, episode, 0.1)
    parts = [rule_of(loop, part, 0.1)[0] for part in episode.chunks(3)]
    torch.testing.assert_close(other.total, loss.total)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-6, atol=1e-9)
        if episode.support.mask is None:
            torch.testing.assert_close(sum(part[name] for part in parts), value)


def test_batches_are_dealt_out_and_none_is_all_filling():
    examples = Examples(torch.arange(12.0).reshape(1, 12, 1), torch.zeros(1, 12))
    assert [batch.x.flatten().tolist() for batch in _batches(examples, 5)] == [
        [0, 3, 6, 9],
        [1, 4, 7, 10],
        [2, 5, 8, 11],
    ]
    mask = torch.zeros(1, 12, dtype=torch.bool)
    mask[0, [3, 11]] = True
    dealt = _batches(replace(examples, mask=mask), 5)
    assert [batch.x[batch.mask].flatten().tolist() for batch in dealt] == [[3], [11]]


def trained(checkpoint=None, stop=None, **options):
    torch.manual_seed(0)
    method = Reptile(MLP((1,), hidden=16), {"ways": 1, "inner_rate": 0.02, "test_steps": 16})
    batches = Sinusoids(tasks=4, steps=8)
    settings = TrainerOptions(
        epochs=2, learning_rate=1e-2, patience=None, checkpoint_seconds=0, max_seconds=stop, chunks=2, **options
    )
    trainer = Trainer(settings, loss_scale=batches.labels_per_batch)
    history = trainer.fit(method, batches, checkpoint=checkpoint, resume=True)
    return method, history


def test_the_trainer_takes_its_rule_and_resumes_to_the_last_bit(tmp_path):
    whole, history = trained()
    assert list(history.rows[0].losses) == ["inner"]
    trained(tmp_path / "state", stop=0.0)  # stops after the first step
    resumed, _ = trained(tmp_path / "state")
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_learns_to_learn_sinusoids():
    torch.manual_seed(0)
    options = {"ways": 1, "inner_rate": 0.01, "test_steps": 16, "strategy": "vectorised"}
    method = Reptile(MLP((1,), hidden=40), options)
    _, before = sinusoid_errors(method)
    batches = Sinusoids(tasks=16, steps=200)
    settings = TrainerOptions(epochs=1, learning_rate=1e-2, schedule="cosine", patience=None)
    Trainer(settings, loss_scale=batches.labels_per_batch).fit(method, batches)
    unadapted, adapted = sinusoid_errors(method)
    assert adapted < 0.5 * unadapted
    assert adapted < 0.5 * before
