"""Tests of the bridge to learn2learn: parity of gradients, its task sets, its models."""

import random
import sys

import pytest
import torch
from _episodes import SHAPES, episode_of, gradients, method_of
from torch import nn
from torch.nn import functional

from kt_fewshot.encoders import Conv4
from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import learn2learn_bridge
from kt_fewshot.fewshot.learn2learn_bridge import TaskDatasetEpisodes, encoder_of, learn2learn


@pytest.fixture(scope="module")
def l2l():
    try:
        return learn2learn()
    except KTError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("n_way", [3, 4])
@pytest.mark.parametrize("encoder", ["conv4", "mlp"])
@pytest.mark.parametrize(("ours", "theirs"), [("maml", "l2l-maml"), ("anil", "l2l-anil")])
def test_gradients_and_predictions_are_theirs(l2l, ours, theirs, encoder, n_way):
    options = {"ways": 3, "inner_steps": 3, "inner_rate": 0.2}
    episode = episode_of(SHAPES[encoder], way=n_way)
    method, other = (method_of(name, encoder, **options) for name in (ours, theirs))
    found, expected = gradients(method, episode), gradients(other, episode)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-8, atol=1e-8)
    with torch.no_grad():
        scores = [each.eval().adapt(episode.support, n_way)(episode.query.x) for each in (method, other)]
    torch.testing.assert_close(*scores, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("fomaml", lambda l2l, net: l2l.algorithms.MAML(net, lr=0.25, first_order=True)),
        ("maml", lambda l2l, net: l2l.algorithms.MAML(net, lr=0.25)),
        ("meta-sgd", lambda l2l, net: l2l.algorithms.MetaSGD(net, lr=0.25)),
    ],
)
def test_gradients_are_those_of_their_own_loop(l2l, name, make):
    """As their examples write it, with torch's own batch normalisation in train mode."""
    method = method_of(name, "conv4", ways=3, inner_steps=2, inner_rate=0.25)
    episode = episode_of(SHAPES["conv4"])
    found = gradients(method, episode)
    body = Conv4(SHAPES["conv4"], hidden=4).double()
    body.load_state_dict(method.encoder.state_dict(), strict=False)
    algorithm = make(l2l, nn.Sequential(body, method.head))
    algorithm.zero_grad()
    for task in (episode.task(k) for k in range(len(episode))):
        clone = algorithm.clone()
        for _ in range(2):
            clone.adapt(functional.cross_entropy(clone(task.support.x[0]), task.support.y[0]))
        functional.cross_entropy(clone(task.query.x[0]), task.query.y[0], reduction="sum").backward()
    theirs = [p.grad for p in algorithm.module.parameters()] + [p.grad for p in getattr(algorithm, "lrs", [])]
    assert len(theirs) == len(found)
    for value, expected in zip(found.values(), theirs, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-8, atol=1e-8)


def task_dataset(l2l, n=-1):
    from learn2learn.data.transforms import ConsecutiveLabels, KShots, LoadData, NWays, RemapLabels

    x = torch.arange(64.0)[:, None]
    data = l2l.data.MetaDataset(torch.utils.data.TensorDataset(x, torch.arange(64) % 8))
    transforms = [NWays(data, 5), KShots(data, 3), LoadData(data), RemapLabels(data), ConsecutiveLabels(data)]
    return l2l.data.Taskset(data, transforms, num_tasks=n)


@pytest.mark.parametrize("n", [-1, 10])
def test_task_sets_are_episodes(l2l, n):
    state = random.getstate()
    episodes = TaskDatasetEpisodes(task_dataset(l2l, n), k_shot=1, tasks=4, seed=3)
    episode = episodes.draw(1)
    assert random.getstate() == state
    assert (episode.n_way, episode.support.x.shape, episode.query.x.shape) == (5, (4, 5, 1), (4, 10, 1))
    assert episode.support.y.tolist() == [[0, 1, 2, 3, 4]] * 4
    of_support, of_query = (half.x[..., 0] % 8 for half in (episode.support, episode.query))
    assert torch.equal(of_query, of_support.gather(1, episode.query.y))  # one class of the data set behind each label
    for task in range(4):
        assert not set(episode.support.x[task].flatten().tolist()) & set(episode.query.x[task].flatten().tolist())
    again = TaskDatasetEpisodes(task_dataset(l2l, n), k_shot=1, tasks=2, seed=3).draw(3)  # tasks 6 and 7
    assert torch.equal(again.support.x, episode.support.x[2:])
    assert not torch.equal(episodes.draw(0).support.x, episode.support.x)
    with pytest.raises(ValueError, match="above 3"):
        TaskDatasetEpisodes(task_dataset(l2l), k_shot=3).draw(0)


def test_their_models_are_encoders(l2l):
    encoder = encoder_of(l2l.vision.models.OmniglotCNN(5, hidden_size=8), (1, 28, 28))
    assert encoder.width == 8
    assert encoder(torch.zeros(2, 1, 28, 28)).shape == (2, 8)
    assert encoder.training
    assert encoder_of(nn.Conv2d(1, 2, 3), (1, 5, 5)).width == 18


def test_says_how_to_get_it_where_it_is_missing(monkeypatch):
    learn2learn.cache_clear()
    monkeypatch.setitem(sys.modules, "learn2learn", None)
    monkeypatch.setattr(learn2learn_bridge, "_make_torchvision_importable", lambda: None)
    with pytest.raises(KTError, match="make learn2learn"):
        method_of("l2l-maml")
    learn2learn.cache_clear()
