"""`Course`: which student practises which item when, whatever the students learn from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .base import ItemBank, check_value

DAY = 86_400.0
SHORTEST_GAP = 4 * 3_600.0
BETWEEN_ANSWERS = 6.0
"""Seconds: mean pause between two answers of one sitting."""


@dataclass(frozen=True)
class Course:
    """A course of skills in an order, practised in blocks over days, as in a homework system.

    A class begins at one place of the curriculum. A student works on a skill for a block of answers, then usually goes
    on to the next skill of the curriculum, sometimes to any other; now and then one answer reviews a skill met before.
    None of this looks at what the student knows, so a history says nothing by its length or order alone. A student may
    not meet every skill. Answers come in sittings, days apart.

    Attributes:
        n_students: number of students.
        n_answers: mean number of answers of a student; the number of all, with `equal_lengths`.
        n_skills: number of skills.
        items_per_skill: different items of each skill (and, with `multi_skill`, as many that need a second skill too).
        multi_skill: share of answers whose item needs two skills, in [0, 1].
        equal_lengths: whether all students give `n_answers` answers; else numbers are gamma-distributed (shape 2),
            between 1 and 5 times the mean.
        class_size: students of a class.
        block: mean answers on a skill before the student moves on, 1 or more.
        jump: chance that a new block is on any skill, not on the curriculum's next, in [0, 1].
        review: chance that one answer is on a skill met before, not on the block's, in [0, 1].
        sitting: mean answers of one sitting, 1 or more.
        gap_days: median days between two sittings.
    """

    n_students: int = 1_000
    n_answers: int = 60
    n_skills: int = 10
    items_per_skill: int = 10
    multi_skill: float = 0.0
    equal_lengths: bool = False
    class_size: int = 25
    block: float = 6.0
    jump: float = 0.2
    review: float = 0.15
    sitting: float = 15.0
    gap_days: float = 2.0

    def __post_init__(self) -> None:
        """Check every number once."""
        for name in ("n_students", "n_answers", "n_skills", "items_per_skill", "class_size", "block", "sitting"):
            check_value(name, getattr(self, name), 1)
        for name in ("multi_skill", "jump", "review"):
            check_value(name, getattr(self, name), 0, 1)
        check_value("gap_days", self.gap_days, 0)
        if self.multi_skill and self.n_skills < 2:
            raise ValueError(f"`multi_skill` needs at least 2 skills. Found `n_skills = {self.n_skills}`.")

    def item_bank(self, generator: np.random.Generator) -> ItemBank:
        """Draw the items: those of one skill first, skill by skill, then, with `multi_skill`, those of two."""
        first = np.repeat(np.arange(self.n_skills), self.items_per_skill)
        second = np.full(len(first), -1)
        if self.multi_skill:
            other = (first + generator.integers(1, self.n_skills, len(first))) % self.n_skills
            first, second = np.tile(first, 2), np.concatenate([second, other])
        return ItemBank(self.n_skills, np.stack([first, second], 1), generator.standard_normal(len(first)))

    def lengths(self, generator: np.random.Generator) -> np.ndarray:
        """Draw the number of answers of each student: (students,), 1 or more."""
        if self.equal_lengths:
            return np.full(self.n_students, self.n_answers)
        drawn = generator.gamma(2.0, self.n_answers / 2.0, self.n_students)
        return np.clip(np.rint(drawn), 1, 5 * self.n_answers).astype(np.int64)

    def classes(self) -> np.ndarray:
        """Class of each student: (students,), 0, 1, ...; classes are of consecutive students."""
        return np.arange(self.n_students) // self.class_size

    def steps(self, lengths: np.ndarray, generator: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
        """Go through the course, the t-th answer of every student at once.

        Args:
            lengths: (students,), the number of answers of each student.
            generator: source of all chance.

        Yields:
            The students who give another answer (n,); their items (n,); the seconds (n,) since they finished the answer
            before it, for the first answer since the course began.
        """
        place = self._first_skills(generator)
        met = _MetSkills(self.n_students, self.n_skills)
        for step in range(lengths.max()):
            students = np.flatnonzero(lengths > step)
            if step:
                place[students] = self._move(place[students], generator)
            met.add(students, place[students])
            review = generator.random(len(students)) < self.review
            skills = np.where(review, met.draw(students, generator), place[students])
            yield students, self._items(skills, generator), self._pauses(len(students), step == 0, generator)

    def _first_skills(self, generator: np.random.Generator) -> np.ndarray:
        classes = self.classes()
        return generator.integers(0, self.n_skills, classes[-1] + 1)[classes]

    def _move(self, place: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        move = generator.random(len(place)) < 1.0 / self.block
        jump = generator.random(len(place)) < self.jump
        anywhere = generator.integers(0, self.n_skills, len(place))
        onwards = (place + 1) % self.n_skills
        return np.where(move, np.where(jump, anywhere, onwards), place)

    def _items(self, skills: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        items = skills * self.items_per_skill + generator.integers(0, self.items_per_skill, len(skills))
        two = generator.random(len(skills)) < self.multi_skill
        return items + two * (self.n_skills * self.items_per_skill)

    def _pauses(self, n: int, first: bool, generator: np.random.Generator) -> np.ndarray:
        if first:
            return generator.uniform(0, 7 * DAY, n)
        short = generator.exponential(BETWEEN_ANSWERS, n)
        gap = self.gap_days * DAY * np.exp(generator.normal(0, 0.8, n))
        return np.where(generator.random(n) < 1.0 / self.sitting, np.maximum(gap, SHORTEST_GAP), short)


class _MetSkills:
    """The skills each student has met so far, to draw a review from."""

    def __init__(self, n_students: int, n_skills: int) -> None:
        self.met = np.zeros((n_students, n_skills), bool)
        self.order = np.zeros((n_students, n_skills), np.int32)
        self.count = np.zeros(n_students, np.int64)

    def add(self, students: np.ndarray, skills: np.ndarray) -> None:
        """Note that each of `students` works on its skill of `skills`."""
        new = ~self.met[students, skills]
        students, skills = students[new], skills[new]
        self.met[students, skills] = True
        self.order[students, self.count[students]] = skills
        self.count[students] += 1

    def draw(self, students: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """One of the met skills of each of `students`, all equally likely."""
        which = (generator.random(len(students)) * self.count[students]).astype(np.int64)
        return self.order[students, which]
