"""Simulated students and what an interval of P(correct) should cover, for `uncertainty.py`."""

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
import torch
from scipy.special import expit, logit
from torch import Tensor
from torch.nn import functional

from kt_fewshot.data import (
    QUESTION_FEATURES,
    Interactions,
    Occurrences,
    SequenceStore,
    SimulatedStudents,
    Vocabulary,
    encode,
    simulate,
)
from kt_fewshot.data.simulator import Course
from kt_fewshot.tracing import Emission, Tracer, forward_filter

TRAIN, VALID, TEST, SKILLS = 1500, 300, 500, 10


@dataclass(frozen=True)
class Draw:
    """One draw of students: the parts of the log encoded, and the test's truth (answers,)."""

    train: SequenceStore
    valid: SequenceStore
    test: SequenceStore
    vocabulary: Vocabulary
    truth: np.ndarray

    @classmethod
    def of(cls, name: str, seed: int) -> "Draw":
        """Simulate."""
        everyone = simulate(name, n_students=TRAIN + VALID + TEST, n_skills=SKILLS, seed=seed, equal_lengths=True)
        table = everyone.interactions.table
        hidden = [pl.lit(None).cast(table[c].dtype).alias(c) for c in ("response_time", "hints", "attempts")]
        log = Interactions(table.with_columns(hidden))
        students = table["student"].unique(maintain_order=True).to_list()
        parts = students[:TRAIN], students[TRAIN : TRAIN + VALID], students[TRAIN + VALID :]
        vocabulary = Vocabulary.of(log.of_students(parts[0]), min_item_answers=2)
        train, valid, test = (encode(log.of_students(part), vocabulary) for part in parts)
        return cls(train, valid, test, vocabulary, chance_of_skill(everyone, seed)[-len(test) :])


def chance_of_skill(students: SimulatedStudents, seed: int) -> np.ndarray:
    """What an interval should cover, before every answer: (answers,); see above."""
    skill = students.required[:, 0].astype(np.int64)
    if students.simulator == "bkt":
        prior, *emission = (
            torch.from_numpy(students.parameters[n][skill]) for n in ("prior", "guess", "slip", "learn", "forget")
        )
        guess, slip = emission[:2]
        key = torch.from_numpy(students.student_index() * SKILLS + skill)
        correct = torch.from_numpy(students.interactions.table["correct"].to_numpy().copy())
        mastery = forward_filter(Occurrences.of(key), correct, prior, Emission(*emission))
        return (mastery * (1 - slip) + (1 - mastery) * guess).numpy()
    course = Course(n_students=students.interactions.n_students, n_skills=SKILLS)
    bank = course.item_bank(np.random.default_rng(seed).spawn(4)[0])  # as `simulate` draws it
    slope = students.parameters.get("discrimination", np.ones(bank.n_items))
    easiness = 0.5 * bank.ease  # both simulators' default `item_spread`
    item = students.interactions.table["item"].str.slice(len("item-")).cast(pl.Int64).to_numpy() - 1
    level = logit(students.p_correct) / slope[item] - easiness[item]
    alike = np.arange(bank.n_items).reshape(SKILLS, -1)[skill]  # (answers, items of the skill)
    return expit(slope[alike] * (level[:, None] + easiness[alike])).mean(1)


def redrawn(store: SequenceStore, seed: tuple[int, ...]) -> SequenceStore:
    """As many students, drawn with replacement."""
    which = torch.from_numpy(np.random.default_rng(seed).integers(0, store.n_students, store.n_students))
    rows = torch.cat([torch.arange(int(store.starts[k]), int(store.starts[k + 1])) for k in which])
    starts = functional.pad(store.lengths[which].cumsum(0), (1, 0))
    named = {field.name: getattr(store, field.name) for field in fields(store)[1:-1]}
    return replace(store, starts=starts, **{n: column[rows] if len(column) else column for n, column in named.items()})


def without_items(store: SequenceStore) -> SequenceStore:
    """The same answers on unknown items: what is predicted of them is P(correct) of the skill."""
    question = store.question.clone()
    question[:, [k for k, name in enumerate(QUESTION_FEATURES) if name.startswith("item_")]] = 0
    return replace(store, item=torch.zeros_like(store.item), question=question)


def logits(tracer: Tracer, store: SequenceStore) -> Tensor:
    """Logit of P(correct) of each answer's skill: (answers,)."""
    return torch.logit(tracer.predict_log(without_items(store)).correct.double(), 1e-6)


def answers_on_skill(store: SequenceStore) -> Tensor:
    """How many answers the student gave on the skill before: (answers,)."""
    key = store.student() * (SKILLS + 1) + store.sets.single()[store.skill_set.long()]
    count = torch.empty(len(store), dtype=torch.float64)
    for rank, here in enumerate(Occurrences.of(key).by_rank()):
        count[here] = rank
    return count
