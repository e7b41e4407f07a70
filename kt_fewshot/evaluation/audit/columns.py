"""Columns that know more than what came before: of their own row's answer, of the next one, of the whole file.

Every test asks something that holds for any honest column, however it was made, and fails for a leaking one:

- What only came before cannot decide the answer (`find_same_row`), nor the answer after it (`find_next_answer`).
- A running statistic changes with the answer *before* it. One that counts its own row changes with its own answer:
  whether it rises is whether the answer is right (`find_running`).
- A mean of an item's answers taken elsewhere differs from this file's by the chance that both have. One taken from
  this very file does not (`find_whole_file`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from .finding import Finding
from .levels import Levels, levels_of
from .records import Codes, Flags, Floats, Records, before

TELLING_AUC: Final = 0.8
"""AUC from which a single column knows more of the answer than a history does; running means reach .6 to .75."""

ABOVE_TRIVIAL: Final = 0.05
"""How far it must also be above the best running mean of this file."""

PURE: Final = 0.005
"""Share of exceptions up to which a value decides the answer: who asked for a hint is never right."""

USUAL: Final = 0.15
"""A value that decides for right (wrong) says something only where so many answers are wrong (right)."""

FEW: Final = 100
"""Records a value needs to be judged; together such values must be found in one record of a hundred."""

OF_ITEM: Final = 0.1
"""A column that changes so much less within an item (student, skill) than between any two records tells of the item."""

NEXT_AUC: Final = 0.9
"""AUC for the answer after from which a column must have seen it."""

RISES: Final = 0.6
"""Rises (falls) with right answers less rises with wrong ones. Columns that end before their row: below .35."""

NOISE: Final = 0.05
"""Squared distance from the file's own means, in squared standard errors. Elsewhere taken: 1 or more; taken from nine
tenths of the file, .11."""

PRIORS: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Answers that a smoothed mean may count its prior as."""

GROUPS: Final = 20
"""Items, skills or students needed to judge whether a column is their mean."""


@dataclass(frozen=True)
class Telling:
    """A column that tells its own row's answer: AUC, and `decides`, the share of records whose value decides it."""

    name: str
    levels: Levels
    auc: float
    decides: float
    example: str

    def __str__(self) -> str:
        return f"{self.name} (AUC {self.auc:.2f}" + (f", decides {self.decides:.0%})" if self.decides else ")")


def telling(records: Records, trivial_auc: float) -> list[Telling]:
    """Columns that tell their own row's answer, the most telling first.

    Args:
        records: of a log or of predictions.
        trivial_auc: AUC of the best running mean.
    """
    found = []
    halves = _halves(records)
    for name, levels in _columns(records):
        if any(_is_of(levels.code, group) for group in records.groups().values()):
            continue
        auc = levels.score(records.correct, halves, np.ones(len(records), dtype=bool))
        decides, example = _decides(levels, records)
        if auc >= max(TELLING_AUC, trivial_auc + ABOVE_TRIVIAL) or decides:
            found.append(Telling(name, levels, auc, decides, example))
    return sorted(found, key=lambda one: -max(one.auc, one.decides))


def find_same_row(records: Records, told: list[Telling]) -> list[Finding]:
    """Columns that are only known with the answer.

    Args:
        records: of a log.
        told: what `telling` found.
    """
    if not told:
        return []
    filled = np.any([one.levels.code > 0 for one in told], axis=0)
    return [
        Finding(
            "same-row-information",
            "risk",
            int(filled.sum()),
            float(filled.mean()),
            f"Known only with the answer, and telling it: {', '.join(map(str, told))}.",
            told[0].example,
            "Never an input for the same row: only a target, or an input for later rows.",
        )
    ]


def find_next_answer(records: Records) -> list[Finding]:
    """Columns that tell the answer after theirs."""
    has_next = np.r_[records.follows[1:], False][: len(records)]
    after = np.r_[records.correct[1:], 0.0][: len(records)]
    halves = _halves(records)
    names = [name for name, levels in _columns(records) if levels.score(after, halves, has_next) >= NEXT_AUC]
    sentence = f"Telling the next answer of the student: {_listed(names)}."
    return _of_columns("future", records, names, sentence, "Not an input: it was made from answers still to come.")


def find_running(records: Records, told: list[Telling]) -> list[Finding]:
    """Running statistics that count their own row.

    Args:
        records: of a log.
        told: columns that `telling` found; one that is the answer itself is no statistic.
    """
    copies = {one.name for one in told if one.auc >= 0.95}
    order = time_order(records)
    previous = {name: before(group, order) for name, group in records.groups().items()}
    names = {}
    for name, values in _numbers(records):
        over = next((group for group, at in previous.items() if _rise(values, at, records.correct) >= RISES), None)
        if over is not None and name not in copies:
            names[name] = over
    found = [f"{name} (over the {group}'s answers)" for name, group in names.items()]
    sentence = f"Rising and falling with its own row's answer, which it counts: {_listed(found)}."
    advice = "Take the statistic from the rows before only: shift it by one row."
    return _of_columns("future", records, list(names), sentence, advice)


def find_whole_file(records: Records) -> list[Finding]:
    """Means of items, skills or students over the whole file, the row itself included (target encoding)."""
    names = {}
    for name, values in _numbers(records):
        group = next((group for group in ("item", "skill", "student") if is_whole_file_mean(records, group, values)), None)
        if group is not None:
            names[name] = group
    found = [f"{name} (of the {group})" for name, group in names.items()]
    sentence = f"The mean of this very file's answers, the row's own included: {_listed(found)}."
    advice = "Take it from training answers, or from earlier ones, only."
    return _of_columns("target-encoding", records, list(names), sentence, advice)


def is_whole_file_mean(records: Records, group: str, values: Floats) -> bool:
    """Whether values, the same for all answers of an item (skill, student), are this file's own means of them.

    Whatever linear function of the mean, or of its logit, they are, and however smoothed.
    """
    index = records.groups().get(group)
    if index is None:
        return False
    known = (index >= 0) & np.isfinite(values)
    if known.mean() < 0.9 or not _is_constant(values[known], index[known]):
        return False
    members, inverse, count = np.unique(index[known], return_inverse=True, return_counts=True)
    value = np.zeros(len(members))
    value[inverse] = values[known]
    if len(members) < GROUPS or np.ptp(value) == 0:
        return False
    right = np.bincount(inverse, weights=records.correct[known])
    return min(_distance(value, right, count.astype(np.float64), prior, records) for prior in PRIORS) < NOISE


def time_order(records: Records) -> Codes:
    """(records,) places in the order in which answers were given; as the file has them where it has no times."""
    if np.isfinite(records.time).all():
        return np.argsort(records.time, kind="stable")
    return np.lexsort((records.table["row"].to_numpy(), records.table["file"].to_numpy()))


def _columns(records: Records) -> Iterator[tuple[str, Levels]]:
    for name in records.side.columns:
        levels = levels_of(records.side[name])
        if levels is not None:
            yield name, levels


def _numbers(records: Records) -> Iterator[tuple[str, Floats]]:
    for name in records.side.columns:
        if records.side[name].dtype.is_numeric():
            yield name, records.side[name].fill_null(float("nan")).to_numpy()


def _halves(records: Records) -> Flags:
    return records.student % 2 == 1


def _is_of(code: Codes, group: Codes) -> bool:
    """Whether a column tells of the group (the item, the student ...), and not of the single answer."""
    previous = before(group)
    rest = previous >= 0
    if rest.sum() < 0.2 * len(code):
        return False
    share = np.bincount(code) / len(code)
    by_chance = 1 - float(share @ share)
    return bool((code[rest] != code[previous[rest]]).mean() <= OF_ITEM * by_chance)


def _decides(levels: Levels, records: Records) -> tuple[float, str]:
    """Share of records whose value leaves no doubt about the answer; the commonest such value, in words."""
    rate, count = levels.means(records.correct)
    mean = records.correct.mean()
    wrong = (rate <= PURE) & (mean >= USUAL)
    right = (rate >= 1 - PURE) & (mean <= 1 - USUAL)
    pure = (wrong | right) & (count >= FEW)
    share = float(count[pure].sum() / len(records))
    if share < 0.01:
        return 0.0, ""
    at = int(np.argmax(np.where(pure, count, 0)))
    return share, f"all {int(count[at]):,} rows with value {levels.names[at]} are {'wrong' if wrong[at] else 'right'}"


def _rise(values: Floats, previous: Codes, correct: Floats) -> float:
    """How much oftener values rise (or fall) with a right answer than with a wrong one, in [0, 1]."""
    rest = np.flatnonzero(previous >= 0)
    step = values[rest] - values[previous[rest]]
    known = np.isfinite(step)
    step, right = step[known], correct[rest][known] == 1
    if right.sum() < FEW or (~right).sum() < FEW:
        return 0.0
    return max(abs(float(move[right].mean() - move[~right].mean())) for move in (step > 0, step < 0))


def _is_constant(values: Floats, group: Codes) -> bool:
    """Whether values are the same throughout each group, of which most have more than one record."""
    previous = before(group)
    rest = previous >= 0
    return bool(rest.mean() >= 0.2 and (np.abs(values[rest] - values[previous[rest]]) <= 1e-9).all())


def _distance(value: Floats, right: Floats, count: Floats, prior: float, records: Records) -> float:
    """Mean squared distance of values from the groups' smoothed means (or logits), in squared standard errors."""
    mean = records.correct.mean()
    smooth = (right + (prior or 0.5) * mean) / (count + (prior or 0.5))
    shown = (right + prior * mean) / (count + prior)
    error = np.sqrt(count * smooth * (1 - smooth)) / (count + prior)
    logit = np.log(smooth / (1 - smooth))
    found = []
    for target, deviation in ((shown, error), (logit, error / (smooth * (1 - smooth)))):
        weight = 1 / deviation**2
        design = np.c_[np.ones(len(value)), value]
        fit = np.linalg.lstsq(design * np.sqrt(weight)[:, None], target * np.sqrt(weight), rcond=None)[0]
        found.append(float(np.mean(weight * (target - design @ fit) ** 2)))
    return min(found)


def _of_columns(kind: str, records: Records, names: list[str], sentence: str, advice: str) -> list[Finding]:
    if not names:
        return []
    filled = records.side.select(pl.any_horizontal(pl.col(*names).is_not_null())).to_series().to_numpy()
    at = int(np.argmax(filled))
    cells = ", ".join(f"{name} {records.side[name][at]}" for name in names[:3])
    example = f"{records.named(at)}: {cells}, answered {'right' if records.correct[at] else 'wrong'}"
    return [Finding(kind, "leak", int(filled.sum()), float(filled.mean()), sentence, example, advice)]


def _listed(names: list[str]) -> str:
    return ", ".join(names)
