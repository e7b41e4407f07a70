"""Tests of Meta-SGD."""

import torch
from _episodes import episode_of, gradients, method_of


def test_with_equal_rates_it_is_maml():
    episode = episode_of((5,))
    ours = gradients(method_of("meta-sgd", ways=3, inner_steps=2, inner_rate=0.1), episode)
    theirs = gradients(method_of("maml", ways=3, inner_steps=2, inner_rate=0.1), episode)
    for key, value in theirs.items():
        torch.testing.assert_close(ours[key], value)
    assert len(ours) == 2 * len(theirs)


def test_each_parameter_has_a_rate_of_its_own():
    method = method_of("meta-sgd", ways=3)
    assert [rate.shape for rate in method.rates] == [
        p.shape for name, p in method.named_parameters() if not name.startswith("rates")
    ]
    with torch.no_grad():
        for rate in method.rates:
            rate.zero_()
    episode = episode_of((5,))
    features = method.encoder(episode.query.x.flatten(0, 1))
    torch.testing.assert_close(method.adapt(episode.support, 3)(episode.query.x).flatten(0, 1), method.head(features))
