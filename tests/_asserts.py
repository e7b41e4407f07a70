"""Properties that hold for every class of a kind, and small logs to hold them against."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import (
    Answer,
    Interactions,
    Question,
    SequenceStore,
    Vocabulary,
    encode,
)
from kt_fewshot.tracing import Tracer, load_tracer


def random_log(
    n_students: int = 8, *, seed: int = 0, longest: int = 30, skills: int = 4, items: int = 9, bundles: bool = False
) -> Interactions:
    """A log with everything: unequal lengths, skill sets, no skills, missing items, times, behaviour and schools.

    With `bundles` some neighbours share one, of up to four answers; some answers are in none, some have no time.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, n_students)
    n = int(lengths.sum())
    sets = [
        "~~".join(sorted({f"skill-{k}" for k in rng.integers(0, skills, rng.integers(0, 4))})) or None for _ in range(n)
    ]
    response_time = rng.lognormal(2, 1, n)
    frame = pl.DataFrame(
        {
            "student": np.repeat([f"student-{k}" for k in range(n_students)], lengths),
            "item": [f"item-{k}" if k else None for k in rng.integers(0, items, n)],
            "skills": sets,
            "correct": rng.integers(0, 2, n),
            "time": rng.integers(0, 10**6, n).astype(float),
            "response_time": [None if k % 5 == 0 else response_time[k] for k in range(n)],
            "hints": rng.integers(0, 3, n),
            "attempts": rng.integers(1, 4, n),
            "group": np.repeat([f"school-{k % 3}" for k in range(n_students)], lengths),
        }
    )
    log = Interactions.ordered(frame)
    if not bundles:
        return log
    numbers = np.repeat(np.arange(n), rng.integers(1, 5, n))[:n]
    time = pl.when(pl.Series(rng.random(n) < 0.8)).then("time")
    return Interactions(log.table.with_columns(time=time, bundle=pl.Series(numbers).replace(0, None)), log.files)


def store_of(log: Interactions, vocabulary: Vocabulary, dtype: torch.dtype = torch.float64) -> SequenceStore:
    """The log as a store in double precision, where roundings cannot hide a mistake."""
    return encode(log, vocabulary, dtype=dtype)


Row = tuple[str, str | None, str | None, int]
"""student, item, skills, correct."""


def log_of(rows: Sequence[Row], times: Sequence[float | None] | None = None) -> Interactions:
    """A log written down row by row, in its own order."""
    frame = pl.DataFrame(
        {
            "student": [row[0] for row in rows],
            "item": pl.Series([row[1] for row in rows], dtype=pl.String),
            "skills": pl.Series([row[2] for row in rows], dtype=pl.String),
            "correct": [row[3] for row in rows],
            "time": pl.Series(times or [None] * len(rows), dtype=pl.Float64),
        }
    )
    return Interactions.ordered(frame, by=None)


def store_and_vocabulary(
    rows: Sequence[Row], times: Sequence[float | None] | None = None
) -> tuple[SequenceStore, Vocabulary]:
    """The rows in double precision, with a vocabulary of every item."""
    log = log_of(rows, times)
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    return store_of(log, vocabulary), vocabulary


def scramble(log: Interactions, position: int, *, seed: int = 0) -> Interactions:
    """The same questions, but every answer from `position` on in each history is another one."""
    later = log.table.select(pl.int_range(pl.len()).over("student") >= position).to_series()
    return _scrambled(log, later, seed=seed)


def _scrambled(log: Interactions, later: pl.Series, *, seed: int) -> Interactions:
    """The same questions, but the answers where `later` is true are others."""
    rng, n = np.random.default_rng(seed), len(log)
    changed = log.table.with_columns(
        correct=pl.when(later).then(1 - pl.col("correct")).otherwise("correct").cast(pl.Int8),
        response_time=pl.when(later)
        .then(pl.Series(rng.lognormal(3, 1, n)))
        .otherwise("response_time")
        .cast(pl.Float32),
        hints=pl.when(later).then(pl.Series(rng.integers(0, 9, n))).otherwise("hints").cast(pl.Int16),
        attempts=pl.when(later).then(pl.Series(rng.integers(1, 9, n))).otherwise("attempts").cast(pl.Int16),
    )
    return Interactions(changed, log.files)


def assert_future_is_invisible(tracer: Tracer, log: Interactions, *, remembers: bool = True) -> None:
    """Changing the answers from t on leaves everything said up to t exactly, to the last bit, as it was.

    What is said afterwards changes, unless the tracer remembers nothing of a student.
    """
    store = store_of(log, tracer.vocabulary)
    before = tracer.predict_log(store)
    position = store.position()
    for t in (0, 1, 2, 5, 13):
        after = tracer.predict_log(store_of(scramble(log, t), tracer.vocabulary))
        seen = position <= t
        assert torch.equal(before.correct[seen], after.correct[seen])
        assert torch.equal(before.mastery[seen], after.mastery[seen])
        if (position > t + 1).any():
            assert torch.equal(before.correct[~seen], after.correct[~seen]) != remembers, "the role of the past"


def assert_bundles_keep_secrets(tracer: Tracer, log: Interactions) -> None:
    """Changing the answers of a bundle leaves everything said of it exactly, to the last bit, as it was."""
    store = store_of(log, tracer.vocabulary)
    place, student = store.place, store.student()
    before = tracer.predict_log(store)
    largest = int(place.max())
    assert largest >= 2, "bundles worth the name"
    begins = (torch.arange(len(store)) - place).tolist()
    for last in np.flatnonzero(place == largest).tolist()[:5]:
        first = begins[last]
        inside = torch.arange(len(store)).clamp(first, last) == torch.arange(len(store))
        after = tracer.predict_log(store_of(_scrambled(log, pl.Series(inside.numpy()), seed=last), tracer.vocabulary))
        seen = (student != student[last]) | (torch.arange(len(store)) <= last)
        assert torch.equal(before.correct[seen], after.correct[seen])
        assert torch.equal(before.mastery[seen], after.mastery[seen])


def assert_company_is_irrelevant(tracer: Tracer, log: Interactions) -> None:
    """A student alone is predicted as in company, whatever the others and the padding."""
    together = tracer.predict_log(store_of(log, tracer.vocabulary))
    students = log.table["student"]
    for student in students.unique(maintain_order=True):
        alone = tracer.predict_log(store_of(log.of_students([student]), tracer.vocabulary))
        mine = torch.from_numpy((students == student).to_numpy())
        torch.testing.assert_close(alone.correct, together.correct[mine], atol=1e-9, rtol=0)
        torch.testing.assert_close(alone.mastery, together.mastery[mine], atol=1e-9, rtol=0)


def assert_probabilities(tracer: Tracer, log: Interactions) -> None:
    """Everything said is finite, in [0, 1], and holds on to no gradient."""
    store = store_of(log, tracer.vocabulary)
    for values in (*tracer.predict_log(store), *tracer.mastery(tracer.final_state(store))):
        assert not values.requires_grad
        assert values.isfinite().all()
        assert ((values >= 0) & (values <= 1)).all()


def assert_stepping_equals_vectorised(tracer: Tracer, log: Interactions, tolerance: float = 1e-6) -> None:
    """Answer by answer, a tracer says what it says of the whole log; and it ends where the whole log ends.

    Of a bundle everything is asked before the first answer is told.
    """
    store = store_of(log, tracer.vocabulary, next(tracer.parameters()).dtype)
    whole = tracer.predict_log(store)
    final = tracer.mastery(tracer.final_state(store))
    place = store.place.tolist() or [0] * len(store)
    for student in range(store.n_students):
        state = known = tracer.start(1)
        for at in range(int(store.starts[student]), int(store.starts[student + 1])):
            question, answer = step_of(store, at)
            known = state if place[at] == 0 else known
            said = tracer.predict(known, question)
            torch.testing.assert_close(said.correct[0], whole.correct[at], atol=tolerance, rtol=0)
            torch.testing.assert_close(said.mastery[0], whole.mastery[at], atol=tolerance, rtol=0)
            state = tracer.update(state, question, answer)
        for now, then in zip(tracer.mastery(state), final, strict=True):
            torch.testing.assert_close(now[0], then[student], atol=tolerance, rtol=0)


def step_of(store: SequenceStore, at: int) -> tuple[Question, Answer]:
    """One answer of a store as a question and its answer."""
    answer = Answer(store.correct[at : at + 1], store.behaviour[at : at + 1])
    return Question.of_rows(store, torch.tensor([at], device=store.correct.device)), answer


def assert_survives_saving(tracer: Tracer, log: Interactions, folder: Path) -> None:
    """Saved and loaded, a tracer says exactly what it said."""
    tracer.save(folder)
    loaded = load_tracer(folder)
    assert type(loaded) is type(tracer)
    assert loaded.options == tracer.options
    store = store_of(log, tracer.vocabulary)
    for here, there in zip(tracer.predict_log(store), loaded.predict_log(store), strict=True):
        assert torch.equal(here, there)


def assert_reproducible(make: Callable[[], Tracer], train: SequenceStore, valid: SequenceStore) -> None:
    """The same seed gives the same numbers, whatever happened to the global random state."""
    tracers = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        tracer = make()
        tracer.fit(train, valid)
        tracers.append(tracer)
    first, second = (tracer.predict_log(valid) for tracer in tracers)
    assert torch.equal(first.correct, second.correct)
    assert torch.equal(first.mastery, second.mastery)
