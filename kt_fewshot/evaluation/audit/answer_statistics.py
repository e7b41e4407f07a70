"""Statistics of answers as columns: whether they count their own row's answer, or what comes after it.

Every test asks something that holds for any honest column, however it was made, and fails for a leaking one:

- What only came before cannot tell the answer after its row (`find_next_answer`).
- A running statistic changes with the answer *before* it. One that counts its own row changes with its own answer:
  whether it rises is whether the answer is right (`running`).
- A mean of an item's answers taken elsewhere differs from this file's by the chance that both have. One taken from
  this very file does not (`find_whole_file`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from .finding import Finding
from .records import Codes, Floats, Records, before, time_order
from .same_row import FEW, halves, listed, with_levels

NEXT_AUC: Final = 0.9
"""AUC for the answer after from which a column must have seen it."""

RISES: Final = 0.6
"""Rises (falls) with right answers less rises with wrong ones. Columns that end before their row: below .35."""

REMEMBERS: Final = 0.3
"""Weight of the answer before in a column, by the weight of its own answer: 1 in counts and means, the decay in moving
averages, about 0 in what only tells of its own row."""

NOISE: Final = 0.05
"""Squared distance from the file's own means, in squared standard errors. Elsewhere taken: 1 or more; taken from nine
tenths of the file, .11."""

PRIORS: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Answers that a smoothed mean may count its prior as."""

GROUPS: Final = 20
"""Items, skills or students needed to judge whether a column is their mean."""


def find_next_answer(records: Records) -> list[Finding]:
    """Columns that tell the answer after theirs."""
    has_next = np.r_[records.follows[1:], False][: len(records)]
    after = np.r_[records.correct[1:], 0.0][: len(records)]
    half = halves(records)
    names = [name for name, levels in with_levels(records) if levels.score(after, half, has_next) >= NEXT_AUC]
    sentence = f"Telling the next answer of the student: {listed(names)}."
    return _of_columns("future", records, names, sentence, "Not an input: it was made from answers still to come.")


def running(records: Records) -> dict[str, str]:
    """Running statistics that count their own row: column -> what they run over."""
    order = time_order(records)
    previous = {name: before(group, order) for name, group in records.groups().items()}
    found = {}
    for name, values in _numbers(records):
        rises = {group: _rises(values, at, records.correct) for group, at in previous.items()}
        over = max(rises, key=lambda group: rises[group])
        if rises[over] >= RISES:
            found[name] = over
    return found


def find_running(records: Records, found: Mapping[str, str]) -> list[Finding]:
    """Running statistics that count their own row.

    Args:
        records: of a log.
        found: what `running` found.
    """
    told = listed([f"{name} (over the {group}'s answers)" for name, group in found.items()])
    sentence = f"Rising and falling with its own row's answer, which it counts: {told}."
    advice = "Take the statistic from the rows before only: shift it by one row."
    return _of_columns("future", records, list(found), sentence, advice)


def find_whole_file(records: Records) -> list[Finding]:
    """Means of items, skills or students over the whole file, the row itself included (target encoding)."""
    names = {}
    for name, values in _numbers(records):
        group = next(
            (group for group in ("item", "skill", "student") if is_whole_file_mean(records, group, values)), None
        )
        if group is not None:
            names[name] = group
    found = [f"{name} (of the {group})" for name, group in names.items()]
    sentence = f"The mean of this very file's answers, the row's own included: {listed(found)}."
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
    right = np.bincount(inverse, weights=records.correct[known]).astype(np.float64)
    return min(_distance(value, right, count.astype(np.float64), prior, records) for prior in PRIORS) < NOISE


def _numbers(records: Records) -> Iterator[tuple[str, Floats]]:
    for name in records.side.columns:
        if records.side[name].dtype.is_numeric():
            yield name, records.side[name].fill_null(float("nan")).to_numpy()


def _rises(values: Floats, previous: Codes, correct: Floats) -> float:
    """How much oftener values rise (or fall) with right answers than with wrong ones, in [0, 1].

    0 for values that do not remember the answer before: they tell only of their own row.
    """
    rest = np.flatnonzero(previous >= 0)
    step = values[rest] - values[previous[rest]]
    known = np.isfinite(step)
    step, at = step[known], rest[known]
    right = correct[at] == 1
    if right.sum() < FEW or (~right).sum() < FEW:
        return 0.0
    design = np.stack([np.ones(len(at)), correct[at], correct[previous[at]]], axis=1)
    _, own, past = np.linalg.lstsq(design, values[at], rcond=None)[0]
    if past * own <= 0 or abs(past) < REMEMBERS * abs(own):
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
