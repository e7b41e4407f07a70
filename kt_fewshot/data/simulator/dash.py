"""Simulated students of DASH: what they remember depends on difficulty, ability and study history."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit, logit

from .base import ItemBank, Population, Range, Simulator, check_range, check_value, draw_uniform
from .course import DAY


@final
@dataclass(frozen=True)
class DASHSimulator(Simulator):
    """Memory from counts of past answers on the skill in windows of time: practice spread over days lasts.

    P(correct) = sigmoid(ability_s - difficulty_i + sum over windows w of
    success_w log(1 + right_skw) - failure_w log(1 + answers_skw)), for student s, item i and skill k, where the
    counts are of past answers in window w: the last hour, the rest of the last day, the rest of the last week, the rest
    of the last month, and before. `success` falls from recent to old windows, so memory fades; the logarithm saturates
    within one window, so the same number of answers counts more when spread over several (the spacing effect). A skill
    is mastered while P(correct) on its average item is at least `mastery_level`.

    Lindsey, Shroyer, Pashler and Mozer (2014), Improving students' long-term knowledge retention through personalized
    review, doi.org/10.1177/0956797613504302; Mozer and Lindsey (2016), Predicting and improving memory retention. We
    depart from them: windows do not overlap, which makes the spacing effect plain; and answers are counted for a skill,
    not for an item.

    Attributes:
        ability_spread: standard deviation of a student's ability, in logits, around 0.
        difficulty: of the average item, in logits, drawn for each skill.
        item_spread: standard deviation of the difficulty of an item around its skill's average, in logits.
        window_days: where one window ends and the next begins, days, rising.
        success: weight of right answers, drawn for each window and sorted, the most recent the largest.
        failure: weight of all answers, drawn for each window and sorted likewise.
        mastery_level: P(correct) on the average item from which a skill counts as mastered.
    """

    name: ClassVar[str] = "dash"

    ability_spread: float = 0.9
    difficulty: Range = (-0.8, 0.8)
    item_spread: float = 0.5
    window_days: tuple[float, ...] = (1 / 24, 1.0, 7.0, 30.0)
    success: Range = (0.3, 1.2)
    failure: Range = (0.0, 0.2)
    mastery_level: float = 0.8

    def __post_init__(self) -> None:
        """Check the ranges once."""
        check_value("ability_spread", self.ability_spread, 0.0)
        check_value("item_spread", self.item_spread, 0.0)
        check_range("difficulty", self.difficulty, -np.inf, np.inf)
        check_range("success", self.success, 0.0, np.inf)
        check_range("failure", self.failure, 0.0, np.inf)
        check_value("mastery_level", self.mastery_level, 0.0, 1.0)
        ends = np.array([0.0, *self.window_days])
        if not (np.diff(ends) > 0).all():
            raise ValueError(f"`window_days` should rise from above 0. Found `window_days = {self.window_days}`.")

    def population(self, bank: ItemBank, n_students: int, generator: np.random.Generator) -> Population:
        """Draw skills and the weights of the windows, then the abilities of the students."""
        return _DASHPopulation(self, bank, n_students, generator)


class _DASHPopulation(Population):
    """The past answers of every student, counted by skill and window, and the memory they leave."""

    def __init__(
        self, simulator: DASHSimulator, bank: ItemBank, n_students: int, generator: np.random.Generator
    ) -> None:
        n_windows = len(simulator.window_days) + 1
        draw = {"difficulty": draw_uniform(simulator.difficulty, bank.n_skills, generator)}
        for name in ("success", "failure"):
            draw[name] = np.sort(draw_uniform(getattr(simulator, name), n_windows, generator))[::-1].copy()
        super().__init__(bank, n_students, draw)
        self._simulator = simulator
        self._ends = np.array(simulator.window_days) * DAY
        self._ability = generator.normal(0.0, simulator.ability_spread, n_students)
        self._memory = np.zeros((n_students, bank.n_skills))
        self._counts = np.zeros((n_students, bank.n_skills, n_windows, 2), np.int32)  # last axis: right, all
        self._now = np.zeros(n_students)
        self._history = _History(n_students)

    def wait(self, students: np.ndarray, seconds: np.ndarray) -> None:
        """Move past answers that have become too old for their window into the next one."""
        self._now[students] += seconds
        for window, end in enumerate(self._ends):
            who, skills, correct = self._history.age(students, self._now[students] - end, window)
            if not who.size:
                continue
            for column, amount in enumerate((correct, np.ones_like(correct))):
                np.add.at(self._counts[:, :, window, column], (who, skills), -amount)
                np.add.at(self._counts[:, :, window + 1, column], (who, skills), amount)
            self._remember(who, skills)

    def success(self, students: np.ndarray, items: np.ndarray, skills: np.ndarray) -> np.ndarray:
        """The DASH formula."""
        easiness = self._simulator.item_spread * self.bank.ease[items] - self.parameters["difficulty"][skills]
        return expit(self._ability[students] + easiness + self._memory[students, skills])

    def learn(self, students: np.ndarray, skills: np.ndarray, correct: np.ndarray) -> None:
        """Add the answer to the history and to the most recent window."""
        self._history.append(students, self._now[students], skills, correct)
        self._counts[students, skills, 0, 0] += correct.astype(np.int32)
        self._counts[students, skills, 0, 1] += 1
        self._remember(students, skills)

    def mastered(self, students: np.ndarray) -> np.ndarray:
        """Whether the chance on each skill's average item is at least the mastery level."""
        margin = self._ability[students, None] - self.parameters["difficulty"] + self._memory[students]
        return margin >= logit(self._simulator.mastery_level)

    def _remember(self, students: np.ndarray, skills: np.ndarray) -> None:
        logarithms = np.log1p(self._counts[students, skills])  # (n, windows, 2)
        weights = np.stack([self.parameters["success"], -self.parameters["failure"]], 1)
        self._memory[students, skills] = (logarithms * weights).sum((1, 2))


class _History:
    """Past answers of every student and the window each is in now; grows as needed."""

    def __init__(self, n_students: int) -> None:
        self.count = np.zeros(n_students, np.int64)
        self.time = np.zeros((n_students, 16))
        self.skill = np.zeros((n_students, 16), np.int32)
        self.correct = np.zeros((n_students, 16), np.int8)
        self.window = np.full((n_students, 16), -1, np.int8)

    def append(self, students: np.ndarray, time: np.ndarray, skills: np.ndarray, correct: np.ndarray) -> None:
        """Add one answer of each of `students`, all different, to window 0."""
        place = self.count[students]
        if place.max() >= self.time.shape[1]:
            self._grow()
        self.time[students, place], self.skill[students, place] = time, skills
        self.correct[students, place], self.window[students, place] = correct, 0
        self.count[students] += 1

    def age(self, students: np.ndarray, before: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Move answers given at or before `before` (n,) out of `window`; return whose, which skill, how it went."""
        used = self.count[students].max(initial=0)
        old = (self.window[students, :used] == window) & (self.time[students, :used] <= before[:, None])
        row, place = np.nonzero(old)
        who = students[row]
        self.window[who, place] += 1
        return who, self.skill[who, place], self.correct[who, place]

    def _grow(self) -> None:
        for name, empty in (("time", 0), ("skill", 0), ("correct", 0), ("window", -1)):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.full_like(array, empty)], 1))
