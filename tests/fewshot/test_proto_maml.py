"""Tests of Proto-MAML."""

import pytest
import torch
from _episodes import SHAPES, episode_of, method_of

from kt_fewshot.fewshot import Examples


@pytest.mark.parametrize("strategy", ["loop", "vectorised"])
def test_begins_as_the_nearest_prototype(strategy):
    """Without a step its logits are ProtoNet's, up to what all classes share: |h|^2."""
    episode = episode_of(SHAPES["mlp"])
    method = method_of("proto-maml", inner_rate=1e-12, strategy=strategy)
    logits = method.adapt(episode.support, 3)(episode.query.x)
    expected = method_of("protonet").eval().adapt(episode.support, 3)(episode.query.x)
    torch.testing.assert_close(logits.softmax(-1), expected.softmax(-1).double(), rtol=1e-6, atol=1e-6)


def test_a_regression_has_no_prototypes():
    support = Examples(torch.zeros(1, 3, 5, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64))
    with pytest.raises(ValueError, match="n_way = 0"):
        method_of("proto-maml").adapt(support, 0)
