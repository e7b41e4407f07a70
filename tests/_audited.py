"""Records to audit: written down row by row, simulated, with honest columns, with leaks planted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from kt_fewshot.data import Interactions, simulate
from kt_fewshot.evaluation.audit import Records

FATES = pl.DataFrame(
    schema={"file": pl.UInt32, "row": pl.Int64, "fate": pl.String, "reason": pl.String, "into": pl.Int64}
)
CORRECT = pl.col("correct").cast(pl.Float64)


def simulated(simulator: str = "bkt", *, seed: int = 0, students: int = 200, **options: Any) -> Interactions:
    """A simulated log."""
    return simulate(simulator, n_students=students, n_answers=50, seed=seed, **options).interactions


def records(
    log: Interactions,
    *,
    prediction: Sequence[float] | np.ndarray | None = None,
    split: pl.Series | None = None,
    merged: Mapping[int, int] | None = None,
    **columns: pl.Series | Sequence[Any] | np.ndarray,
) -> Records:
    """Records with further columns, one value for each answer; `merged`: row that repeats -> row it repeats."""
    cells = log.table.select("file", "row").with_columns(**{name: pl.Series(v) for name, v in columns.items()})
    named = {}
    if prediction is not None:
        cells, named["prediction"] = cells.with_columns(pl.Series("said", prediction)), "said"
    if split is not None:
        cells, named["split"] = cells.with_columns(split.alias("part")), "part"
    gone = [(0, row, "merged", "", into) for row, into in (merged or {}).items()]
    fates = pl.DataFrame(gone, schema=FATES.schema, orient="row")
    return Records.of(log, fates, cells, **named)


def so_far(log: Interactions, *over: str, itself: bool = False, strength: float = 2.0) -> np.ndarray:
    """Smoothed running mean of the answers before, or with `itself` of its own too, over some columns."""
    wins, seen = CORRECT.cum_sum().over(over), pl.int_range(1, pl.len() + 1).over(over)
    if not itself:
        wins, seen = wins - CORRECT, seen - 1
    return log.table.select((wins + strength * 0.6) / (seen + strength)).to_series().to_numpy()


def whole_file(log: Interactions, over: str, *, strength: float = 0.0) -> np.ndarray:
    """Smoothed mean of all answers of an item, a skill or a student."""
    mean = (CORRECT.sum() + strength * 0.6) / (pl.len() + strength)
    return log.table.select(mean.over(over)).to_series().to_numpy()


def honest_columns(log: Interactions) -> dict[str, Any]:
    """What a careful user adds to a log: statistics of the past, of other students, of the item."""
    table = log.table
    others = table.filter(table["student"].rle_id() % 5 != 0).group_by("item").agg(mean=CORRECT.mean())
    lagged = {name: table.select(pl.col(name).shift(1).over("student")).to_series() for name in ("correct", "hints")}
    return {
        "student_so_far": so_far(log, "student"),
        "skill_so_far": so_far(log, "student", "skills"),
        "item_so_far": so_far(log, "item"),
        "wins": table.select((CORRECT.cum_sum() - CORRECT).over("student", "skills")).to_series(),
        "opportunity": table.select(pl.int_range(pl.len()).over("student", "skills")).to_series(),
        "answer_before": lagged["correct"],
        "hints_before": lagged["hints"],
        "seconds": table["response_time"],
        "item_mean_of_four_fifths": table.join(others, on="item", how="left", maintain_order="left")["mean"],
        "kind": table["item"].str.slice(-1),
        "class": table["group"],
        "noise": np.random.default_rng(0).normal(size=len(log)),
        "record": np.arange(len(log)),
    }


def kinds(found: Any) -> list[str]:
    """Kinds of findings of an audit."""
    return sorted({finding.kind for finding in found.findings})
