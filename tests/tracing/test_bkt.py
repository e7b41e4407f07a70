"""Tests of Bayesian Knowledge Tracing."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from _asserts import store_and_vocabulary
from kt_fewshot.data import Vocabulary, encode, simulate
from kt_fewshot.metrics import auc
from kt_fewshot.tracing import BKT

ROWS = [("a", "x", "p", 1), ("a", "y", "p~~q", 0), ("a", "x", "p", 1)]
P = {"prior": 0.5, "learn": 0.3, "guess": 0.2, "slip": 0.1, "forget": 0.0}
Q = {"prior": 0.4, "learn": 0.2, "guess": 0.25, "slip": 0.05, "forget": 0.1}


def with_parameters(vocabulary: Vocabulary, *skills: dict[str, float]) -> BKT:
    tracer = BKT(vocabulary, {"forgetting": True}).double()
    with torch.no_grad():
        for name in P:
            getattr(tracer, name)[1:] = torch.tensor([skill[name] for skill in skills])
    return tracer


def test_three_answers_on_paper():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = with_parameters(vocabulary, P, Q)
    p1 = 0.45 / 0.55 + 0.1 / 0.55 * 0.3  # 0.5 x 0.9 + 0.5 x 0.2 = 0.55 are right
    right = p1 * 0.9 + (1 - p1) * 0.2
    p2 = p1 * 0.1 / (1 - right)
    p2 = p2 + (1 - p2) * 0.3
    q_right = 0.4 * 0.95 + 0.6 * 0.25
    q1 = 0.4 * 0.05 / (1 - q_right)
    q1 = q1 * 0.9 + (1 - q1) * 0.2
    said = tracer.predict_log(store)
    assert said.mastery.tolist() == pytest.approx([0.5, (p1 + 0.4) / 2, p2])
    assert said.correct.tolist() == pytest.approx([0.55, (right + q_right) / 2, p2 * 0.9 + (1 - p2) * 0.2])
    p3 = p2 * 0.9 / (p2 * 0.9 + (1 - p2) * 0.2)
    p3 = p3 + (1 - p3) * 0.3
    now = tracer.mastery(tracer.final_state(store))
    assert now.mastery[0, 1:].tolist() == pytest.approx([p3, q1])
    assert now.correct[0, 2].item() == pytest.approx(q1 * 0.95 + (1 - q1) * 0.25)


def test_simulated_parameters_are_found():
    students = simulate("bkt", n_students=3000, n_answers=60, n_skills=4, seed=8)
    vocabulary = Vocabulary.of(students.interactions)
    tracer = BKT(vocabulary, {})
    store = encode(students.interactions, vocabulary)
    tracer.fit(store, store)
    for name in ("prior", "learn", "guess", "slip"):
        error = getattr(tracer, name).detach().numpy()[1:] - students.parameters[name]
        assert np.abs(error).max() < 0.03, name
    assert tracer.flags() == {}
    skills = [{name: students.parameters[name][k] for name in P} for k in range(4)]
    ceiling = with_parameters(vocabulary, *skills).predict_log(store).mastery.numpy()
    said, truth = tracer.predict_log(store).mastery.numpy(), students.practised()
    assert np.abs(said - ceiling).mean() < 0.02
    assert auc(ceiling, truth) - 0.002 < auc(said, truth) <= auc(ceiling, truth)


def test_simulated_forgetting_is_found():
    students = simulate("bkt", n_students=1500, n_answers=60, n_skills=3, forget=(0.05, 0.15), seed=9)
    vocabulary = Vocabulary.of(students.interactions)
    tracer = BKT(vocabulary, {"forgetting": True})
    store = encode(students.interactions, vocabulary)
    tracer.fit(store, store)
    error = tracer.forget.detach().numpy()[1:] - students.parameters["forget"]
    assert np.abs(error).max() < 0.04


def test_certainty_stays_a_probability_in_single_precision():
    store, vocabulary = store_and_vocabulary([("a", "x", "p", k % 50 > 0) for k in range(400)])
    tracer = with_parameters(vocabulary, P | {"prior": 0.99, "slip": 1e-5, "guess": 0.45}).float()
    said = tracer.predict_log(store)
    for values in said:
        assert ((values >= 0) & (values <= 1)).all()


def test_a_right_answer_speaks_for_mastery_and_forgetting_is_off_by_default():
    store, vocabulary = store_and_vocabulary([("a", "x", "p", 1)])
    tracer = BKT(vocabulary, {}).double()
    assert tracer.forget.max() == 0
    assert tracer.final_state(store)[0, 1] > tracer.start(1)[0, 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"guess": 0.6, "slip": 0.45}, "a right answer speaks against mastery"),
        ({"guess": 0.499}, "guess = 0.50 is at its bound"),
        ({"slip": 0.499}, "slip = 0.50 is at its bound"),
        ({"learn": 0.001}, "nobody learns it"),
        ({"learn": 0.999}, "one answer teaches it"),
        ({"prior": 0.999}, "everybody has mastered it before"),
    ],
)
def test_degenerate_skills_are_flagged(change: dict[str, float], reason: str):
    tracer = with_parameters(Vocabulary(("p", "q")), P, Q | change)
    flags = tracer.flags()
    assert list(flags) == ["q"]
    assert any(reason in flag for flag in flags["q"])


def test_emission_is_that_of_every_skill():
    tracer = with_parameters(Vocabulary(("p", "q")), P, Q)
    emission = tracer.emission()
    assert emission is not None
    assert {name: getattr(emission, name)[2].item() for name in emission._fields} == pytest.approx(
        {name: Q[name] for name in emission._fields}
    )


@pytest.mark.parametrize("options", [{"highest_guess": 0}, {"highest_slip": 1.2}, {"starts": 0}, {"forgeting": True}])
def test_options_are_checked(options: dict):
    with pytest.raises(ValidationError, match=next(iter(options))):
        BKT(Vocabulary(("p",)), options)
