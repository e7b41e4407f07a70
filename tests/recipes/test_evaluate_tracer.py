"""Testing a tracer: by a tracer that says what it is told, so that every number is known."""

import math

import numpy as np
import polars as pl
import pytest
import torch
from _told import Told

from kt_fewshot.data import Interactions, Vocabulary, encode, simulate
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import evaluate_tracer

LOG = Interactions.ordered(
    pl.DataFrame(
        {
            "student": ["a"] * 6 + ["b"] * 2,
            "skills": ["x", "x", "x", "x", "x", "y", "x", "x~~y"],
            "correct": [0, 1, 1, 1, 1, 0, 1, 0],
            "attempts": [1, 1, 1, 1, 1, 1, 1, 2],
        }
    )
)
VOCABULARY = Vocabulary(("x", "y"))


def evaluate(tracer, log=LOG, **options):
    store = encode(log, tracer.vocabulary, **({"scored": options.pop("scored")} if "scored" in options else {}))
    return evaluate_tracer(tracer, log, store, draws=20, **options).to_json_dict()


def test_a_tracer_that_knows_the_answers_is_perfect():
    found = evaluate(Told(VOCABULARY, correct=lambda store: store.correct), mean=0.5)
    assert found["test"]["auc"]["value"] == found["test"]["accuracy"]["value"] == 1
    assert found["reference"]["accuracy"]["value"] == 5 / 8
    assert found["mastery"]["protocol"] == "carried"


def test_future_success_is_of_five_answers_on_the_skill():
    """Only a's first answer on x has four more on x behind it: 4 of 5 right are a success; the other five are not."""
    found = evaluate(Told(VOCABULARY, correct=lambda store: torch.full((len(store),), 0.75)))["mastery"]
    assert found["future_success"]["brier"]["value"] == pytest.approx(0.25**2)
    assert found["future_success"]["auc"]["value"] is None
    assert found["future_success_censored"] == pytest.approx(1 - 1 / 7)


def test_right_answers_that_lowered_mastery_are_counted_between_neighbours():
    """Pairs on x: a1-a2 (wrong), a2-a3 lowered, a3-a4 not, a4-a5 not. Others change the skill or the student."""
    mastery = torch.tensor([0.1, 0.5, 0.4, 0.6, 0.6, 0.9, 0.9, 0.1])
    tracer = Told(VOCABULARY, correct=lambda store: store.correct, mastery=lambda _: mastery)
    assert evaluate(tracer)["mastery"]["share_of_right_answers_that_lowered_mastery"] == pytest.approx(1 / 3)


def test_without_neighbours_there_is_nothing_to_count():
    log = Interactions.ordered(pl.DataFrame({"student": ["a", "a"], "skills": ["x", "y"], "correct": [1, 0]}))
    found = evaluate(Told(VOCABULARY, correct=lambda store: store.correct), log)["mastery"]
    assert found == {"protocol": "carried", "share_of_right_answers_that_lowered_mastery": None}


def test_only_answers_that_are_scored_count():
    scored = np.array([False] * 6 + [True] * 2)
    found = evaluate(Told(VOCABULARY, correct=lambda store: store.correct), scored=scored)
    assert found["counts"] == {"answers": 2, "students": 1, "skills": 2}
    assert "future_success" not in found["mastery"]


def test_tasks_are_those_the_tracer_foretells():
    found = evaluate(Told(VOCABULARY, correct=lambda store: store.correct))
    assert set(found["tasks"]) == {"attempts"}
    assert found["tasks"]["attempts"]["mean_absolute_error"]["value"] == pytest.approx(math.log(2) / 8)


def test_windows_leave_out_first_answers_and_the_shortest_histories():
    found = evaluate(Told(VOCABULARY, correct=lambda store: store.correct), protocol="pykt-window")
    assert found["counts"] == {"answers": 5, "students": 1, "skills": 2}  # b has two answers only


def test_windows_show_at_most_199_answers_before():
    """The tracer says how many answers it has seen, in thousandths."""
    n = 230
    log = Interactions.ordered(pl.DataFrame({"student": ["a"] * n, "skills": "x", "correct": [0, 1] * (n // 2)}))
    seen = []

    def count(store):
        seen.append(store.position().max().item())
        return store.position() / 1000

    evaluate(Told(VOCABULARY, correct=count), log, protocol="carried")
    assert max(seen) == n - 1
    seen.clear()
    evaluate(Told(VOCABULARY, correct=count), log, protocol="pykt-window")
    assert max(seen) == 199


@pytest.mark.parametrize("simulator", ["bkt", "irt"])
def test_recovery_is_against_the_truth_and_bkt_has_a_ceiling(simulator):
    students = simulate(simulator, n_students=20, n_answers=20, n_skills=2, seed=0)
    log = students.interactions
    truth = torch.from_numpy(students.practised().astype(float))
    tracer = Told(Vocabulary.of(log), correct=lambda store: store.correct, mastery=lambda _: truth)
    found = evaluate(tracer, log, simulated=students)["mastery"]
    assert found["recovery"]["auc"] == 1
    assert found["recovery"]["false_mastery"] == found["recovery"]["missed"] == 0
    assert 0 < found["recovery_by_p_correct"]["auc"] < 1
    if simulator == "bkt":
        assert 0.7 < found["recovery"]["ceiling_auc"] < 1
    else:
        assert "ceiling_auc" not in found["recovery"]


def test_an_unknown_protocol():
    with pytest.raises(KTError, match="`protocol` should be 'carried' or 'pykt-window'. Found 'x'."):
        evaluate(Told(VOCABULARY, correct=lambda store: store.correct), protocol="x")
