"""What a student's behaviour shows while answering: response time, hints, attempts; what mastery has to do with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple, final

import numpy as np
from scipy.special import expit

MEDIAN_SECONDS = 25.0
SHORTEST_SECONDS = 1.0
MEDIAN_ATTEMPTS = 150.0
MOST_ATTEMPTS = 30_000


class Responses(NamedTuple):
    """How students came to their answers, (n,) each: `seconds` and `attempts`, 1 or more; `hints`, 0 or more."""

    seconds: np.ndarray
    hints: np.ndarray
    attempts: np.ndarray


class Behaviour(ABC):
    """Draws how students come to their answers.

    Args:
        n_students: number of students.
        generator: source of all chance.
    """

    name: ClassVar[str]

    def __init__(self, n_students: int, generator: np.random.Generator) -> None:
        self.n_students = n_students
        self._generator = generator

    @abstractmethod
    def respond(self, students: np.ndarray, known: np.ndarray, correct: np.ndarray) -> Responses:
        """Draw how `students` came to their next answers.

        Args:
            students: (n,) indices, all different.
            known: (n,) bool, whether every skill of the item is mastered.
            correct: (n,) bool.
        """


@final
class RelatedBehaviour(Behaviour):
    """Behaviour that tells of mastery, more than the answer alone says.

    Response time is log-normal around 25 s, with a pace of each student (standard deviation .3 of the logarithm);
    students who have mastered the skill take exp(-.5) = 61 % of the time, wrong answers exp(.2) = 122 %.

    `correct` means right at the first attempt and without a hint, as in most logs, so a right answer has no hints and
    one attempt. A wrong answer asks for 1.5 hints on average and .3 with mastery, and for 1 + 1.2 attempts on average
    and 1 + .4 with mastery (Poisson); only ever known after the answer.
    """

    name: ClassVar[str] = "related"

    def __init__(self, n_students: int, generator: np.random.Generator) -> None:
        super().__init__(n_students, generator)
        self._pace = generator.normal(0.0, 0.3, n_students)

    def respond(self, students: np.ndarray, known: np.ndarray, correct: np.ndarray) -> Responses:
        """See `Behaviour.respond`."""
        wrong = ~correct
        logarithm = np.log(MEDIAN_SECONDS) + self._pace[students] - 0.5 * known + 0.2 * wrong
        seconds = np.exp(logarithm + self._generator.normal(0.0, 0.5, len(students)))
        hints = self._generator.poisson(np.where(known, 0.3, 1.5)) * wrong
        attempts = 1 + self._generator.poisson(np.where(known, 0.4, 1.2)) * wrong
        return Responses(np.maximum(seconds, SHORTEST_SECONDS), hints, attempts)


@final
class UnrelatedBehaviour(Behaviour):
    """Noise: related behaviour of a stranger, with tosses of a coin in place of mastery and answer."""

    name: ClassVar[str] = "unrelated"

    def __init__(self, n_students: int, generator: np.random.Generator) -> None:
        super().__init__(n_students, generator)
        self._related = RelatedBehaviour(n_students, generator)

    def respond(self, students: np.ndarray, known: np.ndarray, correct: np.ndarray) -> Responses:
        """See `Behaviour.respond`."""
        known, correct = self._generator.random((2, len(students))) < 0.5
        strangers = self._generator.integers(0, self.n_students, len(students))
        return self._related.respond(strangers, known, correct)


@final
class ConflictingBehaviour(Behaviour):
    """Three moods of a student, each of which asks for memory of its own and none of which tells of mastery.

    Response time, hints and attempts follow one process each, x' = .9 x + sqrt(1 - .81) noise, standard normal at every
    answer: seconds = 25 exp(x), P(a hint) = sigmoid(3 x), attempts = 150 exp(2 x). A model of one of them does well by
    remembering its x; one that shares a small memory among all three, and with the answers, has to give something up.
    The attempts are loud: a tracer does not standardise their logarithm, so their loss is four times as large.
    """

    name: ClassVar[str] = "conflict"
    kept: ClassVar[float] = 0.9

    def __init__(self, n_students: int, generator: np.random.Generator) -> None:
        super().__init__(n_students, generator)
        self._moods = generator.standard_normal((3, n_students))

    def respond(self, students: np.ndarray, known: np.ndarray, correct: np.ndarray) -> Responses:  # noqa: ARG002
        """See `Behaviour.respond`."""
        pace, need, effort = self._moods[:, students]
        hints = (self._generator.random(len(students)) < expit(3 * need)).astype(np.int64)
        attempts = np.rint(MEDIAN_ATTEMPTS * np.exp(2 * effort)).clip(1, MOST_ATTEMPTS).astype(np.int64)
        news = self._generator.standard_normal((3, len(students)))
        self._moods[:, students] = self.kept * self._moods[:, students] + np.sqrt(1 - self.kept**2) * news
        return Responses(np.maximum(MEDIAN_SECONDS * np.exp(pace), SHORTEST_SECONDS), hints, attempts)


BEHAVIOURS: Final[Mapping[str, type[Behaviour]]] = {
    behaviour.name: behaviour for behaviour in (RelatedBehaviour, UnrelatedBehaviour, ConflictingBehaviour)
}
"""Name -> class: what behaviour has to do with mastery."""
