"""A run's tracer beside the classics, fitted to the same answers and tested on the same ones; a few seconds of work."""

import math
from typing import Any, Final

import numpy as np

from kt_fewshot.metrics import Interval, auc, log_loss, paired_difference
from kt_fewshot.reports import Standing
from kt_fewshot.storage import RunFolder, write_json
from kt_fewshot.tracing import Tracer, tracer_class

from .kept_json import kept_json
from .study import Study

CLASSICS: Final = ("skill-mean", "irt", "pfa", "bkt", "best-lr")

CELLS: Final = 20_000_000
"""Resamples times answers, about: a large log gets fewer resamples, and needs fewer."""

DRAWS: Final = (100, 1_000)


def against_classics(tracer: Tracer, study: Study) -> tuple[Standing, ...]:
    """Fit the classics and score all, each difference on the same resamples of the students.

    Args:
        tracer: a fitted one.
        study: what it was fitted to and is tested on.

    Returns:
        the tracer first, then the classics; empty if no answer tests them.
    """
    scored = study.test.scored.numpy()
    if not scored.any():
        return ()
    correct = study.log.table["correct"].to_numpy()[scored]
    student = study.log.table["student"].rle_id().to_numpy()[scored]
    draws = int(np.clip(CELLS // len(correct), *DRAWS))
    own = _said(tracer, study)[scored]
    standings = [Standing(tracer.name, auc(own, correct), log_loss(own, correct))]
    for name in CLASSICS:
        if name == tracer.name:
            continue
        classic = tracer_class(name)(study.vocabulary, {})
        classic.fit(study.train, study.valid)
        said = _said(classic, study)[scored]
        lead = paired_difference(student, own, correct, other=said, metrics=("auc",), draws=draws)["auc"]
        standings.append(Standing(name, auc(said, correct), log_loss(said, correct), lead))
    return tuple(standings)


def keep_standings(run: RunFolder, standings: tuple[Standing, ...]) -> None:
    """Write `classics.json` into a run."""
    write_json(run.path / "classics.json", {"tracers": [_plain(standing) for standing in standings]})


def kept_standings(run: RunFolder) -> tuple[Standing, ...] | None:
    """What `keep_standings` wrote; None if there is nothing, or nothing that can be understood."""
    return kept_json(run.path / "classics.json", lambda found: tuple(map(_standing, found["tracers"])))


def _said(tracer: Tracer, study: Study) -> np.ndarray:
    return tracer.predict_log(study.test).correct.float().cpu().numpy()


def _plain(standing: Standing) -> dict[str, Any]:
    lead = {"difference": standing.difference.to_dict()} if standing.difference else {}
    finite = {
        name: value if math.isfinite(value) else None
        for name, value in (("auc", standing.auc), ("log_loss", standing.log_loss))
    }
    return {"tracer": standing.name, **finite, **lead}


def _standing(found: dict[str, Any]) -> Standing:
    lead = found.get("difference")
    value, low, high = (_number(lead[end]) if lead else math.nan for end in ("value", "low", "high"))
    difference = Interval(value, low, high) if lead else None
    return Standing(str(found["tracer"]), _number(found["auc"]), _number(found["log_loss"]), difference)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
