"""Tests of ANIL."""

import torch
from _episodes import SHAPES, episode_of, method_of


def test_one_step_of_the_head_on_paper():
    """From a head of zeros every class is as likely: weight_c = rate * mean over the support of (y_c - 1/3) h."""
    method = method_of("anil", inner_steps=1, inner_rate=0.5, ways=3)
    with torch.no_grad():
        method.head.weight.zero_()
        method.head.bias.zero_()
    episode = episode_of((5,), tasks=1)
    h = method.encoder(episode.support.x[0])
    error = torch.nn.functional.one_hot(episode.support.y[0], 3).double() - 1 / 3
    weight, bias = 0.5 * error.t() @ h / 6, 0.5 * error.mean(0)
    expected = method.encoder(episode.query.x[0]) @ weight.t() + bias
    torch.testing.assert_close(method.adapt(episode.support, 3)(episode.query.x)[0], expected)


def test_every_example_passes_the_encoder_once():
    method = method_of("anil", "conv4", inner_steps=5)
    seen = []
    method.encoder.register_forward_hook(lambda *_: seen.append(1))
    method.losses(episode_of(SHAPES["conv4"], tasks=2))
    assert len(seen) == 4  # support and query of two tasks
