"""Test a tracer: the next answers, mastery, and what else it learned."""

from typing import Any, Final, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from kt_fewshot.data import Interactions, Occurrences, SequenceStore, SimulatedStudents, encode, sliding_windows
from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results, evaluate_behaviour, evaluate_next_response, recover_mastery
from kt_fewshot.metrics import future_success, share_lowered, student_bootstrap
from kt_fewshot.tracing import Emission, Tracer, forward_filter

Protocol = Literal["carried", "pykt-window"]
"""`carried` reads whole histories and scores every answer. `pykt-window` is pyKT's: students with at least 3 answers,
each answer predicted from at most 199 before it, the first answer of a student not scored."""

WINDOW: Final = 200
FEWEST: Final = 3
SUCCESS: Final = 0.8
"""Share of the next five answers from which on future success counts as such."""


def evaluate_tracer(
    tracer: Tracer,
    log: Interactions,
    store: SequenceStore,
    *,
    protocol: Protocol = "carried",
    mean: float | None = None,
    simulated: SimulatedStudents | None = None,
    draws: int = 1000,
) -> Results:
    """Score what a tracer says of a log: next answers, mastery, and (with whole histories) behaviour.

    Args:
        tracer: who says it.
        log: the answers.
        store: the log, encoded for the tracer; its `scored` answers count.
        protocol: how it is asked.
        mean: share of right answers in training, the reference to beat.
        simulated: the truth behind the log, if it has one.
        draws: resamples for the intervals.

    Raises:
        KTError: if there is no such protocol.
    """
    if protocol not in get_args(Protocol):
        raise KTError(f"`protocol` should be {' or '.join(map(repr, get_args(Protocol)))}. Found {protocol!r}.")
    probability, mastery = _ask(tracer, log, store, protocol)
    scored = _counted(store, protocol).cpu().numpy()
    results = evaluate_next_response(log, probability, scored=scored, mean=mean, draws=draws)
    found: dict[str, Any] = {"protocol": protocol} | _future_success(store, mastery, scored, draws)
    if simulated is not None:
        ceiling = mastery_ceiling(simulated)
        found["recovery"] = recover_mastery(mastery, simulated, ceiling=ceiling, draws=draws).to_dict()
        recovered = recover_mastery(probability, simulated, draws=draws).to_dict()
        found["recovery_by_p_correct"] = {name: recovered[name] for name in ("auc", "brier")}
    units = {"response_time": tracer.vocabulary.response_time[1]}  # log seconds
    tasks = evaluate_behaviour(tracer.predict_behaviour(store), store, units=units, draws=draws)
    return results.with_mastery(found).with_tasks(tasks)


def _ask(tracer: Tracer, log: Interactions, store: SequenceStore, protocol: Protocol) -> tuple[np.ndarray, np.ndarray]:
    if protocol == "carried":
        correct, mastery = tracer.predict_log(store)
        return correct.float().cpu().numpy(), mastery.float().cpu().numpy()
    said = np.empty((2, len(log)), dtype=np.float32)
    for windows in sliding_windows(log, WINDOW):
        for row, values in zip(said, tracer.predict_log(encode(windows.log, tracer.vocabulary)), strict=True):
            row[windows.rows[windows.wanted]] = values.float().cpu().numpy()[windows.wanted]
    return said[0], said[1]


def _counted(store: SequenceStore, protocol: Protocol) -> Tensor:
    if protocol == "carried":
        return store.scored
    return store.scored & (store.position() > 0) & (store.lengths[store.student()] >= FEWEST)


def _future_success(store: SequenceStore, mastery: np.ndarray, scored: np.ndarray, draws: int) -> dict[str, Any]:
    """Mastery against what can be seen of it in a real log: success in this and the next four answers on the skill."""
    skill = store.sets.single()[store.skill_set.long()].cpu().numpy()
    student, correct = store.student().cpu().numpy(), store.correct.cpu().numpy()
    group = np.where(skill >= 0, student * (skill.max(initial=0) + 1) + skill, -1)
    alone = (skill >= 0) & scored
    success = future_success(correct, group)
    told = alone & np.isfinite(success)
    lowered = _lowered(store, mastery, skill, student)
    summary: dict[str, Any] = {"share_of_right_answers_that_lowered_mastery": lowered}
    if told.any():
        scores = student_bootstrap(
            student[told], mastery[told], success[told] >= SUCCESS, metrics=("auc", "brier"), draws=draws
        )
        summary["future_success"] = {name: score.to_dict() for name, score in scores.items()}
        summary["future_success_censored"] = float(1 - told.sum() / max(alone.sum(), 1))
    return summary


def _lowered(store: SequenceStore, mastery: np.ndarray, skill: np.ndarray, student: np.ndarray) -> float | None:
    """Over pairs of answers in a row on the same skill: how often a right answer lowered the skill's estimate."""
    again = (skill[1:] == skill[:-1]) & (student[1:] == student[:-1]) & (skill[1:] >= 0)
    if not again.any():
        return None
    correct = store.correct.cpu().numpy()
    return float(share_lowered(mastery[:-1][again], mastery[1:][again], correct[:-1][again]))


def mastery_ceiling(students: SimulatedStudents) -> np.ndarray | None:
    """The best any tracer can know from the answers: BKT's recursion with the true parameters; (answers, skills)."""
    if students.simulator != "bkt":
        return None
    rows, skills = students.opportunities()
    key = torch.from_numpy(students.student_index()[rows] * len(students.skill_names) + skills)
    prior, *emission = (
        torch.from_numpy(np.asarray(students.parameters[name], dtype=np.float64)[skills])
        for name in ("prior", "guess", "slip", "learn", "forget")
    )
    correct = torch.from_numpy(students.interactions.table["correct"].to_numpy()[rows].copy())
    filtered = forward_filter(Occurrences.of(key), correct, prior, Emission(*emission))
    estimate = np.zeros((len(students.interactions), len(students.skill_names)))
    estimate[rows, skills] = filtered.numpy()
    return estimate
