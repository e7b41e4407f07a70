"""Replaying a log through a tracer's own steps: all students' first answers at once, then all second ones."""

from typing import Any, Final

import torch
from torch import Tensor

from kt_fewshot.data import Answer, Occurrences, Question, SequenceStore

from .tracer import Prediction, Tracer

STUDENTS_AT_ONCE: Final = 8_192


@torch.no_grad()
def replay(tracer: Tracer, store: SequenceStore) -> tuple[Prediction, Any]:
    """What a tracer says of each answer of a log, and the state after each student's last.

    For tracers whose state is a tuple of tensors with a row a student: the whole log is then read in as many steps as
    the longest history has.

    Args:
        tracer: steps through the log.
        store: the log.

    Returns:
        what `Tracer.predict_log` and `Tracer.final_state` promise.
    """
    store = store.to(tracer.device)
    blocks = [
        _replay(tracer, store.students(first, min(first + STUDENTS_AT_ONCE, store.n_students)))
        for first in range(0, max(store.n_students, 1), STUDENTS_AT_ONCE)
    ]
    said, states = zip(*blocks, strict=True)
    return Prediction(*map(torch.cat, zip(*said, strict=True))), _joined(states)


def _replay(tracer: Tracer, store: SequenceStore) -> tuple[Prediction, Any]:
    groups = Occurrences.of(store.student().cpu())
    by_size = torch.argsort(groups.sizes, descending=True, stable=True)  # as `by_rank` has them
    state, done = tracer.start(store.n_students), []
    known = state  # before each student's bundle
    said: list[Prediction] = []
    order: list[Tensor] = []
    for here in groups.by_rank():
        if len(here) < len(state[0]):
            done.append(_rows(state, slice(len(here), None)))
            state, known = _rows(state, slice(len(here))), _rows(known, slice(len(here)))
        here = here.to(store.correct.device)
        question, answer = _asked(store, here)
        known = before_bundle(state, known, store.place[here]) if len(store.place) else state
        said.append(tracer.predict(known, question))
        order.append(here.cpu())
        state = tracer.update(state, question, answer)
    back = torch.argsort(torch.cat(order)) if order else torch.zeros(0, dtype=torch.int64)
    final = _rows(_joined([state, *reversed(done)]), torch.argsort(by_size).to(tracer.device))
    if not said:
        nothing = torch.zeros(0, device=tracer.device)
        return Prediction(nothing, nothing), final
    return Prediction(*(torch.cat(values)[back.to(tracer.device)] for values in zip(*said, strict=True))), final


def before_bundle(state: Any, known: Any, place: Tensor) -> Any:  # noqa: ANN401 (each tracer has a state of its own)
    """What was known of each student before the bundle that is asked now.

    Args:
        state: a tuple of tensors with a row a student: what is known now.
        known: the same, before the bundle that was asked last.
        place: (n,) how many answers of the bundle came before.
    """
    begins = place == 0
    return type(state)(
        *(
            torch.where(begins.reshape(-1, *[1] * (now.dim() - 1)), now, then)
            for now, then in zip(state, known, strict=True)
        )
    )


def _asked(store: SequenceStore, here: Tensor) -> tuple[Question, Answer]:
    return Question.of_rows(store, here), Answer(store.correct[here], store.behaviour[here])


def _rows(state: Any, rows: Any) -> Any:  # noqa: ANN401 (each tracer has a state of its own)
    return type(state)(*(field[rows] for field in state))


def _joined(states: Any) -> Any:  # noqa: ANN401
    return type(states[0])(*(torch.cat(fields) for fields in zip(*states, strict=True)))
