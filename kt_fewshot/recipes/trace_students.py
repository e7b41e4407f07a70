"""Some students, answer by answer: what a tracer thought of every skill after each of their first or last answers."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import SKILL_SEPARATOR, Answer, Interactions, Question, SequenceStore, encode
from kt_fewshot.reports import Steps
from kt_fewshot.tracing import Prediction, Tracer

MOST: Final = 100


@torch.no_grad()
def trace_students(
    tracer: Tracer, log: Interactions, students: Sequence[str], *, most: int = MOST, from_start: bool = False
) -> Mapping[str, Steps]:
    """Follow students through the last answers of their histories, or the first ones.

    Args:
        tracer: what estimates.
        log: whole histories.
        students: whom to follow.
        most: answers of each, at most.
        from_start: whether the first ones.
    """
    place, length = (pl.int_range(pl.len()).over("student"), pl.len().cast(pl.Int64).over("student"))
    table = log.of_students(list(students)).table
    if from_start:
        table = table.filter(place < most)
    table = table.with_columns(__before=place < length - most, __long=length > most)
    found: dict[str, Steps] = {}
    for _, block in table.group_by("__long", maintain_order=True):
        before, here = (
            Interactions(block.filter(part).drop("__before", "__long"), log.files)
            for part in (pl.col("__before"), ~pl.col("__before"))
        )
        found |= _trace(tracer, before, here)
    return found


def _trace(tracer: Tracer, before: Interactions, here: Interactions) -> dict[str, Steps]:
    """Students whose earlier answers are all empty, or all not."""
    store = encode(here, tracer.vocabulary).to(tracer.device)
    n = store.n_students
    state = tracer.final_state(encode(before, tracer.vocabulary)) if len(before) else tracer.start(n)
    said: list[Prediction] = []
    for place in range(int(store.lengths.max())):
        question, answer = _asked(store, place)
        state = tracer.update(state, question, answer)
        said.append(tracer.mastery(state))
    correct, mastery = (
        torch.stack([step[:, 1:].float().cpu() for step in steps]).numpy() for steps in zip(*said, strict=True)
    )
    earlier = before.table.group_by("student").len() if len(before) else None
    skipped = dict(earlier.iter_rows()) if earlier is not None else {}
    met = _met_before(before)
    return {
        str(name): _steps(
            str(name),
            rows,
            tracer,
            (correct[:, place], mastery[:, place]),
            (skipped.get(name, 0), met.get(name, set())),
        )
        for place, ((name,), rows) in enumerate(here.table.group_by("student", maintain_order=True))
    }


def _asked(store: SequenceStore, place: int) -> tuple[Question, Answer]:
    """The answers at a place of each history; of a history that has ended, its last one, for which nobody asks."""
    rows = torch.minimum(store.starts[:-1] + place, store.starts[1:] - 1)
    return Question.of_rows(store, rows), Answer(store.correct[rows], store.behaviour[rows])


def _met_before(before: Interactions) -> dict[str, set[str]]:
    rows = before.table.select("student", skill=pl.col("skills").str.split(SKILL_SEPARATOR)).explode("skill")
    met: dict[str, set[str]] = {}
    for student, skill in rows.unique().iter_rows():
        met.setdefault(student, set()).add(skill)
    return met


def _steps(
    name: str,
    rows: pl.DataFrame,
    tracer: Tracer,
    said: tuple[np.ndarray, np.ndarray],
    earlier: tuple[int, set[str]],
) -> Steps:
    skills = tuple(tracer.vocabulary.skills)
    practised = tuple(tuple(text.split(SKILL_SEPARATOR)) if text else () for text in rows["skills"].to_list())
    first_at: dict[str, int] = dict.fromkeys(earlier[1], 0)
    for place, names in enumerate(practised):
        for skill in names:
            first_at.setdefault(skill, place)
    n = rows.height
    return Steps(
        student=name,
        first=earlier[0] + 1,
        practised=practised,
        right=rows["correct"].to_numpy() == 1,
        skills=skills,
        correct=said[0][:n],
        mastery=said[1][:n],
        met=np.array([first_at.get(skill, -1) for skill in skills], dtype=np.int64),
    )
