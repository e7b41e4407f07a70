"""What a few-shot report is made of: results, and what the method said of the items that are shown."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kt_fewshot.evaluation import JudgedEpisodes, Results
from kt_fewshot.metrics import Interval

from .tiles import Tiles


@dataclass(frozen=True)
class ShownEpisode:
    """One episode, class by class.

    - `classes: (way,)` of the data set;
    - `support: (way, shot)`, `query: (way, queries)` items of the data set;
    - `said: (way, queries)` place in `classes` of the class that was said.
    """

    classes: NDArray[np.int64]
    support: NDArray[np.int64]
    query: NDArray[np.int64]
    said: NDArray[np.int64]

    def right(self) -> NDArray[np.bool_]:
        """(way, queries) which were named right."""
        return self.said == np.arange(len(self.classes))[:, None]


@dataclass(frozen=True)
class ShownFeatures:
    """Features of some items of some classes.

    - `features: (items, width)`; `item: (items,)` of the data set; `true: (items,)` class of the data set.
    """

    features: NDArray[np.float64]
    item: NDArray[np.int64]
    true: NDArray[np.int64]


@dataclass(frozen=True)
class FewShotMaterial:
    """Everything a few-shot report tells of.

    - `data`, `method`: what they are called; `transductive`: whether predictions look at all queries at once;
    - `results`, `judged`: of the test; its `settings` hold `n_way`, `k_shot` and `n_query`;
    - `names`: of the test's classes; `first: (classes,)` an item of each;
    - `tiles`: pictures of the items, None where they are no images;
    - `episode`: one of the test's, and `chosen` why this one, in words;
    - `crowded`: queries of episodes of many classes at once (`crowd` of them), in which look-alikes meet;
    - `map`: features of some test classes;
    - `shots`: examples a class -> accuracy;
    - `history`: a row an epoch, as `history.csv` has it; None if it is not known;
    - `facts`: what else there is to know, name and value; `notes`: sentences below the title.
    """

    data: str
    method: str
    transductive: bool
    results: Results
    judged: JudgedEpisodes
    names: tuple[str, ...]
    first: NDArray[np.int64]
    tiles: Tiles | None
    episode: ShownEpisode
    chosen: str
    crowded: JudgedEpisodes
    crowd: int
    map: ShownFeatures
    shots: tuple[tuple[int, Interval], ...]
    history: pl.DataFrame | None
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def n_way(self) -> int:
        """Classes of an episode."""
        return int(self.results.settings["n_way"])

    @property
    def k_shot(self) -> int:
        """Examples a class that the method is shown."""
        return int(self.results.settings["k_shot"])
