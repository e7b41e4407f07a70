"""`simulate`: students of a known way of learning answer the items of a course."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
import polars as pl

from ..interactions import SCHEMA, SKILL_SEPARATOR, Interactions
from .base import ItemBank, Simulator, smallest_required
from .behaviour import BEHAVIOURS, Behaviour
from .bkt import BKTSimulator
from .course import Course
from .dash import DASHSimulator
from .irt import IRTSimulator
from .students import SimulatedStudents

SIMULATORS: Final[Mapping[str, type[Simulator]]] = {
    simulator.name: simulator for simulator in (BKTSimulator, IRTSimulator, DASHSimulator)
}
"""Name -> class of every simulator."""


def simulate(
    simulator: str,
    *,
    n_students: int = 1_000,
    n_answers: int = 60,
    n_skills: int = 10,
    behaviour: str = "related",
    seed: int = 0,
    **options: Any,
) -> SimulatedStudents:
    """Let students of one simulator go through a course.

    The course (who practises what, in which order, how many answers) comes from its own stream of random numbers: the
    same seed and course options give every simulator the same students, items and order.

    Args:
        simulator: one of `SIMULATORS`: "bkt", "irt" or "dash".
        n_students: number of students.
        n_answers: mean number of answers of a student.
        n_skills: number of skills.
        behaviour: what response times, hints and attempts have to do with mastery, one of `BEHAVIOURS`: "related",
            "unrelated" (noise) or "conflict" (each needs memory of its own).
        seed: same seed, same numbers.
        options: any attribute of `Course` (`multi_skill`, `equal_lengths`, `items_per_skill`, ...) or of the
            simulator's class (`learn`, `forget`, `item_spread`, ...).

    Raises:
        ValueError: if the simulator, the behaviour or an option is unknown or out of range.

    >>> students = simulate("bkt", n_students=3, n_answers=20, n_skills=2, seed=1)
    >>> students.mastered.shape == (len(students.interactions), 2)
    True
    """
    course, kind = _configure(
        simulator, options | {"n_students": n_students, "n_answers": n_answers, "n_skills": n_skills}
    )
    course_stream, draw_stream, answer_stream, behaviour_stream = np.random.default_rng(seed).spawn(4)
    bank = course.item_bank(course_stream)
    lengths = course.lengths(course_stream)
    population = kind.population(bank, n_students, draw_stream)
    responses = _behaviour(behaviour)(n_students, behaviour_stream)

    log = _Log(lengths, n_skills)
    now, busy = np.zeros(n_students), np.zeros(n_students)  # seconds since the course began; taken by the last answer
    for step, (students, items, pause) in enumerate(course.steps(lengths, course_stream)):
        passed = pause + busy[students]
        population.wait(students, passed)
        now[students] += passed
        mastered = population.mastered(students)
        chance = population.p_correct(students, items)
        correct = answer_stream.random(len(students)) < chance
        known = smallest_required(mastered, bank.skills[items])
        seconds, hints, attempts = responses.respond(students, known, correct)
        log.write(
            students, step, time=now[students], item=items, mastered=mastered, p_correct=chance, correct=correct,
            response_time=seconds, hints=hints, attempts=attempts,
        )  # fmt: skip
        population.practise(students, items, correct)
        busy[students] = seconds
    return SimulatedStudents(
        simulator=simulator,
        interactions=log.interactions(course, bank),
        skill_names=tuple(_names("skill", n_skills)),
        required=bank.skills[log.column["item"]].astype(np.int16),
        mastered=log.column["mastered"],
        final_mastered=population.mastered(np.arange(n_students)),
        p_correct=log.column["p_correct"],
        parameters=population.parameters,
    )


def _behaviour(name: str) -> type[Behaviour]:
    if name not in BEHAVIOURS:
        raise ValueError(f"Unknown behaviour {name!r}. Choose one of: {', '.join(sorted(BEHAVIOURS))}.")
    return BEHAVIOURS[name]


def _configure(name: str, options: dict[str, Any]) -> tuple[Course, Simulator]:
    """Make the course and the simulator from one set of options."""
    if name not in SIMULATORS:
        raise ValueError(f"Unknown simulator {name!r}. Choose one of: {', '.join(sorted(SIMULATORS))}.")
    of_course = {field.name for field in fields(Course)}
    of_simulator = {field.name for field in fields(SIMULATORS[name])}
    unknown = set(options) - of_course - of_simulator
    if unknown:
        known = ", ".join(sorted(of_course | of_simulator))
        raise ValueError(f"Unknown option {min(unknown)!r} of simulator {name!r}. Choose among: {known}.")
    course = Course(**{key: value for key, value in options.items() if key in of_course})
    return course, SIMULATORS[name](**{key: value for key, value in options.items() if key in of_simulator})


class _Log:
    """The columns of the log and of the truth, one row for each answer, filled step by step."""

    def __init__(self, lengths: np.ndarray, n_skills: int) -> None:
        answers = int(lengths.sum())
        self._lengths = lengths
        self._first = np.cumsum(lengths) - lengths
        self.column = {
            "time": np.zeros(answers),
            "item": np.zeros(answers, np.int64),
            "mastered": np.zeros((answers, n_skills), bool),
            "p_correct": np.zeros(answers),
            "correct": np.zeros(answers, np.int8),
            "response_time": np.zeros(answers),
            "hints": np.zeros(answers, np.int16),
            "attempts": np.zeros(answers, np.int16),
        }

    def write(self, students: np.ndarray, step: int, **values: np.ndarray) -> None:
        """Fill the rows of the answers that `students` (n,) give at `step`; every column (n,) or (n, skills)."""
        rows = self._first[students] + step
        for name, value in values.items():
            self.column[name][rows] = value

    def interactions(self, course: Course, bank: ItemBank) -> Interactions:
        """The log as everything else reads it."""
        student = np.repeat(np.arange(course.n_students), self._lengths)
        classes = course.classes()
        skills = pl.Series(_skill_sets(bank))
        answers = len(student)
        known = {
            "student": _named("student", student, course.n_students),
            "item": _named("item", self.column["item"], bank.n_items),
            "skills": skills.gather(self.column["item"]),
            "correct": self.column["correct"],
            "time": self.column["time"].round(3),
            "response_time": self.column["response_time"].round(2),
            "hints": self.column["hints"],
            "attempts": self.column["attempts"],
            "group": _named("class", classes[student], int(classes[-1]) + 1),
            "file": np.zeros(answers, np.uint32),
            "row": np.arange(1, answers + 1),
        }
        frame = pl.DataFrame(known)
        columns = [
            (pl.col(name) if name in known else pl.lit(None)).cast(kind).alias(name) for name, kind in SCHEMA.items()
        ]
        return Interactions(frame.select(columns), ("simulated",))


def _names(kind: str, n: int) -> list[str]:
    """`kind-01`, `kind-02`, ...: as wide as the last one needs, two digits at least."""
    width = max(2, len(str(n)))
    return [f"{kind}-{number:0{width}d}" for number in range(1, n + 1)]


def _named(kind: str, index: np.ndarray, n: int) -> pl.Series:
    return pl.Series(_names(kind, n)).gather(index)


def _skill_sets(bank: ItemBank) -> list[str]:
    """The skills of each item, as the log writes them."""
    names = np.array(_names("skill", bank.n_skills))
    return [SKILL_SEPARATOR.join(sorted(names[needed[needed >= 0]])) for needed in bank.skills]
