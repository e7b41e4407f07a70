"""What holds for every few-shot method with every encoder."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
import torch
from _episodes import SHAPES, episode_of, filled_up, method_of
from torch import Tensor

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import ENCODERS
from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import METHODS, Episode, EpisodePlan, Examples, Method, load_method, save_method

EVERY = sorted(product(METHODS, ENCODERS))
every = pytest.mark.parametrize(("name", "encoder"), EVERY)


def made(name: str, encoder: str, seed: int = 0) -> Method:
    try:
        return method_of(name, encoder, seed=seed)
    except KTError as error:
        pytest.skip(str(error))


def scores(method: Method, episode: Episode) -> Tensor:
    """As evaluation gets them."""
    with torch.no_grad():
        return method.eval().adapt(episode.support, episode.n_way)(episode.query.x)


def classes_of(shape: tuple[int, ...]) -> ClassImages:
    x = torch.randn(30, *shape, generator=torch.Generator().manual_seed(1))
    y = torch.arange(5).repeat(6)
    return ClassImages(x + y.reshape(-1, *[1] * len(shape)), y, tuple("abcde"))


def batch_of(method: Method, encoder: str) -> Episode | Examples:
    """What the method would be trained on."""
    plan = EpisodePlan(5, 2, n_query=3, tasks=2)
    batch = next(iter(method.batches(classes_of(SHAPES[encoder]), plan, steps=1, seed=0).epoch(0)))
    method.double()  # with what was made for these classes
    if isinstance(batch, Examples):
        return replace(batch, x=batch.x.double())
    return replace(batch, **{side: replace(half, x=half.x.double()) for side, half in _halves(batch)})


def _halves(episode: Episode) -> Iterator[tuple[str, Examples]]:
    return iter((("support", episode.support), ("query", episode.query)))


def trained(method: Method, batch: Episode | Examples) -> dict[str, Tensor]:
    """The gradient that the trainer would see."""
    method.train().zero_grad()
    if hasattr(method, "add_gradient"):
        losses = method.add_gradient(batch, 0.1)
    else:
        losses = method.losses(batch)
        sum(loss.total for loss in losses.values()).backward()
    assert all(loss.total.isfinite() for loss in losses.values())
    return {name: parameter.grad for name, parameter in method.named_parameters()}


@every
def test_predicts_alike_in_any_order_of_support_and_classes(name, encoder):
    method = made(name, encoder)
    episode = episode_of(SHAPES[encoder])
    expected = scores(method, episode)
    assert expected.shape == (*episode.query.y.shape, 3)
    assert expected.isfinite().all()

    order = torch.tensor([4, 0, 5, 2, 1, 3])
    support = episode.support
    mixed = Episode(type(support)(support.x[:, order], support.y[:, order]), episode.query, 3)
    torch.testing.assert_close(scores(method, mixed), expected, rtol=1e-7, atol=1e-7)

    renamed = torch.tensor([2, 0, 1])
    other = Episode(type(support)(support.x, renamed[support.y]), episode.query, 3)
    torch.testing.assert_close(scores(method, other)[..., renamed], expected, rtol=1e-7, atol=1e-7)


@every
def test_filling_changes_nothing(name, encoder):
    method = made(name, encoder)
    episode = filled_up(episode_of(SHAPES[encoder]))
    other = filled_up(episode_of(SHAPES[encoder]), value=-3.0)
    assert not torch.equal(episode.support.x, other.support.x)
    torch.testing.assert_close(scores(method, episode), scores(method, other), rtol=0, atol=1e-12)
    part = episode.task(0)
    real = part.support.mask[0]
    bare = Episode(type(part.support)(part.support.x[:, real], part.support.y[:, real]), part.query, 3)
    torch.testing.assert_close(scores(method, episode)[:1], scores(method, bare), rtol=1e-6, atol=1e-6)


@every
def test_a_task_does_not_see_the_others_of_its_batch(name, encoder):
    method = made(name, encoder)
    episode = episode_of(SHAPES[encoder], tasks=3)
    alone = torch.cat([scores(method, episode.task(k)) for k in range(3)])
    torch.testing.assert_close(scores(method, episode), alone, rtol=1e-6, atol=1e-6)


@every
def test_adapting_leaves_the_method_as_it_was_and_any_number_of_classes_will_do(name, encoder):
    method = made(name, encoder).eval()
    before = {key: value.clone() for key, value in method.state_dict().items()}
    for way in (2, 6):
        episode = episode_of(SHAPES[encoder], way=way)
        predict = method.adapt(episode.support, way)
        assert predict(episode.query.x).shape[-1] == way
    assert all(torch.equal(value, before[key]) for key, value in method.state_dict().items())
    assert all(parameter.grad is None for parameter in method.parameters())


@every
def test_the_same_seed_gives_the_same_numbers_and_a_saved_method_comes_back(name, encoder, tmp_path):
    first, second, other = (made(name, encoder, seed) for seed in (0, 0, 1))
    episode = episode_of(SHAPES[encoder])
    gradients = [trained(method, batch_of(method, encoder)) for method in (first, second, other)]
    assert all(torch.equal(gradients[0][key], gradients[1][key]) for key in gradients[0])
    expected = scores(first, episode)
    assert torch.equal(scores(second, episode), expected)
    assert not torch.equal(scores(other, episode), expected)
    save_method(first.float(), tmp_path / "saved")
    loaded, _ = load_method(tmp_path / "saved")
    assert not loaded.training
    torch.testing.assert_close(scores(loaded.double(), episode), scores(first.double(), episode), rtol=0, atol=0)


@every
def test_training_reaches_every_parameter(name, encoder):
    method = made(name, encoder)
    gradient = trained(method, batch_of(method, encoder))
    missing = [key for key, value in gradient.items() if value is None]
    assert not missing
    assert all(value.isfinite().all() for value in gradient.values())
    still = {key for key, value in gradient.items() if not value.any()}
    assert not {key for key in still if not key.endswith(("bias", "offset"))}  # which may be undone by what follows
