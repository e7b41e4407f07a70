"""Few-shot accuracy: the queries of many episodes, judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from kt_fewshot.fewshot import Episode, Method
from kt_fewshot.metrics import Interval, Reliability, expected_calibration_error, mean_interval, reliability

from .results import Results


@dataclass(frozen=True)
class JudgedEpisodes:
    """What a method said of every query.

    - `episode: (queries,)` whose query it is, 0, 1, ...;
    - `true`, `said: (queries,)` classes of the data set, or of the episode where there is no data set;
    - `confidence: (queries,)` P of the class said, in [0, 1]; `loss: (queries,)` -log P of the true class.
    """

    episode: NDArray[np.int64]
    true: NDArray[np.int64]
    said: NDArray[np.int64]
    confidence: NDArray[np.float64]
    loss: NDArray[np.float64]

    def accuracy(self) -> NDArray[np.float64]:
        """(episodes,) share of right queries."""
        return self._mean(self.said == self.true)

    def results(self) -> Results:
        """Accuracy and log-loss with Student's interval over episodes, in which queries are alike; and the ECE."""
        right = self.said == self.true
        return Results(
            test={
                "accuracy": mean_interval(self.accuracy()),
                "log_loss": mean_interval(self._mean(self.loss)),
                "ece": Interval(expected_calibration_error(self.confidence, right)),
            },
            counts={"episodes": len(self.accuracy()), "queries": len(right)},
        )

    def by_episode(self) -> pl.DataFrame:
        """One row an episode, in order: episode (from 1), accuracy, log_loss."""
        accuracy, loss = self.accuracy(), self._mean(self.loss)
        return pl.DataFrame({"episode": np.arange(1, len(accuracy) + 1), "accuracy": accuracy, "log_loss": loss})

    def reliability(self, bins: int = 15) -> Reliability:
        """How often a class was right that was said with so much confidence."""
        return reliability(self.confidence, self.said == self.true, bins=bins)

    def confusion(self, names: Sequence[str]) -> pl.DataFrame:
        """Which class was taken for which: true, said, queries, share (of the true class's queries); never by none.

        Args:
            names: of the classes of the data set.
        """
        pairs = pl.DataFrame({"true": self.true, "said": self.said})
        counted = pairs.group_by("true", "said").agg(queries=pl.len()).sort("true", "said")
        share = pl.col("queries") / pl.col("queries").sum().over("true")
        named = [pl.col(side).replace_strict(dict(enumerate(names))).alias(side) for side in ("true", "said")]
        return counted.with_columns(share.alias("share"), *named).select("true", "said", "queries", "share")

    def _mean(self, values: NDArray) -> NDArray[np.float64]:
        """(episodes,) mean over each episode's queries."""
        queries = np.bincount(self.episode)
        return np.bincount(self.episode, weights=values) / queries


@torch.no_grad()
def judge(method: Method, episodes: Iterable[Episode]) -> JudgedEpisodes:
    """Adapt to each episode's support and judge the method on its queries.

    Args:
        method: in eval mode, on the episodes' device.
        episodes: batches of tasks of classes.
    """
    columns: list[Mapping[str, torch.Tensor]] = []
    n = 0
    for episode in episodes:
        logits = method.adapt(episode.support, episode.n_way)(episode.query.x).float()
        columns.append(_judged(episode, logits, first=n))
        n += len(episode)
    whole = {name: torch.cat([column[name] for column in columns]).cpu().numpy() for name in columns[0]}
    return JudgedEpisodes(**whole)


def _judged(episode: Episode, logits: torch.Tensor, first: int) -> dict[str, torch.Tensor]:
    """The columns of one batch; logits (tasks, queries, way)."""
    log_p = logits.log_softmax(-1)
    said = log_p.argmax(-1)
    true = episode.query.y
    task = torch.arange(first, first + len(episode), device=true.device)[:, None].expand_as(true)
    classes = episode.classes
    real = episode.query.real()
    columns = {
        "episode": task,
        "true": true if classes is None else classes.gather(1, true),
        "said": said if classes is None else classes.gather(1, said),
        "confidence": log_p.amax(-1).double().exp(),
        "loss": -log_p.gather(-1, true[..., None])[..., 0].double(),
    }
    return {name: column[real] for name, column in columns.items()}
