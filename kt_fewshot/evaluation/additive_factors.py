"""The Additive Factors Model: how fast practice on a skill makes its answers right, the slope of a learning curve."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

ITERATIONS: Final = 50
TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class AdditiveFactors:
    """logit P(correct) = ability + sum over the answer's skills of (easiness + slope x earlier opportunities).

    `ability: (students,)` | `easiness: (skills,)` | `slope: (skills,)` logits an opportunity, 0 or more.
    """

    ability: Floats
    easiness: Floats
    slope: Floats


def fit_additive_factors(student: Ints, correct: Ints, *, answer: Ints, skill: Ints, earlier: Ints) -> AdditiveFactors:
    """Fit the model by penalised maximum likelihood.

    Abilities have a normal prior of variance 1 and slopes are held at 0 or above, as in DataShop; easiness and slope of
    a skill that hardly occurs stay near 0 by a prior of variance 100.

    Args:
        student: (answers,) from 0.
        correct: (answers,) in {0, 1}.
        answer: (rows,) which answer; an answer has a row for each of its skills.
        skill: (rows,) from 0.
        earlier: (rows,) opportunities that the student had on the skill before, 0 the first time.

    Raises:
        ValueError: if lengths differ.

    Source: Cen, Koedinger and Junker (2006), https://doi.org/10.1007/11774303_17.
    """
    if len(student) != len(correct) or not len(answer) == len(skill) == len(earlier):
        raise ValueError(
            "`student` and `correct` should have a value for each answer, `answer`, `skill` and `earlier` one for each "
            f"row. Found {len(student)} and {len(correct)}, {len(answer)}, {len(skill)} and {len(earlier)}."
        )
    if not len(student):
        return AdditiveFactors(np.zeros(0), np.zeros(0), np.zeros(0))
    problem = _Problem(student, correct, answer, skill, earlier)
    ability, easiness, slope = problem.parts(_projected_newton(problem))
    return AdditiveFactors(ability, easiness, slope / problem.scale)


class _Problem:
    """The penalised loss, its gradient and Hessian; values are abilities, easinesses, and slopes in units of their own.

    A slope's unit is one over the skill's typical opportunity, so that all values are of one size.
    """

    def __init__(self, student: Ints, correct: Ints, answer: Ints, skill: Ints, earlier: Ints) -> None:
        n, self.n_students, self.n_skills = len(student), int(student.max()) + 1, int(skill.max(initial=-1)) + 1
        rows = np.maximum(np.bincount(skill, minlength=self.n_skills), 1)
        square = np.bincount(skill, weights=earlier.astype(np.float64) ** 2, minlength=self.n_skills)
        self.scale = np.maximum(np.sqrt(square / rows), 1.0)
        practice = earlier / self.scale[skill]
        self.correct = correct.astype(np.float64)
        self.of_student = sparse.csr_array((np.ones(n), student, np.arange(n + 1)), shape=(n, self.n_students))
        cells = (np.r_[np.ones(len(skill)), practice], (np.r_[answer, answer], np.r_[skill, skill + self.n_skills]))
        self.of_skill = sparse.csr_array(cells, shape=(n, 2 * self.n_skills))
        self.precision = np.r_[np.full(self.n_students, 1.0), np.full(2 * self.n_skills, 0.01)]

    def parts(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        ability, easiness, slope = np.split(values, [self.n_students, self.n_students + self.n_skills])
        return ability, easiness, slope

    def logits(self, values: Floats) -> Floats:
        return self.of_student @ values[: self.n_students] + self.of_skill @ values[self.n_students :]

    def loss(self, values: Floats) -> float:
        logits = self.logits(values)
        return float((np.logaddexp(0, logits) - self.correct * logits).sum() + self.precision @ values**2 / 2)

    def derivatives(self, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Gradient; of the Hessian the abilities' diagonal, the skills' block, and the block between both."""
        expected = expit(self.logits(values))
        error, weight = expected - self.correct, expected * (1 - expected)
        gradient = np.r_[self.of_student.T @ error, self.of_skill.T @ error] + self.precision * values
        weighted = self.of_skill.multiply(weight[:, None]).tocsr()
        diagonal = self.of_student.T @ weight + self.precision[: self.n_students]
        block = (self.of_skill.T @ weighted).toarray() + np.diag(self.precision[self.n_students :])
        return gradient, diagonal, block, self.of_student.T @ weighted


def _projected_newton(problem: _Problem) -> Floats:
    """Newton's method that holds slopes at 0 which would fall below it (Bertsekas 1982)."""
    n = problem.n_students
    values = np.zeros(n + 2 * problem.n_skills)
    bounded = np.arange(len(values)) >= n + problem.n_skills
    best = problem.loss(values)
    for _ in range(ITERATIONS):
        gradient, diagonal, block, between = problem.derivatives(values)
        held = bounded & (values <= 0) & (gradient > 0)
        step = np.zeros(len(values))
        free = np.flatnonzero(~held[n:])
        between = between[:, free]
        inverse = sparse.dia_array((1 / diagonal[None], [0]), shape=(n, n))
        schur = block[np.ix_(free, free)] - (between.T @ inverse @ between).toarray()
        of_skill = gradient[n:][free] - between.T @ (gradient[:n] / diagonal)
        step[n + free] = np.linalg.solve(schur, of_skill)
        step[:n] = (gradient[:n] - between @ step[n + free]) / diagonal
        values, found = _shortened(problem, values, step, bounded, best)
        if best - found <= TOLERANCE * abs(best):
            return values
        best = found
    return values


def _shortened(
    problem: _Problem, values: Floats, step: Floats, bounded: NDArray[np.bool_], best: float
) -> tuple[Floats, float]:
    """The step, halved until it lowers the loss; the place itself if none does."""
    for halvings in range(30):
        moved = values - step / 2**halvings
        moved[bounded] = np.maximum(moved[bounded], 0)
        if (found := problem.loss(moved)) <= best:
            return moved, found
    return values, best
