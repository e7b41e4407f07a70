"""SimpleShot: centred features of one length."""

import pytest
import torch
from _episodes import episode_of, method_of


@torch.no_grad()
def test_scale_makes_answers_surer_and_changes_none() -> None:
    episode = episode_of((5,))
    unsure, sure = (method_of("simpleshot", scale=scale).eval() for scale in (1.0, 2.0))
    for method in (unsure, sure):
        method.state_dict()["mean"].normal_(generator=torch.Generator().manual_seed(1))
    one, two = (method.adapt(episode.support, 3)(episode.query.x) for method in (unsure, sure))
    torch.testing.assert_close(two, 4 * one)
    lengths = sure.embed(episode.query.x).norm(dim=-1)  # pyright: ignore
    torch.testing.assert_close(lengths, torch.full((2, 9), 2.0, dtype=torch.float64))


def test_scale_is_positive() -> None:
    with pytest.raises(ValueError, match="scale"):
        method_of("simpleshot", scale=0.0)
