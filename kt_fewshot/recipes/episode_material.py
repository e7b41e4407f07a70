"""What a few-shot report is made of, asked of a method and its test classes."""

from typing import Final

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import ClassImages, Splits
from kt_fewshot.errors import DatasetError
from kt_fewshot.evaluation import JudgedEpisodes, Results
from kt_fewshot.fewshot import EpisodePlan, Method, embedded, features
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import FewShotMaterial, ShownEpisode, ShownFeatures, Tiles

from .fewshot_settings import FewShotSettings
from .judged_method import judge_first, test_episodes

SHOTS: Final = (1, 2, 5, 10)
SHOT_EPISODES: Final = 300
SHOT_QUERIES: Final = 10
"""Examples a class that are tried besides the test's own, on so many episodes with so many queries a class."""

LOOKED_THROUGH: Final = 50
"""Episodes out of which the one that is shown is chosen."""

CROWD: Final = 50
CROWD_EPISODES: Final = 40
CROWD_QUERIES: Final = 5
"""Classes at once where confusions are looked for, in so many episodes with so many queries a class."""

MAP_CLASSES: Final = 8
MAP_ITEMS: Final = 24
"""Classes on the map of features, and items of each, at most."""


@torch.no_grad()
def episode_material(
    method: Method,
    splits: Splits,
    settings: FewShotSettings,
    *,
    judged: JudgedEpisodes,
    results: Results,
    history: pl.DataFrame | None,
) -> FewShotMaterial:
    """Ask a method for what its report shows.

    Args:
        method: in eval mode, on the device of the data.
        splits: the data it was trained and tested on.
        settings: of its training and test.
        judged: the test's queries.
        results: found of them.
        history: a row an epoch, as `history.csv` has it, if it is known.
    """
    test, plan = splits.test, settings.test_plan()
    index = _typical(judged)
    light = embedded(method, test)
    crowd = EpisodePlan(min(test.n_classes, CROWD), plan.k_shot, n_query=min(plan.n_query, CROWD_QUERIES))
    return FewShotMaterial(
        data=settings.data,
        method=method.name,
        transductive=method.transductive,
        results=results,
        judged=judged,
        names=test.names,
        first=np.array([int((test.y == place).int().argmax()) for place in range(test.n_classes)]),
        tiles=tiles_of(test),
        episode=shown_episode(method, test, plan, index),
        chosen=f"Of the first {min(LOOKED_THROUGH, len(judged.accuracy()))} test episodes number {index + 1}, whose "
        "accuracy is nearest to the mean.",
        crowded=judge_first(*light, crowd, CROWD_EPISODES),
        crowd=min(test.n_classes, CROWD),
        map=_map(method, test),
        shots=_shots(*light, plan, results),
        history=history,
        facts=tuple(_facts(method, splits, settings)),
        notes=_notes(test),
    )


def _typical(judged: JudgedEpisodes) -> int:
    accuracy = judged.accuracy()
    return int(np.abs(accuracy[:LOOKED_THROUGH] - accuracy.mean()).argmin())


def tiles_of(test: ClassImages) -> Tiles | None:
    """Pictures of the items; None where they are no images."""
    is_image = test.x.dtype == torch.uint8 and len(test.shape) == 3 and test.shape[0] in {1, 3}
    return Tiles(test.x.cpu().numpy()) if is_image else None


def shown_episode(method: Method, test: ClassImages, plan: EpisodePlan, index: int) -> ShownEpisode:
    """One of the test's episodes, and what the method says of its queries.

    Args:
        method: in eval mode, on the device of the data.
        test: classes it is tested on.
        plan: of the test's episodes.
        index: from 0.
    """
    episode = test_episodes(test, plan).draw_tasks(index, 1, 0)
    assert episode.classes is not None and episode.support_items is not None and episode.query_items is not None
    said = method.adapt(episode.support, episode.n_way)(episode.query.x).argmax(-1)
    rows = (episode.support_items, episode.query_items, said)
    support, query, named = (row.reshape(episode.n_way, -1).cpu().numpy() for row in rows)
    return ShownEpisode(episode.classes[0].cpu().numpy(), support, query, named)


def _map(method: Method, test: ClassImages) -> ShownFeatures:
    """Features of a few classes, and of items evenly out of all that each has."""
    order = torch.randperm(test.n_classes, generator=torch.Generator().manual_seed(0))[:MAP_CLASSES]
    y = test.y.cpu()
    own = [torch.nonzero(y == place).flatten() for place in sorted(order.tolist())]
    items = torch.cat([all_[torch.linspace(0, len(all_) - 1, min(MAP_ITEMS, len(all_))).long()] for all_ in own])
    found = features(method, test, items.to(test.x.device))
    return ShownFeatures(found.double().cpu().numpy(), items.numpy(), y[items].numpy())


def _shots(method: Method, test: ClassImages, plan: EpisodePlan, results: Results) -> tuple[tuple[int, Interval], ...]:
    """Accuracy for as many examples a class as the data allow."""
    found = {plan.shot: results.test["accuracy"]}
    for shot in SHOTS:
        queries = min(plan.n_query, SHOT_QUERIES)
        asked = EpisodePlan(
            plan.n_way, shot, n_query=queries, tasks=max(1, plan.examples // (plan.way * (shot + queries)))
        )
        if shot in found:
            continue
        try:
            judged = judge_first(method, test, asked, SHOT_EPISODES)
        except DatasetError:  # too few items of a class
            break
        found[shot] = judged.results().test["accuracy"]
    return tuple(sorted(found.items()))


def _facts(method: Method, splits: Splits, settings: FewShotSettings) -> list[tuple[str, str]]:
    made = method.encoder.made_as or {}
    parameters = sum(parameter.numel() for parameter in method.parameters())
    shape = " x ".join(map(str, splits.test.shape))
    trained = settings.train_plan(method, splits.train.n_classes)
    return [
        ("Encoder", f"{made.get('name', type(method.encoder).__name__)}: {method.encoder.width:,} features of {shape}"),
        ("Parameters", f"{parameters:,}"),
        ("Training classes", _of(splits.train)),
        (
            "A training step",
            f"{trained.tasks} x {trained.n_way} classes, of each {trained.k_shot} shown and {trained.n_query} asked",
        ),
        ("Test classes", _of(splits.test)),
        ("Seed", str(settings.seed)),
    ]


def _of(data: ClassImages) -> str:
    return f"{data.n_classes:,}, {len(data):,} items"


def _notes(test: ClassImages) -> tuple[str, ...]:
    if test.sources is None:
        return ()
    return ("What is shown and what is asked in an episode share no source, such as a font or a writer.",)
