"""Simulated students of Bayesian Knowledge Tracing: each skill is mastered or not (Corbett and Anderson 1995)."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit, logit

from .base import ItemBank, Population, Range, Simulator, check_range, check_value, draw_uniform


@final
@dataclass(frozen=True)
class BKTSimulator(Simulator):
    """Every skill is mastered or not; answering may bring mastery; guesses and slips hide it.

    P(correct) = 1 - slip with mastery, guess without it. After an answer on a skill that is not mastered, right or
    wrong, mastery comes with chance `learn`; a mastered skill is lost with chance `forget` after an answer on it. Time
    changes nothing. With the default `item_spread`, `student_spread` and one skill an answer, this is exactly Bayesian
    Knowledge Tracing, so that its forward filter with the true parameters is the best possible estimate of mastery.

    Corbett and Anderson (1995), Knowledge tracing: modeling the acquisition of procedural knowledge,
    doi.org/10.1007/BF01099821. We depart from it by `forget` (0 there) and by the options that break the model on
    purpose.

    Attributes:
        prior: chance of mastery before the first answer; drawn for each skill, as are the next four.
        learn: chance that an answer brings mastery.
        guess: chance of a right answer without mastery.
        slip: chance of a wrong answer with mastery.
        forget: chance that mastery is lost after an answer.
        item_spread: standard deviation, in logits, of how much easier than the skill's average its items are; 0 makes
            all items of a skill alike. An easier item has more guesses and fewer slips.
        student_spread: standard deviation, in logits, of each student's own prior and learn around those of the skill;
            above 0 the model is misspecified: no one set of parameters fits all students.
    """

    name: ClassVar[str] = "bkt"

    prior: Range = (0.1, 0.5)
    learn: Range = (0.05, 0.25)
    guess: Range = (0.1, 0.35)
    slip: Range = (0.03, 0.2)
    forget: Range = (0.0, 0.0)
    item_spread: float = 0.0
    student_spread: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges once."""
        for name in ("prior", "learn", "guess", "slip", "forget"):
            check_range(name, getattr(self, name), 0.0, 1.0)
        check_value("item_spread", self.item_spread, 0.0)
        check_value("student_spread", self.student_spread, 0.0)

    def population(self, bank: ItemBank, n_students: int, generator: np.random.Generator) -> Population:
        """Draw the five parameters of every skill, then who has mastered what at the start."""
        return _BKTPopulation(self, bank, n_students, generator)


class _BKTPopulation(Population):
    """The mastery of every student and skill, and the chances of changing it."""

    def __init__(
        self, simulator: BKTSimulator, bank: ItemBank, n_students: int, generator: np.random.Generator
    ) -> None:
        draw = {
            name: draw_uniform(getattr(simulator, name), bank.n_skills, generator)
            for name in ("prior", "learn", "guess", "slip", "forget")
        }
        super().__init__(bank, n_students, draw)
        self._generator = generator
        self._talent = simulator.student_spread * generator.standard_normal(n_students)
        self._ease = simulator.item_spread * bank.ease
        prior = _shifted(draw["prior"], self._talent[:, None])  # (students, skills)
        self._known = generator.random((n_students, bank.n_skills)) < prior

    def wait(self, students: np.ndarray, seconds: np.ndarray) -> None:
        """Nothing: time does not change mastery."""

    def success(self, students: np.ndarray, items: np.ndarray, skills: np.ndarray) -> np.ndarray:
        """One minus slip with mastery, guess without, moved by the ease of the item."""
        average = np.where(
            self._known[students, skills], 1 - self.parameters["slip"][skills], self.parameters["guess"][skills]
        )
        return _shifted(average, self._ease[items])

    def learn(self, students: np.ndarray, skills: np.ndarray, correct: np.ndarray) -> None:  # noqa: ARG002
        """Move between mastery and no mastery by chance, whatever the answer was."""
        known = self._known[students, skills]
        learn = _shifted(self.parameters["learn"][skills], self._talent[students])
        stay = 1 - self.parameters["forget"][skills]
        self._known[students, skills] = self._generator.random(len(students)) < np.where(known, stay, learn)

    def mastered(self, students: np.ndarray) -> np.ndarray:
        """The latent state itself."""
        return self._known[students]


def _shifted(chance: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """`chance` moved by `logits`; exactly itself where all of them are 0."""
    if not logits.any():
        return np.broadcast_to(chance, np.broadcast_shapes(chance.shape, logits.shape)).copy()
    return expit(logit(chance) + logits)
