"""Tests of the sampler: classes and items of a task differ, numbers are as asked, tasks depend on seed and number."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.data import ClassImages
from kt_fewshot.errors import DatasetError
from kt_fewshot.fewshot import Episode, EpisodeSampler


def pool(classes: int = 8, items: int = 6, *, sources: int = 0) -> ClassImages:
    """Items tell what they are: value = number of the item; classes are interleaved."""
    n = classes * items
    made_by = (torch.arange(n) // classes) % sources if sources else None
    names = tuple(f"class {index}" for index in range(classes))
    return ClassImages(torch.arange(n).float()[:, None], torch.arange(n) % classes, names, made_by)


def check(episode: Episode, data: ClassImages) -> None:
    """What must hold for every episode of a data set."""
    assert episode.classes is not None
    assert episode.support_items is not None
    assert episode.query_items is not None
    real = episode.support.real()
    for task in range(len(episode)):
        classes = episode.classes[task]
        assert len(set(classes.tolist())) == episode.n_way
        taken = [*episode.support_items[task][real[task]].tolist(), *episode.query_items[task].tolist()]
        assert len(set(taken)) == len(taken)
        assert torch.equal(data.y[episode.query_items[task]], classes[episode.query.y[task]])
        assert torch.equal(
            data.y[episode.support_items[task]][real[task]], classes[episode.support.y[task]][real[task]]
        )
    assert torch.equal(episode.query.x, data.values(episode.query_items))
    assert torch.equal(episode.support.x[real], data.values(episode.support_items[real]))


@given(st.integers(2, 8), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1000))
def test_a_task_is_what_was_asked_for(n_way: int, k_shot: int, n_query: int, seed: int):
    data = pool()
    episode = EpisodeSampler(data, n_way, k_shot, n_query=n_query, tasks=3, seed=seed).draw(seed)
    check(episode, data)
    assert episode.support.counts(n_way).unique().tolist() == [k_shot]
    assert episode.query.counts(n_way).unique().tolist() == [n_query]


def test_a_task_depends_on_seed_and_number_alone():
    data = pool()
    few, many = (EpisodeSampler(data, 4, 2, n_query=2, tasks=n, seed=3) for n in (2, 6))
    assert torch.equal(torch.cat([few.draw(n).query.x for n in range(3)]), many.draw(0).query.x)
    other = EpisodeSampler(data, 4, 2, n_query=2, tasks=6, seed=4)
    assert not torch.equal(other.draw(0).query.x, many.draw(0).query.x)
    assert not torch.equal(many.draw(1).query.x, many.draw(0).query.x)


def test_processes_draw_parts_of_one_batch():
    data = pool()
    whole = EpisodeSampler(data, 4, n_query=2, tasks=6).draw(5)
    parts = [EpisodeSampler(data, 4, n_query=2, tasks=6, part=(rank, 3)).draw(5) for rank in range(3)]
    assert torch.equal(torch.cat([part.support.x for part in parts]), whole.support.x)


def test_classes_and_items_are_evenly_drawn():
    data = pool()
    episode = EpisodeSampler(data, 3, 1, n_query=1, tasks=4000).draw(0)
    assert episode.classes is not None
    assert episode.support_items is not None
    by_class = torch.bincount(episode.classes.flatten(), minlength=8)
    by_item = torch.bincount(episode.support_items.flatten(), minlength=48)
    first = torch.bincount(episode.classes[:, 0], minlength=8)
    for counts in (by_class, by_item, first):
        expected = counts.sum() / len(counts)
        assert ((counts - expected) ** 2 / expected).sum() < len(counts) + 4 * (2 * len(counts)) ** 0.5


def test_support_and_query_share_no_source():
    data = pool(classes=8, items=12, sources=4)
    assert data.sources is not None
    sampler = EpisodeSampler(data, 5, 3, n_query=4, tasks=50)
    episode = sampler.draw(0)
    check(episode, data)
    assert episode.support_items is not None
    assert episode.query_items is not None
    ours, theirs = data.sources[episode.support_items], data.sources[episode.query_items]
    assert not (ours[:, :, None] == theirs[:, None]).any()
    sides = {tuple(sorted(set(row))) for row in ours.tolist()}
    assert len(sides) == 6  # every pair of the four sources is the support's in some task
    together = EpisodeSampler(data, 5, 3, n_query=4, tasks=50, apart=False).draw(0)
    assert together.support_items is not None
    assert together.query_items is not None
    shared = data.sources[together.support_items][:, :, None] == data.sources[together.query_items][:, None]
    assert shared.any()


def test_way_and_shots_vary_by_batch():
    data = pool()
    sampler = EpisodeSampler(data, (2, 5), (1, 3), n_query=2, tasks=2)
    seen = set()
    for index in range(40):
        episode = sampler.draw(index)
        check(episode, data)
        seen.add((episode.n_way, episode.support.y.shape[1] // episode.n_way))
        assert torch.equal(sampler.draw(index).support.x, episode.support.x)
    assert {way for way, _ in seen} == {2, 3, 4, 5}
    assert {shots for _, shots in seen} == {1, 2, 3}


def test_imbalanced_shots_are_masked():
    data = pool()
    episode = EpisodeSampler(data, 4, (1, 3), n_query=2, tasks=100, imbalanced=True).draw(0)
    check(episode, data)
    assert episode.support.y.shape == (100, 12)
    counts = episode.support.counts(4)
    assert counts.unique().tolist() == [1, 2, 3]
    assert (counts != counts[:, :1]).any()
    assert episode.support_items is not None
    assert torch.equal(episode.support_items < 0, ~episode.support.real())


def test_images_of_bytes_become_floats():
    data = ClassImages(
        torch.tensor([0, 255, 51, 102] * 4, dtype=torch.uint8).reshape(16, 1, 1, 1),
        torch.arange(16) // 4,
        tuple("abcd"),
        mean=(0.2,),
        std=(0.5,),
    )
    x = EpisodeSampler(data, 2, 2, n_query=2, tasks=4).draw(0).query.x
    assert x.dtype == torch.float32
    assert torch.allclose(x.unique(), torch.tensor([-0.4, 0.0, 0.4, 1.6]), atol=1e-6)  # (value / 255 - .2) / .5


def test_the_trainer_gets_the_same_epoch_twice_and_from_any_step():
    sampler = EpisodeSampler(pool(), 3, n_query=2, tasks=2, steps=4)
    whole, rest = list(sampler.epoch(2)), list(sampler.epoch(2, 3))
    assert (len(whole), len(rest), sampler.steps_per_epoch) == (4, 1, 4)
    assert torch.equal(whole[3].query.x, rest[0].query.x)
    assert not torch.equal(next(sampler.epoch(0)).query.x, next(sampler.epoch(1)).query.x)


def test_first_episodes_are_the_same_for_any_batch_size():
    data = pool()
    found = [list(EpisodeSampler(data, 3, n_query=2, tasks=tasks).first(7)) for tasks in (2, 5)]
    assert [[len(part) for part in parts] for parts in found] == [[2, 2, 2, 1], [5, 2]]
    assert torch.equal(*(torch.cat([part.query.x for part in parts]) for parts in found))


def test_fingerprint_changes_with_data_and_kind():
    data = pool()
    other = ClassImages(data.x + 1, data.y, data.names)
    prints = [
        EpisodeSampler(data, 3, n_query=2).fingerprint,
        EpisodeSampler(data, 3, n_query=2, seed=1).fingerprint,
        EpisodeSampler(data, 4, n_query=2).fingerprint,
        EpisodeSampler(other, 3, n_query=2).fingerprint,
    ]
    assert len(set(prints)) == 4
    assert EpisodeSampler(pool(), 3, n_query=2).fingerprint == prints[0]


def test_unfit_data_is_told_in_one_line():
    with pytest.raises(DatasetError, match=r"^A 9-way task needs 9 classes. Found 8. Lower --n-way.$"):
        EpisodeSampler(pool(), 9)
    with pytest.raises(DatasetError, match=r"^2 shots and 5 queries need 7 items of each class. Class 'class 0' has 6"):
        EpisodeSampler(pool(), 3, 2, n_query=5)
    with pytest.raises(DatasetError, match=r"leaves class 'class 0' 6 items for 7 queries"):
        EpisodeSampler(pool(items=12, sources=2), 3, 1, n_query=7)
    with pytest.raises(DatasetError, match=r"leaves class 'class 0' 0 items for 1 shots"):
        EpisodeSampler(pool(items=12, sources=1), 3, 1, n_query=1)


def test_numbers_out_of_range():
    for options, message in (
        ({"n_way": 1}, "`n_way` should be at least 2. Found `n_way = 1`"),
        ({"k_shot": 0}, "`k_shot` should be at least 1. Found `k_shot = 0`"),
        ({"k_shot": (3, 2)}, r"`k_shot` should be \(smallest, largest\)"),
        ({"n_query": 0}, "`n_query` should be at least 1"),
        ({"tasks": 0}, "`tasks` should be at least 1"),
        ({"steps": 0}, "`steps` should be at least 1"),
        ({"tasks": 3, "part": (0, 2)}, "a divisor of `tasks = 3`"),
    ):
        with pytest.raises(ValueError, match=message):
            EpisodeSampler(pool(), **options)


@pytest.mark.gpu
def test_a_gpu_draws_the_same_tasks():
    data = pool(items=12, sources=4)
    for apart in (True, False):
        here = EpisodeSampler(data, 5, 2, n_query=3, tasks=20, apart=apart).draw(3)
        there = EpisodeSampler(data.to("cuda"), 5, 2, n_query=3, tasks=20, apart=apart).draw(3)
        assert there.support.x.device.type == "cuda"
        assert torch.equal(there.query.x.cpu(), here.query.x)
        assert torch.equal(there.support.x.cpu(), here.support.x)
