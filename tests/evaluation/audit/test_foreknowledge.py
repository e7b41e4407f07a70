"""What predictions go along with: a recursion by hand, steps planted, small numbers."""

import numpy as np
import pytest
from _audited import records, simulated, so_far

from kt_fewshot.evaluation.audit.foreknowledge import NEIGHBOURS, Reactions, Steps, find_foreknowledge
from kt_fewshot.evaluation.audit.levels import levels_of
from kt_fewshot.evaluation.audit.same_row import telling


def reactions(log, said, **columns):
    found = records(log, prediction=said, **columns)
    return found, Reactions(found, np.isfinite(found.prediction))


@pytest.mark.parametrize("simulator", ["bkt", "irt", "dash"])
def test_a_running_mean_goes_along_with_the_answer_before_and_one_that_counts_itself_with_its_own(simulator):
    log = simulated(simulator)
    _, honest = reactions(log, so_far(log, "student", "skills"))
    _, leaking = reactions(log, so_far(log, "student", "skills", itself=True))
    first, second = honest.steps(), leaking.steps()
    assert first.previous > 0.5
    assert abs(first.own) < 0.15
    assert second.own > 0.5 > second.previous
    assert not first.knows_own
    assert second.knows_own
    assert not first.knows_following
    assert not second.knows_following


def test_partial_correlations_of_noise_are_about_zero():
    log = simulated(students=400)
    _, noise = reactions(log, np.random.default_rng(0).uniform(0.05, 0.95, len(log)))
    steps = noise.steps()
    assert max(abs(value) for value in (steps.previous, steps.own, steps.following)) < steps.margin


def test_what_counts_as_known_by_hand():
    steps = Steps(previous=0.5, own=0.3, following=0.1, pairs=90_000)
    assert steps.margin == pytest.approx(0.01)
    assert not steps.knows_own  # it goes along with the answer before even more
    assert Steps(0.2, 0.3, 0.1, 90_000).knows_own
    assert Steps(0.9, 0.4, 0.1, 90_000).knows_own
    assert not Steps(0.2, 0.3, 0.1, 400).knows_own  # too few to be sure
    assert Steps(0.5, 0.1, 0.3, 90_000).knows_following
    assert not Steps(0.5, 0.1, 0.2, 90_000).knows_following


def test_the_side_column_is_told_only_if_predictions_go_along_with_it():
    log = simulated(students=300)
    honest = so_far(log, "student", "skills")
    hints = (log.table["hints"] > 0).to_numpy()
    for said, expected in ((honest, []), (np.where(hints, 0.5 * honest, honest), ["same-row-information"])):
        found, seen = reactions(log, said, help=hints.astype(int))
        told = telling(found, 0.6)
        assert [one.name for one in told] == ["help"]
        assert [one.kind for one in find_foreknowledge(seen, told)] == expected
    levels = levels_of(found.side["help"])
    assert levels is not None
    assert seen.along(levels) > 0.5


def test_too_few_neighbours_and_predictions_of_items_alone_are_no_evidence():
    log = simulated(students=3)
    _, few = reactions(log, so_far(log, "student"))
    assert len(few.here) < NEIGHBOURS
    assert not few.testable
    assert find_foreknowledge(few, []) == []
    log = simulated(students=200)
    item = log.table["item"].rank("dense").to_numpy()
    _, alike = reactions(log, 0.2 + 0.6 * item / item.max())
    assert alike.testable
    assert not alike.differ
    assert find_foreknowledge(alike, []) == []
