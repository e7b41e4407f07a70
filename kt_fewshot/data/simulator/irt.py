"""Simulated students of item response theory whose abilities grow with practice and fade with time."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit, logit

from .base import ItemBank, Population, Range, Simulator, check_range, check_value, draw_uniform
from .course import DAY

CLOSEST = 3
"""A skill's prerequisites are among this many skills right before it in the curriculum."""


@final
@dataclass(frozen=True)
class IRTSimulator(Simulator):
    """An ability for each student and skill that grows with practice, fades over gaps and waits for prerequisites.

    P(correct) = sigmoid(a_i (ability_sk + gain_sk - b_i)) for student s, skill k and item i of discrimination a_i and
    difficulty b_i (two-parameter logistic model, Birnbaum 1968). Each answer raises the gain by
    growth_k * readiness * (1 - gain / max_gain), where readiness = blocked + (1 - blocked) * P(correct on the average
    item of the weakest prerequisite), 1 without prerequisites. Over time the gain halves every `half_life_days`.
    Prerequisites are drawn among the few skills right before in the curriculum, so they form no circle. A skill is
    mastered while P(correct) on its average item is at least `mastery_level`.

    Attributes:
        ability_spread: standard deviation of a student's overall ability, in logits, around 0.
        skill_spread: standard deviation of a student's ability at one skill around the overall one, in logits.
        growth: logits an answer adds at first, drawn for each skill.
        max_gain: logits practice can add at most.
        half_life_days: days in which half of the gain fades, drawn for each skill.
        difficulty: of the average item, in logits, drawn for each skill.
        item_spread: standard deviation of the difficulty of an item around its skill's average, in logits.
        discrimination: drawn for each item.
        prerequisites: mean number of prerequisites of a skill, in [0, 3].
        blocked: readiness of a student who knows nothing of a prerequisite, in [0, 1]; 1 turns prerequisites off.
        mastery_level: P(correct) on the average item from which a skill counts as mastered.
    """

    name: ClassVar[str] = "irt"

    ability_spread: float = 0.8
    skill_spread: float = 0.5
    growth: Range = (0.15, 0.5)
    max_gain: float = 4.0
    half_life_days: Range = (10.0, 60.0)
    difficulty: Range = (-1.0, 1.0)
    item_spread: float = 0.5
    discrimination: Range = (0.8, 1.6)
    prerequisites: float = 1.0
    blocked: float = 0.2
    mastery_level: float = 0.8

    def __post_init__(self) -> None:
        """Check the ranges once."""
        for name in ("ability_spread", "skill_spread", "max_gain", "item_spread"):
            check_value(name, getattr(self, name), 0.0)
        check_range("growth", self.growth, 0.0, np.inf)
        check_range("half_life_days", self.half_life_days, 1e-6, np.inf)
        check_range("difficulty", self.difficulty, -np.inf, np.inf)
        check_range("discrimination", self.discrimination, 0.0, np.inf)
        check_value("prerequisites", self.prerequisites, 0.0, CLOSEST)
        check_value("blocked", self.blocked, 0.0, 1.0)
        check_value("mastery_level", self.mastery_level, 0.0, 1.0)

    def population(self, bank: ItemBank, n_students: int, generator: np.random.Generator) -> Population:
        """Draw skills, items and prerequisites, then the abilities of the students."""
        return _IRTPopulation(self, bank, n_students, generator)


class _IRTPopulation(Population):
    """Fixed abilities, and the gain of every student and skill."""

    def __init__(
        self, simulator: IRTSimulator, bank: ItemBank, n_students: int, generator: np.random.Generator
    ) -> None:
        skills = {
            name: draw_uniform(getattr(simulator, name), bank.n_skills, generator)
            for name in ("difficulty", "growth", "half_life_days")
        }
        discrimination = draw_uniform(simulator.discrimination, bank.n_items, generator)
        prerequisites = _draw_prerequisites(bank.n_skills, simulator.prerequisites, generator)
        super().__init__(bank, n_students, skills | {"discrimination": discrimination, "prerequisites": prerequisites})
        self._simulator = simulator
        self._discrimination = discrimination
        self._average_discrimination = discrimination.mean()
        self._prerequisites = prerequisites
        overall = generator.normal(0.0, simulator.ability_spread, (n_students, 1))
        self._ability = overall + generator.normal(0.0, simulator.skill_spread, (n_students, bank.n_skills))
        self._gain = np.zeros((n_students, bank.n_skills))

    def wait(self, students: np.ndarray, seconds: np.ndarray) -> None:
        """Let the gains fade, each skill with its own half-life."""
        half_lives = seconds[:, None] / DAY / self.parameters["half_life_days"]  # (n, skills)
        self._gain[students] *= np.exp2(-half_lives)

    def success(self, students: np.ndarray, items: np.ndarray, skills: np.ndarray) -> np.ndarray:
        """The two-parameter logistic model."""
        easiness = self._simulator.item_spread * self.bank.ease[items] - self.parameters["difficulty"][skills]
        level = self._ability[students, skills] + self._gain[students, skills]
        return expit(self._discrimination[items] * (level + easiness))

    def learn(self, students: np.ndarray, skills: np.ndarray, correct: np.ndarray) -> None:  # noqa: ARG002
        """Raise the gains, whatever the answer was: feedback teaches after a wrong one."""
        room = 1 - self._gain[students, skills] / self._simulator.max_gain
        growth = self.parameters["growth"][skills] * self._readiness(students, skills)
        self._gain[students, skills] += growth * np.maximum(room, 0.0)

    def mastered(self, students: np.ndarray) -> np.ndarray:
        """Whether the chance on each skill's average item is at least the mastery level."""
        return self._margin(students) >= logit(self._simulator.mastery_level)

    def _readiness(self, students: np.ndarray, skills: np.ndarray) -> np.ndarray:
        if not self._prerequisites.any():
            return np.ones(len(students))
        chance = expit(self._margin(students))  # (n, skills)
        weakest = np.where(self._prerequisites[skills], chance, 1.0).min(1)
        return self._simulator.blocked + (1 - self._simulator.blocked) * weakest

    def _margin(self, students: np.ndarray) -> np.ndarray:
        """Logit (n, skills) of the chance on each skill's average item."""
        level = self._ability[students] + self._gain[students] - self.parameters["difficulty"]
        return self._average_discrimination * level


def _draw_prerequisites(n_skills: int, mean: float, generator: np.random.Generator) -> np.ndarray:
    """Whether a skill (row) waits for another (column): (skills, skills) bool, true below the diagonal only."""
    skill, other = np.indices((n_skills, n_skills))
    near = (other < skill) & (other >= skill - CLOSEST)
    return near & (generator.random((n_skills, n_skills)) < mean / CLOSEST)
