"""What a student's behaviour shows while answering: response time, hints, attempts."""

import numpy as np

MEDIAN_SECONDS = 25.0
SHORTEST_SECONDS = 1.0


class Behaviour:
    """Response times, hints and attempts that depend on whether the student has mastered the practised skills.

    Response time is log-normal around 25 s, with a pace of each student (standard deviation .3 of the logarithm);
    students who have mastered the skill take exp(-.5) = 61 % of the time, wrong answers exp(.2) = 122 %.

    `correct` means right at the first attempt and without a hint, as in most logs, so a right answer has no hints and
    one attempt. A wrong answer asks for 1.5 hints on average and .3 with mastery, and for 1 + 1.2 attempts on average
    and 1 + .4 with mastery (Poisson): more than the answer alone says, and only ever known after it.
    """

    def __init__(self, n_students: int, generator: np.random.Generator) -> None:
        self._pace = generator.normal(0.0, 0.3, n_students)
        self._generator = generator

    def respond(
        self, students: np.ndarray, known: np.ndarray, correct: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw how `students` (n,) came to their answers.

        Args:
            students: (n,) indices.
            known: (n,) bool, whether every skill of the item is mastered.
            correct: (n,) bool.

        Returns:
            response_time (n,) in seconds, 1 or more; hints (n,), 0 or more; attempts (n,), 1 or more.
        """
        wrong = ~correct
        logarithm = np.log(MEDIAN_SECONDS) + self._pace[students] - 0.5 * known + 0.2 * wrong
        seconds = np.exp(logarithm + self._generator.normal(0.0, 0.5, len(students)))
        hints = self._generator.poisson(np.where(known, 0.3, 1.5)) * wrong
        attempts = 1 + self._generator.poisson(np.where(known, 0.4, 1.2)) * wrong
        return np.maximum(seconds, SHORTEST_SECONDS), hints, attempts
