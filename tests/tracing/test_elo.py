"""Tests of the Elo rating system."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import spearmanr

from _asserts import store_and_vocabulary
from kt_fewshot.data import Vocabulary, encode, simulate
from kt_fewshot.tracing import Elo

ROWS = [("a", "x", "p", 1), ("a", "y", "p~~q", 0), ("a", "x", "p", 1)]


def test_three_answers_on_paper():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = Elo(vocabulary, {"step": 0.8, "decay": 0.1}).double()
    with torch.no_grad():
        tracer.difficulty.copy_(torch.tensor([0.0, 0.3, -0.2]))
        tracer.average_difficulty.copy_(torch.tensor([0.0, 0.1, 0.4]))
    first = expit(-0.3)
    overall = p = 0.8 * (1 - first)
    second = expit(overall + (p + 0) / 2 + 0.2)
    overall -= 0.8 / 1.1 * second
    p -= 0.8 / 1.1 * second
    q = -0.8 * second
    third = expit(overall + p - 0.3)
    said = tracer.predict_log(store)
    assert said.correct.tolist() == pytest.approx([first, second, third])
    assert said.mastery[1].item() == pytest.approx(expit(0.8 * (1 - first) * 1.5 - (0.1 + 0.4) / 2))
    overall, p = overall + 0.8 / 1.2 * (1 - third), p + 0.8 / 1.2 * (1 - third)
    now = tracer.mastery(tracer.final_state(store)).correct[0, 1:].logit()
    assert now.tolist() == pytest.approx([overall + p - 0.1, overall + q - 0.4])


def test_without_ratings_on_skills_there_is_one():
    store, vocabulary = store_and_vocabulary(ROWS)
    tracer = Elo(vocabulary, {"skills": False}).double()
    state = tracer.final_state(store)
    assert state.skill.abs().max() == 0
    assert state.overall[0] != 0


def test_items_are_rated_as_on_paper():
    """Round 1: both students answer x. Round 2: a answers y."""
    rows = [("a", "x", "p", 1), ("a", "y", "p", 0), ("b", "x", "p", 1)]
    store, vocabulary = store_and_vocabulary(rows)
    tracer = Elo(vocabulary, {"step": 1.0, "decay": 0.05, "skills": False}).double()
    tracer.fit(store, store)
    length = 1 + math.log1p(0.05 / (1 + 0.05 * 0.5)) / 0.05  # U(0) and about U(1)
    x = brentq(lambda d: d + length * (1 - expit(-d)), -3, 0)
    rating = 0.5  # of a, after a surprise of 1/2
    y = brentq(lambda d: d - expit(rating - d), 0, 3)
    assert tracer.difficulty[1:].tolist() == pytest.approx([x, y], abs=1e-6)
    assert tracer.average_difficulty[1].item() == pytest.approx((2 * x + y) / 3, abs=1e-6)


def test_many_answers_at_once_move_an_item_as_many_one_by_one():
    answers = [int(k % 4 > 0) for k in range(400)]
    store, vocabulary = store_and_vocabulary([(f"s{k}", "x", "p", right) for k, right in enumerate(answers)])
    tracer = Elo(vocabulary, {}).double()
    tracer.fit(store, store)
    difficulty = 0.0
    for n, right in enumerate(answers):
        difficulty -= (right - expit(-difficulty)) / (1 + 0.05 * n)
    assert tracer.difficulty[1].item() == pytest.approx(-math.log(3), abs=0.1)
    assert tracer.difficulty[1].item() == pytest.approx(difficulty, abs=0.12)


def test_difficulties_of_simulated_items_are_found():
    students = simulate("irt", n_students=600, n_answers=50, n_skills=1, seed=4)
    log = students.interactions
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    store = encode(log, vocabulary)
    tracer = Elo(vocabulary, {})
    tracer.fit(store, store)
    items, at = np.unique(log.table["item"].to_numpy(), return_inverse=True)
    chance = np.bincount(at, students.p_correct) / np.bincount(at)
    difficulty = tracer.difficulty.detach().numpy()[[vocabulary.item_index()[item] for item in items]]
    assert spearmanr(difficulty, chance).statistic < -0.9


def test_history_alone_rates_no_item():
    store, vocabulary = store_and_vocabulary([("a", "x", "p", 1), ("a", "y", "p", 1)])
    store.scored[0] = False
    tracer = Elo(vocabulary, {}).double()
    tracer.fit(store, store)
    assert tracer.difficulty[1] == 0
    assert tracer.difficulty[2] < 0


@pytest.mark.parametrize("options", [{"step": 0}, {"decay": -1}, {"momentum": 1}])
def test_options_are_checked(options):
    with pytest.raises(ValidationError, match=next(iter(options))):
        Elo(Vocabulary(("p",)), options)
