"""Tracers side by side: the same split, the same answers, each against the best simple baseline."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import polars as pl

from kt_fewshot.data import Interactions
from kt_fewshot.metrics import METRICS, Interval, paired_difference

from .cross_validation import across_folds, pooled, pooled_scores
from .next_response import evaluate_next_response
from .results import TABLE_SCHEMA, Results

COSTS: Final = ("fit_seconds", "predict_seconds", "parameters")


@dataclass(frozen=True)
class Fold:
    """What one fold asks of every tracer.

    - `log`: whole histories;
    - `scored: (answers,)` bool, which answers count;
    - `item_answers: (answers,)` how many training answers the item has, negative where there is no item;
    - `mean`: share of right answers in training, in [0, 1].
    """

    log: Interactions
    scored: np.ndarray
    item_answers: np.ndarray
    mean: float


@dataclass(frozen=True)
class Foretold:
    """What one tracer said of a fold, and what that took.

    - `probability: (answers,)` P(correct) before each answer, in [0, 1];
    - `fit_seconds`, `predict_seconds`: wall time;
    - `parameters`: how many numbers the tracer consists of.
    """

    probability: np.ndarray
    fit_seconds: float
    predict_seconds: float
    parameters: int


@dataclass(frozen=True)
class Compared:
    """One tracer of a comparison.

    - `results`: over all folds, intervals from students (`pooled`);
    - `difference`: metric -> this tracer's less the baseline's, on the same answers; empty for the baseline itself;
    - `folds`: results of each; `spread`: their mean with Student's t interval (`across_folds`); empty for one fold;
    - `fit_seconds`, `predict_seconds`, `parameters`: mean of the folds.
    """

    name: str
    results: Results
    fit_seconds: float
    predict_seconds: float
    parameters: int
    difference: Mapping[str, Interval] = field(default_factory=dict)
    folds: Sequence[Results] = ()
    spread: Mapping[str, Interval] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        """For strict JSON; empty parts are left out."""
        found = self.results.to_json_dict()
        parts = {
            "tracer": self.name,
            **{name: getattr(self, name) for name in COSTS},
            "test": found["test"],
            "difference": _plain(self.difference),
            "across_folds": _plain(self.spread),
            "folds": [fold.to_json_dict()["test"] for fold in self.folds],
            "positions": found.get("positions"),
            "items": found.get("items"),
        }
        return {name: part for name, part in parts.items() if part not in (None, {}, [])}


@dataclass(frozen=True)
class Comparison:
    """Tracers, best AUC first, and `baseline`, the one that the others are compared with (None if there is none).

    `reference` is what always foretelling the training students' mean scores.
    """

    tracers: tuple[Compared, ...]
    baseline: str | None
    reference: Mapping[str, Interval]
    counts: Mapping[str, int]
    settings: Mapping[str, Any]
    run: str | None = None

    def of_run(self, run: str) -> Self:
        """The same comparison, known to come from the folder `run`."""
        return replace(self, run=run)

    def __getitem__(self, name: str) -> Compared:
        """The tracer of a name."""
        return next(tracer for tracer in self.tracers if tracer.name == name)

    def to_json_dict(self) -> dict[str, Any]:
        """The content of `results.json`: strict JSON, undefined numbers are null."""
        return {
            **({"run": self.run} if self.run else {}),
            "settings": dict(self.settings),
            "counts": dict(self.counts),
            "baseline": self.baseline,
            "reference": _plain(self.reference),
            "tracers": [tracer.to_json_dict() for tracer in self.tracers],
        }

    def table(self) -> pl.DataFrame:
        """One row a number: column `tracer`, then those of `Results.table`.

        `part` is test, difference (to the baseline), across folds, fold (numbered by `key`), position, item, or cost.
        """
        tables = [_labelled(tracer.name, rows) for tracer in self.tracers for rows in _tables(tracer)]
        return pl.concat(tables) if tables else _labelled("", pl.DataFrame(schema=TABLE_SCHEMA))


def compare(
    folds: Sequence[Fold],
    foretold: Mapping[str, Sequence[Foretold]],
    *,
    simple: Collection[str],
    baseline: str | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Comparison:
    """Score tracers on the same answers.

    The baseline is the simple tracer with the highest AUC on these very answers, so that chance favours it and not
    what is compared with it. Differences are paired: both tracers are scored on the same resamples of the students.
    Over several folds a number is the mean of the folds'.

    Args:
        folds: what was asked, of other students in each.
        foretold: tracer -> what it said of each fold.
        simple: which of them are simple baselines.
        baseline: compare with this one instead.
        draws: resamples of the students.
        seed: of the resamples.
        level: of the intervals, in (0, 1).

    Raises:
        ValueError: if a tracer did not say something of every fold, or `baseline` is none of them.
    """
    for name, said in foretold.items():
        if len(said) != len(folds):
            raise ValueError(f"Each tracer should predict {len(folds)} folds. Found {len(said)} of '{name}'.")
    if baseline is not None and baseline not in foretold:
        raise ValueError(f"`baseline` should be one of {', '.join(foretold)}. Found '{baseline}'.")
    sampling = {"draws": draws, "seed": seed, "level": level}
    scored = {name: _scored(name, folds, said, sampling) for name, said in foretold.items()}
    order = sorted(scored, key=lambda name: _rank(scored[name]))
    against = baseline or next((name for name in order if name in simple), None)
    tracers = [scored[name] for name in order]
    if against is not None:
        other = foretold[against]
        tracers = [
            tracer
            if tracer.name == against
            else replace(tracer, difference=_difference(folds, foretold[tracer.name], other, sampling))
            for tracer in tracers
        ]
    results = [tracer.results for tracer in tracers[:1]]
    counts = {**(results[0].counts if results else {}), "folds": len(folds)}
    return Comparison(tuple(tracers), against, results[0].reference if results else {}, counts, sampling)


def _scored(name: str, folds: Sequence[Fold], said: Sequence[Foretold], sampling: Mapping[str, Any]) -> Compared:
    results = [
        evaluate_next_response(
            fold.log,
            one.probability,
            scored=fold.scored,
            item_answers=fold.item_answers,
            by_skill=False,
            mean=fold.mean,
            **sampling,
        )
        for fold, one in zip(folds, said, strict=True)
    ]
    several = len(folds) > 1
    return Compared(
        name,
        pooled(results),
        fit_seconds=float(np.mean([one.fit_seconds for one in said])),
        predict_seconds=float(np.mean([one.predict_seconds for one in said])),
        parameters=round(float(np.mean([one.parameters for one in said]))),
        folds=results if several else (),
        spread=across_folds(results, level=sampling["level"]).test if several else {},
    )


def _rank(tracer: Compared) -> tuple[float, float]:
    """Best AUC first; where there is none, lowest log-loss."""
    auc, loss = (tracer.results.test[name].value for name in ("auc", "log_loss"))
    return (-auc if np.isfinite(auc) else 0.0, loss if np.isfinite(loss) else np.inf)


def _difference(
    folds: Sequence[Fold], said: Sequence[Foretold], others: Sequence[Foretold], sampling: Mapping[str, Any]
) -> dict[str, Interval]:
    return pooled_scores(
        [
            paired_difference(
                fold.log.table["student"].rle_id().to_numpy()[fold.scored],
                one.probability[fold.scored],
                fold.log.table["correct"].to_numpy()[fold.scored],
                other=other.probability[fold.scored],
                metrics=METRICS,
                **sampling,
            )
            for fold, one, other in zip(folds, said, others, strict=True)
        ]
    )


def _tables(tracer: Compared) -> Iterator[pl.DataFrame]:
    """The tracer's numbers, in the form of `Results.table`."""
    whole = tracer.results.table().filter(pl.col("part") != "reference")
    yield whole.filter(pl.col("part") == "test")
    for part, scores in (("difference", tracer.difference), ("across folds", tracer.spread)):
        yield _parted(Results(scores, counts=tracer.results.counts), part)
    for number, fold in enumerate(tracer.folds, start=1):
        yield _parted(Results(fold.test, counts=fold.counts), "fold", str(number))
    yield whole.filter(pl.col("part") != "test")
    yield _parted(Results({name: Interval(float(getattr(tracer, name))) for name in COSTS}), "cost")


def _parted(results: Results, part: str, key: str | None = None) -> pl.DataFrame:
    return results.table().with_columns(part=pl.lit(part), key=pl.lit(key, pl.String))


def _labelled(tracer: str, table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.lit(tracer).alias("tracer"), *TABLE_SCHEMA)


def _plain(scores: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: found.to_dict() for name, found in scores.items()}
