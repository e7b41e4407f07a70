"""`Material`: what a report is made of. Results come in; nothing is trained or traced here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from kt_fewshot.data import Interactions
from kt_fewshot.evaluation import Results, Transfer
from kt_fewshot.metrics import Interval


@dataclass(frozen=True)
class Standing:
    """How a tracer did on the very same answers; `difference`: the AUC of the report's tracer less this one's."""

    name: str
    auc: float
    log_loss: float
    difference: Interval | None = None


@dataclass(frozen=True)
class SkillNumbers:
    """Guess, slip and learning rate of a skill, in [0, 1]."""

    guess: float
    slip: float
    learn: float


@dataclass(frozen=True)
class Steps:
    """What was thought of a student after each of some answers in a row, the first ones or the last ones.

    - `first`: number of the first of these answers in the history, from 1;
    - `practised: (answers,)` the answer's skills; `right: (answers,)` bool;
    - `correct`, `mastery: (answers, skills)` in [0, 1], for the skills of `skills`;
    - `met: (skills,)` the first of these answers by which the skill was met, from 0; -1 for never.
    """

    student: str
    first: int
    practised: tuple[tuple[str, ...], ...]
    right: np.ndarray
    skills: tuple[str, ...]
    correct: np.ndarray
    mastery: np.ndarray
    met: np.ndarray


Trace = Callable[[Sequence[str], bool], Mapping[str, Steps]]
"""Follows some students through their first answers (True) or their last ones."""

MasteryOf = Callable[[Sequence[str]], pl.DataFrame]
"""Where some students stand."""


@dataclass(frozen=True)
class Material:
    """What a report is made of.

    - `title`; `tracer`: its name; `notes`: what else the reader should know, a sentence each;
    - `log`: whole histories; `probability: (answers,)` P(correct) foretold before each, in [0, 1];
    - `scored: (answers,)` bool, the answers that test the tracer; `asked`: whose they are, in words;
    - `results`: of these answers (or, where there are none, of the run's own test);
    - `standings`: the tracer and others on the same answers; empty if unknown;
    - `together`: its tasks against models of their own, if they were compared;
    - `mastery`: a row for each of some students and each skill: `student`, `skill`, `n_attempts`, `n_correct`,
      `p_correct`, `p_mastery`;
    - `mastered_at`: P(mastered) from which on a skill counts as mastered;
    - `skills`: guess, slip and learning rate; empty if the tracer has none, and its mastery is then P(correct);
    - `trace`: follows students; `call`: what a student is called in the report.
    """

    title: str
    tracer: str
    log: Interactions
    probability: np.ndarray
    scored: np.ndarray
    asked: str
    results: Results
    mastery: MasteryOf
    trace: Trace
    call: Callable[[str], str]
    standings: tuple[Standing, ...] = ()
    together: Transfer | None = None
    skills: Mapping[str, SkillNumbers] = field(default_factory=dict)
    mastered_at: float = 0.95
    notes: tuple[str, ...] = ()
