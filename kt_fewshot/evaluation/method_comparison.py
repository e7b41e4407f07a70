"""Few-shot methods side by side: the same test episodes, each against one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import polars as pl

from kt_fewshot.metrics import Interval, mean_interval

from .results import TABLE_SCHEMA, Results

COSTS: Final = ("seconds", "parameters")

PAIRED: Final = ("accuracy", "log_loss")
"""Measures of an episode, which are compared episode by episode."""


@dataclass(frozen=True)
class ComparedMethod:
    """One trained method.

    - `episodes`: a row a test episode, with `accuracy` and `log_loss`, as `JudgedEpisodes.by_episode` has them;
    - `results`: of the test; `transductive`: whether predictions look at all queries of an episode at once;
    - `seconds`: of training, validation included; `parameters`: how many numbers it consists of;
    - `difference`: measure -> this method's less the baseline's, paired by episode; empty for the baseline itself.
    """

    name: str
    episodes: pl.DataFrame
    results: Results
    seconds: float
    parameters: int
    transductive: bool = False
    difference: Mapping[str, Interval] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        """For strict JSON; the baseline has no difference."""
        return {
            "method": self.name,
            "transductive": self.transductive,
            **{name: getattr(self, name) for name in COSTS},
            "test": self.results.to_json_dict()["test"],
            **(
                {"difference": {name: one.to_dict() for name, one in self.difference.items()}}
                if self.difference
                else {}
            ),
        }


@dataclass(frozen=True)
class MethodComparison:
    """Methods, best accuracy first and the transductive ones after all others; `baseline`: whom they are compared with.

    `settings` tell the budget that all had, and the test's episodes.
    """

    methods: tuple[ComparedMethod, ...]
    baseline: str
    counts: Mapping[str, int]
    settings: Mapping[str, Any]
    run: str | None = None

    def of_run(self, run: str) -> Self:
        """The same comparison, known to come from the folder `run`."""
        return replace(self, run=run)

    def __getitem__(self, name: str) -> ComparedMethod:
        """The method of a name."""
        return next(method for method in self.methods if method.name == name)

    def to_json_dict(self) -> dict[str, Any]:
        """The content of `results.json`: strict JSON, undefined numbers are null."""
        return {
            **({"run": self.run} if self.run else {}),
            "settings": dict(self.settings),
            "counts": dict(self.counts),
            "baseline": self.baseline,
            "methods": [method.to_json_dict() for method in self.methods],
        }

    def table(self) -> pl.DataFrame:
        """One row a number: columns `method` and `transductive`, then those of `Results.table`.

        `part` is test, difference (to the baseline), or cost.
        """
        rows = [
            part.table().select(
                pl.lit(method.name).alias("method"),
                pl.lit(method.transductive).alias("transductive"),
                pl.lit(name).alias("part"),
                *list(TABLE_SCHEMA)[1:],
            )
            for method in self.methods
            for name, part in _parts(method)
        ]
        return pl.concat(rows)


def compare_methods(
    methods: Sequence[ComparedMethod], *, baseline: str, settings: Mapping[str, Any]
) -> MethodComparison:
    """Put methods in order, with what each is better than the baseline.

    Differences are paired: episodes that are hard for one are hard for all, so an interval over the episodes'
    differences is far narrower than two intervals.

    Args:
        methods: each tested on the same episodes.
        baseline: the one that the others are compared with.
        settings: what all had in common.

    Raises:
        ValueError: if there is no such method, or the tests are of different numbers of episodes.
    """
    other = next((method for method in methods if method.name == baseline), None)
    if other is None:
        raise ValueError(f"`baseline` should be one of {', '.join(one.name for one in methods)}. Found '{baseline}'.")
    for method in methods:
        if method.episodes.height != other.episodes.height:
            found = f"{method.episodes.height} of {method.name} and {other.episodes.height} of {baseline}"
            raise ValueError(f"All methods should be tested on the same episodes. Found {found}.")
    compared = [
        method if method is other else replace(method, difference=_difference(method, other)) for method in methods
    ]
    order = sorted(compared, key=lambda method: (method.transductive, -method.results.test["accuracy"].value))
    return MethodComparison(tuple(order), baseline, dict(other.results.counts), settings)


def _difference(method: ComparedMethod, other: ComparedMethod) -> dict[str, Interval]:
    return {
        name: mean_interval(np.asarray(method.episodes[name]) - np.asarray(other.episodes[name])) for name in PAIRED
    }


def _parts(method: ComparedMethod) -> Iterator[tuple[str, Results]]:
    """The method's numbers, each group in the form of results."""
    counts = method.results.counts
    yield "test", Results(method.results.test, counts=counts)
    if method.difference:
        yield "difference", Results(method.difference, counts=counts)
    yield "cost", Results({name: Interval(float(getattr(method, name))) for name in COSTS})
