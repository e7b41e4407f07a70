"""The Additive Factors Model: against its own likelihood, planted slopes, and what it refuses."""

import numpy as np
import pytest
from scipy.optimize import minimize

from kt_fewshot.evaluation import fit_additive_factors


def log_of(n_students: int, n_skills: int, tries: int, *, slope: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    ability, easiness = rng.normal(0, 1, n_students), rng.normal(0, 0.5, n_skills)
    student, skill, earlier = (
        part.ravel()
        for part in np.meshgrid(np.arange(n_students), np.arange(n_skills), np.arange(tries), indexing="ij")
    )
    chance = 1 / (1 + np.exp(-(ability[student] + easiness[skill] + slope[skill] * earlier)))
    correct = (rng.random(len(student)) < chance).astype(int)
    return {
        "student": student,
        "correct": correct,
        "answer": np.arange(len(student)),
        "skill": skill,
        "earlier": earlier,
    }


def test_it_recovers_planted_slopes():
    slope = np.array([0.0, 0.1, 0.3])
    found = fit_additive_factors(**log_of(600, 3, 8, slope=slope))
    assert found.slope == pytest.approx(slope, abs=0.03)
    assert len(found.ability) == 600


def test_its_maximum_is_the_one_that_a_general_optimiser_finds():
    log = log_of(12, 3, 6, slope=np.array([-0.5, 0.1, 0.4]))
    found = fit_additive_factors(**log)

    def loss(values: np.ndarray) -> float:
        ability, easiness, slope = values[:12], values[12:15], values[15:]
        logit = ability[log["student"]] + easiness[log["skill"]] + slope[log["skill"]] * log["earlier"]
        prior = ability @ ability / 2 + easiness @ easiness / 200 + (slope * scale) @ (slope * scale) / 200
        return float((np.logaddexp(0, logit) - log["correct"] * logit).sum() + prior)

    scale = np.sqrt((np.arange(6) ** 2).mean())
    bounds = [(None, None)] * 15 + [(0, None)] * 3
    general = minimize(loss, np.zeros(18), bounds=bounds, options={"maxiter": 5000, "maxfun": 10**6, "ftol": 1e-14})
    assert loss(np.concatenate([found.ability, found.easiness, found.slope])) == pytest.approx(general.fun, abs=1e-4)
    assert found.slope == pytest.approx(general.x[15:], abs=1e-2)


def test_a_slope_that_would_fall_is_held_at_zero():
    found = fit_additive_factors(**log_of(300, 2, 6, slope=np.array([-0.4, 0.2])))
    assert found.slope[0] == 0
    assert found.slope[1] > 0.1


def test_an_answer_on_two_skills_adds_both():
    student = np.repeat(np.arange(200), 2)
    correct = np.tile([0, 1], 200)
    answer = np.repeat(np.arange(400), 2)
    skill, earlier = np.tile([0, 1], 400), np.tile([0, 0, 1, 1], 200)
    found = fit_additive_factors(student, correct, answer=answer, skill=skill, earlier=earlier)
    assert found.slope[0] == pytest.approx(found.slope[1], rel=1e-6)
    assert found.easiness.sum() < 0 < (found.easiness + found.slope).sum()


def test_nothing_is_nothing():
    empty = np.zeros(0, dtype=int)
    found = fit_additive_factors(empty, empty, answer=empty, skill=empty, earlier=empty)
    assert len(found.slope) == 0


def test_answers_without_skills_leave_abilities_only():
    empty = np.zeros(0, dtype=int)
    found = fit_additive_factors(np.array([0, 1]), np.array([1, 0]), answer=empty, skill=empty, earlier=empty)
    assert found.ability[0] > 0 > found.ability[1]


def test_lengths_that_differ_are_refused():
    one, two = np.zeros(1, dtype=int), np.zeros(2, dtype=int)
    with pytest.raises(ValueError, match="one for each row. Found 1 and 2, 1, 1 and 1"):
        fit_additive_factors(one, two, answer=one, skill=one, earlier=one)
