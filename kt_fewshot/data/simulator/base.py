"""The contract of a simulator: what the students of one course are able to do, learn and forget."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

Range = tuple[float, float]
"""Lowest and highest value of a parameter; each skill (or item, as documented) draws its own, uniformly."""


@dataclass(frozen=True)
class ItemBank:
    """The items of a course and the skills each of them needs.

    Attributes:
        n_skills: number of skills, 1 or more.
        skills: (items, 2) integers, the skills an item needs; the second is -1 for an item of one skill.
        ease: (items,) standard normal; how much easier than its skill's average the item is. A simulator scales it.
    """

    n_skills: int
    skills: np.ndarray
    ease: np.ndarray

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.skills)


class Population(ABC):
    """The students of one simulated course, now: the part of a simulator that changes.

    All students are stepped together, in place: `wait` lets time pass, `p_correct` and `mastered` look, `practise`
    changes what students know. An item of two skills is answered right only if both parts are done right (conjunctive),
    and the two parts are independent given what the student knows: P(correct) is the product of the parts.

    Args:
        bank: the items of the course.
        n_students: number of students.
        parameters: the true values of what the simulator drew, name -> array; a copy for whoever wants to compare.
    """

    def __init__(self, bank: ItemBank, n_students: int, parameters: Mapping[str, np.ndarray]) -> None:
        self.bank = bank
        self.n_students = n_students
        self.parameters = parameters

    @abstractmethod
    def wait(self, students: np.ndarray, seconds: np.ndarray) -> None:
        """Let `seconds` (n,), 0 or more, pass for each of `students` (n,), all different."""

    @abstractmethod
    def success(self, students: np.ndarray, items: np.ndarray, skills: np.ndarray) -> np.ndarray:
        """Chance (n,) that each student does right the part of the item that needs this skill; all arguments (n,)."""

    @abstractmethod
    def learn(self, students: np.ndarray, skills: np.ndarray, correct: np.ndarray) -> None:
        """Change what `students` (n,), all different, know of `skills` (n,) after answering with `correct` (n,)."""

    @abstractmethod
    def mastered(self, students: np.ndarray) -> np.ndarray:
        """Whether each of `students` (n,) has mastered each skill now: (n, skills) bool."""

    def p_correct(self, students: np.ndarray, items: np.ndarray) -> np.ndarray:
        """True chance (n,) that each of `students` (n,) answers its item of `items` (n,) right, now."""
        first, second = self.bank.skills[items].T
        chance = self.success(students, items, first)
        two = np.flatnonzero(second >= 0)
        if two.size:
            chance[two] *= self.success(students[two], items[two], second[two])
        return chance

    def practise(self, students: np.ndarray, items: np.ndarray, correct: np.ndarray) -> None:
        """Let `students` (n,), all different, learn from answering `items` (n,) with `correct` (n,) in {0, 1}."""
        first, second = self.bank.skills[items].T
        self.learn(students, first, correct)
        two = np.flatnonzero(second >= 0)
        if two.size:
            self.learn(students[two], second[two], correct[two])


@dataclass(frozen=True)
class Simulator(ABC):
    """A way in which students learn: ranges of parameters from which a population is drawn."""

    name: ClassVar[str]

    @abstractmethod
    def population(self, bank: ItemBank, n_students: int, generator: np.random.Generator) -> Population:
        """Draw the parameters of every skill and item and `n_students` students who are about to begin.

        The population keeps `generator` for what happens by chance while students learn.
        """


def smallest_required(values: np.ndarray, required: np.ndarray) -> np.ndarray:
    """The smallest of each answer's values over the skills it needs: all mastered, for bool.

    Args:
        values: (answers, skills) of any type that can be compared.
        required: (answers, 2) integers, skills; the second is -1 where only one is needed.

    Returns:
        (answers,), of the type of `values`.
    """
    first, second = required.T
    rows = np.arange(len(values))
    return np.minimum(values[rows, first], values[rows, np.where(second >= 0, second, first)])


def draw_uniform(within: Range, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draw `n` values uniformly within a range: (n,)."""
    return generator.uniform(within[0], within[1], n)


def check_range(name: str, values: Range, lowest: float, highest: float) -> None:
    """Raise ValueError unless `values` is a pair with lowest <= low <= high <= highest."""
    is_pair = isinstance(values, Sequence) and len(values) == 2
    if not (is_pair and lowest <= values[0] <= values[1] <= highest):
        raise ValueError(
            f"`{name}` should be a pair (low, high) within [{lowest}, {highest}]. Found `{name} = {values}`."
        )


def check_value(name: str, value: float, lowest: float, highest: float = np.inf) -> None:
    """Raise ValueError unless lowest <= value <= highest."""
    if not lowest <= value <= highest:
        limits = f"at least {lowest}" if np.isinf(highest) else f"within [{lowest}, {highest}]"
        raise ValueError(f"`{name}` should be {limits}. Found `{name} = {value}`.")
