"""Behaviour foretold: numbers worked by hand, what counts, what is undefined."""

import math

import numpy as np
import polars as pl
import pytest
import torch

from kt_fewshot.data import Interactions, Vocabulary, encode
from kt_fewshot.evaluation import evaluate_behaviour

SECONDS = [math.e - 1, math.e**3 - 1, None, math.e**2 - 1]  # log(1 + seconds) of 1, 3, unknown, 2


def store_of(**changes):
    columns = {
        "student": ["a", "a", "b", "b"],
        "correct": [1, 0, 1, 0],
        "response_time": SECONDS,
        "hints": [0, 2, 0, 1],
        "attempts": [1, 1, 1, 1],
    }
    log = Interactions.ordered(pl.DataFrame(columns | changes))
    return encode(log, Vocabulary((), response_time=(2.0, 0.5)), dtype=torch.float64)


def test_numbers_worked_by_hand():
    store = store_of()  # standardised times: -2, 2, unknown, 0
    expected = {"response_time": torch.tensor([-1.0, 2.0, math.nan, 1.0]), "hints": torch.tensor([0.1, 0.9, 0.5, 0.3])}
    found = evaluate_behaviour(expected, store, units={"response_time": 0.5}, draws=50)
    # errors in log seconds: 0.5, 0, 0.5; targets 1, 3, 2 with a variance of 2/3
    assert found["response_time"]["mean_absolute_error"].value == pytest.approx(1 / 3)
    assert found["response_time"]["r2"].value == pytest.approx(1 - (0.5 / 3) / (2 / 3))
    assert found["hints"]["auc"].value == 0.75  # of the four pairs only 0.5 for b's first against 0.3 is wrong
    for scores in found.values():
        for score in scores.values():
            assert score.low <= score.value <= score.high


def test_only_answers_that_are_scored_count():
    store = store_of()
    expected = {"attempts": torch.tensor([0.0, 9.0, 9.0, 9.0])}
    alone = evaluate_behaviour(expected, encode_scored(store, [True, False, False, False]), draws=20)
    assert alone["attempts"]["mean_absolute_error"].value == 0


def encode_scored(store, scored):
    return type(store)(**{name: getattr(store, name) for name in vars(store)} | {"scored": torch.tensor(scored)})


def test_what_does_not_vary_has_no_r2_and_what_is_untold_no_entry():
    store = store_of(hints=[None] * 4)
    expected = {name: torch.zeros(4) for name in ("hints", "attempts")}
    found = evaluate_behaviour(expected, store, draws=20)
    assert set(found) == {"attempts"}
    assert np.isnan(found["attempts"]["r2"].value)
    assert found["attempts"]["r2"].reason == "every value is the same"
    assert evaluate_behaviour({}, store) == {}


def test_hints_that_nobody_asks_for_have_no_auc():
    found = evaluate_behaviour({"hints": torch.zeros(4)}, store_of(hints=[0] * 4), draws=20)
    assert found["hints"]["auc"].reason
