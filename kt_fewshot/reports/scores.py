"""How good is it: the test's results in plain words, against the classics, and what mastery means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kt_fewshot.evaluation import PartScores
from kt_fewshot.metrics import Interval

from .material import Material
from .suppression import withheld
from .wording import NBSP, between, counted, number, percent, percent_between, short

NAMES: Final = {
    "skill-mean": ("Skill mean", "each skill's share of right answers"),
    "best-lr": ("Best-LR", "logistic regression on counts, Gervet et al. 2020"),
    "bkt": ("BKT", "Bayesian Knowledge Tracing"),
    "das3h": ("DAS3H", "counts in windows of time"),
    "dkt": ("DKT", "this toolkit's LSTM"),
    "elo": ("Elo", "ratings of students and items"),
    "irt": ("IRT", "one ability a student"),
    "irt-2pl": ("IRT-2PL", "ability updated after each answer"),
    "pfa": ("PFA", "Performance Factors"),
}
"""Tracers as people know them, and what they are."""

METRICS: Final = {
    "auc": ("AUC", "how often a right answer had been given the higher chance than a wrong one; guessing has 0.5"),
    "accuracy": ("Accuracy", "how often the more likely outcome came true"),
    "log_loss": ("Log-loss", "surprise at what happened, in nats; lower is better"),
    "rmse": ("RMSE", "typical distance between the chance and the outcome; lower is better"),
    "brier": ("Brier score", "its square; lower is better"),
}
"""Metrics shown: what they are called, and what they mean."""

LATENT: Final = (
    "Mastery is the chance that the student has the skill now: somebody who has it still slips now and then, somebody "
    "who has not guesses right now and then, so it is another number than the chance that the next answer is right."
)
SEEN: Final = "This tracer keeps no separate mastery: its mastery is the chance that the next answer is right."


@dataclass(frozen=True)
class Scores:
    """The first section: sentences, and rows of its tables."""

    sentences: tuple[str, ...]
    meaning: tuple[str, ...]
    metrics: tuple[tuple[str, str, str, str, str], ...]
    standings: tuple[tuple[str, str, str, str, str, bool], ...]
    verdict: str
    positions: tuple[tuple[str, str, str, str, str], ...]


def scores(material: Material) -> Scores:
    """Say how good the tracer is."""
    results = material.results
    reference = results.reference
    metrics = tuple(
        (name, meaning, number(results.test[key].value), between(results.test[key]), _reference(reference.get(key)))
        for key, (name, meaning) in METRICS.items()
        if key in results.test
    )
    return Scores(
        sentences=tuple(_sentences(material)),
        meaning=tuple(_meaning(material)),
        metrics=metrics,
        standings=tuple(
            (
                *_named(row.name),
                number(row.auc),
                number(row.log_loss),
                f"{row.difference.value:+.3f} ({between(row.difference)})" if row.difference else "",
                row.name == material.tracer,
            )
            for row in sorted(material.standings, key=lambda row: -np.nan_to_num(row.auc))
        ),
        verdict=_verdict(material),
        positions=_positions(results.positions),
    )


def _sentences(material: Material) -> list[str]:
    found, counts = material.results.test, material.results.counts
    asked = counted(counts.get("answers", 0), "answer")
    who = counted(counts.get("students", 0), "student")
    lines = [f"The model foretold {asked} of {who} {material.asked}, each from what came before it and nothing else."]
    auc, accuracy = found.get("auc"), found.get("accuracy")
    if auc and np.isfinite(auc.value):
        lines.append(
            f"Of a right and a wrong answer it gave the right one the higher chance in {percent(auc.value)} of all "
            f"pairs (95{NBSP}% interval {percent_between(auc, 1)}); a coin does so in 50{NBSP}%."
        )
    always = material.results.reference.get("accuracy")
    if accuracy and np.isfinite(accuracy.value):
        than = f"; always saying the same is right in {percent(always.value)}" if always else ""
        lines.append(
            f"The outcome it held more likely came true in {percent(accuracy.value)} ({percent_between(accuracy, 1)})"
            f"{than}."
        )
    if counts.get("students", 0) < 50:
        lines.append("With so few students the intervals are rough themselves.")
    return lines


def _meaning(material: Material) -> list[str]:
    lines = [LATENT if material.skills else SEEN]
    recovery, ahead = (material.results.mastery.get(name, {}) for name in ("recovery", "future_success"))
    if recovery.get("auc") is not None:
        lines.append(
            "These students are simulated, so the truth is known: of a mastered and an unmastered moment it gave the "
            f"mastered one the higher number in {percent(recovery['auc'])} of all pairs."
        )
    elif ahead.get("auc", {}).get("value") is not None:
        lines.append(
            "Nobody can see mastery in a log. What comes nearest, at least four of the next five answers on the skill "
            f"right, it tells from less in {percent(ahead['auc']['value'])} of all pairs."
        )
    lines.append(f"A skill counts as mastered from {percent(material.mastered_at)} on.")
    return lines


def _verdict(material: Material) -> str:
    """The tracer against the best of the others."""
    others = [row for row in material.standings if row.name != material.tracer and row.difference]
    if not others:
        return ""
    best = max(others, key=lambda row: row.auc)
    found, (name, _) = best.difference, _named(best.name)
    if found is None or not np.isfinite([found.value, found.low, found.high]).all():
        return ""
    if found.low > 0:
        return f"It is better than the best classic, {name}: by {between(found)} in AUC."
    if found.high < 0:
        return f"The best classic, {name}, is better: by {-found.high:.3f} to {-found.low:.3f} in AUC."
    return (
        f"The best classic, {name}, does about as well: the difference in AUC, {found.value:+.3f}, may be chance "
        f"({between(found)})."
    )


def _named(tracer: str) -> tuple[str, str]:
    return NAMES.get(tracer, (short(tracer), ""))


def _positions(parts: Sequence[PartScores]) -> tuple[tuple[str, str, str, str, str], ...]:
    hidden = withheld([part.students for part in parts])
    return tuple(
        (part.key, "withheld", "", "", "")
        if hide
        else (
            part.key.replace("-", " to ").replace("+", " and later"),
            f"{part.n:,}",
            percent(part.base_rate),
            number(part.scores["auc"].value),
            between(part.scores["auc"]),
        )
        for part, hide in zip(parts, hidden, strict=True)
    )


def _reference(found: Interval | None) -> str:
    return number(found.value) if found else ""
