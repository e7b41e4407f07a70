"""What a few-shot report is made of, made up: three classes of small pictures, and what a method might have said."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from kt_fewshot.evaluation import JudgedEpisodes
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import FewShotMaterial, ShownEpisode, ShownFeatures, Tiles

NAMES = ("<b>one</b>", "two & 2", "three")


def judged(episodes: int = 40, *, wrong: int = 1) -> JudgedEpisodes:
    """Episodes of all three classes with four queries each; class 0 is taken for 1 in `wrong` of its four."""
    true = np.tile(np.repeat(np.arange(3), 4), episodes)
    said = true.copy()
    said[(true == 0) & (np.arange(true.size) % 4 < wrong)] = 1
    rng = np.random.default_rng(0)
    return JudgedEpisodes(
        episode=np.repeat(np.arange(episodes), 12),
        true=true,
        said=said,
        confidence=0.5 + 0.5 * rng.random(true.size),
        loss=rng.random(true.size),
    )


def few_shot_material(**changes: Any) -> FewShotMaterial:
    """A whole report's material: twelve items of three classes."""
    rng = np.random.default_rng(0)
    made = judged()
    true = np.repeat(np.arange(3), 4)
    material = FewShotMaterial(
        data="pictures",
        method="protonet",
        transductive=False,
        results=made.results().measured({"n_way": 3, "k_shot": 1, "n_query": 4, "method": "protonet"}),
        judged=made,
        names=NAMES,
        first=np.array([0, 4, 8]),
        tiles=Tiles(rng.integers(0, 256, (12, 1, 8, 8), np.uint8)),
        episode=ShownEpisode(
            np.arange(3),
            np.array([[0], [4], [8]]),
            np.array([[1, 2, 3], [5, 6, 7], [9, 10, 11]]),
            np.array([[0, 1, 0], [1, 1, 1], [2, 2, 2]]),
        ),
        chosen="Of all episodes number 1.",
        crowded=made,
        crowd=3,
        map=ShownFeatures(rng.normal(size=(12, 5)) + 9 * true[:, None], np.arange(12), true),
        shots=((1, Interval(0.8, 0.78, 0.82)), (5, Interval(0.9, 0.89, 0.91))),
        history=pl.DataFrame({"step": [3, 6], "loss_query": [1.0, 0.5], "accuracy": [0.7, 0.8], "seconds": [1.0, 1.5]}),
        facts=(("Encoder", "mlp"),),
        notes=("A note.",),
    )
    return replace(material, **changes)
