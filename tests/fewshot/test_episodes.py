"""Tests of episodes: what is checked at birth, cutting, counting."""

import pytest
import torch

from kt_fewshot.fewshot import Episode, Examples


def batch(tasks: int = 5, *, mask: bool = False) -> Episode:
    """Two classes, two shots, three queries; each number tells its task."""
    support = torch.arange(tasks).float().reshape(tasks, 1, 1).expand(tasks, 4, 3)
    query = 100 + torch.arange(tasks).float().reshape(tasks, 1, 1).expand(tasks, 3, 3)
    real = torch.tensor([True, True, True, False]).expand(tasks, 4) if mask else None
    return Episode(
        Examples(support, torch.tensor([0, 0, 1, 1]).expand(tasks, 4), real),
        Examples(query, torch.tensor([0, 1, 1]).expand(tasks, 3)),
        n_way=2,
        support_items=torch.arange(tasks)[:, None].expand(tasks, 4),
    )


def test_chunks_hold_every_task_once_in_order():
    for n, sizes in ((1, [5]), (2, [3, 2]), (4, [2, 2, 1]), (5, [1] * 5), (9, [1] * 5)):
        parts = batch().chunks(n)
        assert [len(part) for part in parts] == sizes
        assert torch.cat([part.support.x[:, 0, 0] for part in parts]).tolist() == [0, 1, 2, 3, 4]
        assert torch.cat([part.query.x[:, 0, 0] for part in parts]).tolist() == [100, 101, 102, 103, 104]
        assert all(part.query_items is None and part.n_way == 2 for part in parts)
        assert torch.cat([part.support_items[:, 0] for part in parts]).tolist() == [0, 1, 2, 3, 4]  # pyright: ignore


def test_one_task():
    assert batch().task(-1).support.x.unique().tolist() == [4]
    assert len(batch().task(2)) == 1
    with pytest.raises(IndexError, match="There is no task 5 in a batch of 5"):
        batch().task(5)


def test_masked_examples_do_not_count():
    episode = batch(2, mask=True)
    assert episode.support.counts(2).tolist() == [[2, 1], [2, 1]]
    assert episode.query.counts(2).tolist() == [[1, 2], [1, 2]]
    assert episode.task(1).support.real().tolist() == [[True, True, True, False]]


def test_to_moves_everything(device: torch.device):
    episode = batch(mask=True).to(device)
    assert {episode.support.x.device.type, episode.support.real().device.type} == {device.type}
    assert episode.support_items is not None
    assert episode.support_items.device.type == device.type


def test_shapes_must_fit():
    x = torch.zeros(2, 3, 4)
    with pytest.raises(ValueError, match=r"`y` should be of shape \(tasks, examples\) = \(2, 3\). Found \(2, 4\)"):
        Examples(x, torch.zeros(2, 4).long())
    with pytest.raises(ValueError, match="`mask` should be of shape"):
        Examples(x, torch.zeros(2, 3).long(), torch.ones(3, dtype=torch.bool))
    good = Examples(x, torch.zeros(2, 3).long())
    with pytest.raises(ValueError, match="Support is of 2 tasks, query of 1"):
        Episode(good, good.part(slice(1)), 2)
    with pytest.raises(ValueError, match=r"examples of one shape. Found \(4,\) and \(5,\)"):
        Episode(good, Examples(torch.zeros(2, 3, 5), good.y), 2)
