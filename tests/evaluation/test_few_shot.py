"""Tests of judging episodes."""

import numpy as np
import polars as pl
import pytest
import torch

from kt_fewshot.evaluation import JudgedEpisodes, judge
from kt_fewshot.fewshot import Episode, Examples


class Oracle:
    """Says what is written in the first pixel, with log-odds of 2."""

    def adapt(self, _support: Examples, n_way: int):
        return lambda x: 2.0 * torch.nn.functional.one_hot(x[..., 0].long(), n_way).float()


def episode(said: list[list[int]], true: list[list[int]], mask: list[list[bool]] | None = None) -> Episode:
    query = Examples(torch.tensor(said)[..., None].float(), torch.tensor(true), mask and torch.tensor(mask))
    support = Examples(torch.zeros(len(said), 2, 1), torch.tensor([[0, 1]] * len(said)))
    return Episode(support, query, 2, classes=torch.tensor([[7, 3]] * len(said)))


def test_by_hand() -> None:
    judged = judge(Oracle(), [episode([[0, 1], [1, 1]], [[0, 1], [0, 1]]), episode([[0, 0]], [[1, 1]])])
    assert judged.accuracy().tolist() == [1.0, 0.5, 0.0]
    assert judged.episode.tolist() == [0, 0, 1, 1, 2, 2]
    assert judged.true.tolist() == [7, 3, 7, 3, 3, 3]
    assert judged.said.tolist() == [7, 3, 3, 3, 7, 7]
    confident = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(judged.confidence, confident)
    np.testing.assert_allclose(judged.loss[[0, 2]], [-np.log(confident), -np.log(1 - confident)], rtol=1e-6)
    results = judged.results()
    assert results.counts == {"episodes": 3, "queries": 6}
    assert results.test["accuracy"].value == 0.5
    assert results.test["accuracy"].high - results.test["accuracy"].low == pytest.approx(
        2 * 4.3027 * 0.5 / 3**0.5, rel=1e-4
    )
    assert results.test["ece"].value == pytest.approx(confident - 0.5)


def test_queries_that_only_fill_are_not_judged() -> None:
    judged = judge(Oracle(), [episode([[0, 1]], [[0, 0]], [[True, False]])])
    assert judged.accuracy().tolist() == [1.0]


def test_confusion() -> None:
    judged = judge(Oracle(), [episode([[0, 1, 1, 1]], [[0, 0, 0, 1]])])
    names = ["a", "b", "c", "B", "d", "e", "f", "A"]
    found = judged.confusion(names).sort("true", "said")
    expected = pl.DataFrame(
        {"true": ["A", "A", "B"], "said": ["A", "B", "B"], "queries": [1, 2, 1], "share": [1 / 3, 2 / 3, 1.0]}
    )
    assert found.rows() == expected.rows()


def test_reliability_is_of_the_class_said() -> None:
    judged = JudgedEpisodes(
        episode=np.zeros(4, dtype=np.int64),
        true=np.array([0, 0, 1, 1]),
        said=np.array([0, 1, 1, 1]),
        confidence=np.array([0.6, 0.6, 0.9, 0.9]),
        loss=np.zeros(4),
    )
    table = judged.reliability(bins=2)
    assert table.observed.tolist() == [0.5, 1.0]
