"""Recovering the mastery of simulated students: the ceiling is the best, wrong parameters are found out."""

import json

import numpy as np
import pytest

from kt_fewshot.data import simulate
from kt_fewshot.evaluation import recover_mastery
from kt_fewshot.metrics import auc, mastery_decisions

DRAWS = 40


@pytest.fixture(scope="module")
def students():
    return simulate("bkt", n_students=300, n_answers=40, n_skills=4, seed=11)


def _filtered(students, **change):
    """P(mastered) of every skill before each answer, (answers, skills), by Bayes' rule; parameters can be wrong."""
    prior, learn, guess, slip = ((students.parameters | change)[name] for name in ("prior", "learn", "guess", "slip"))
    correct, now, result = students.interactions.table["correct"].to_numpy(), {}, []
    for student, skill, right in zip(students.student_index(), students.required[:, 0], correct, strict=True):
        p = now.setdefault(student, prior.copy())
        result.append(p.copy())
        known, unknown = (1 - slip[skill], guess[skill]) if right else (slip[skill], 1 - guess[skill])
        after = p[skill] * known / (p[skill] * known + (1 - p[skill]) * unknown)
        p[skill] = after + (1 - after) * learn[skill]
    return np.array(result)


@pytest.fixture(scope="module")
def ceiling(students):
    return _filtered(students)


def test_the_truth_itself_is_perfect(students):
    found = recover_mastery(students.mastered.astype(float), students, draws=DRAWS)
    expected = {"auc": 1, "brier": 0, "ece": 0, "false_mastery": 0, "missed": 0, "over_practice": 0, "lag_median": 0}
    assert {name: found.estimate[name].value for name in expected} == expected
    assert found.ceiling is None
    assert found.gap is None
    assert found.base_rate == students.practised().mean()


def test_numbers_are_those_of_the_metrics(students, ceiling):
    found = recover_mastery(ceiling, students, draws=DRAWS, threshold=0.9)
    estimate, truth = students.practised(ceiling), students.practised()
    sequence = students.student_index() * 4 + students.required[:, 0]
    decisions = mastery_decisions(estimate, truth, sequence, threshold=0.9)
    assert found.estimate["auc"].value == pytest.approx(auc(estimate, truth))
    for name in ("false_mastery", "missed", "lag_mean", "lag_median", "lags", "effort", "score"):
        assert found.estimate[name].value == pytest.approx(getattr(decisions, name)), name
    assert (found.n_students, found.n_opportunities) == (300, len(truth))


def test_intervals_hold_the_value_and_narrow_with_students(students, ceiling):
    few = students.of_students(students.interactions.table["student"].unique(maintain_order=True)[:30].to_list())
    small = recover_mastery(ceiling[: len(few.interactions)], few, draws=DRAWS)
    large = recover_mastery(ceiling, students, draws=DRAWS)
    for name in ("auc", "brier", "false_mastery", "missed", "over_practice", "effort", "score"):
        one = large.estimate[name]
        assert one.low <= one.value <= one.high
        assert one.high - one.low < small.estimate[name].high - small.estimate[name].low


def test_ceiling_is_better_than_guessing_and_means_what_it_says(students, ceiling):
    rate = students.mastered.mean()
    found = recover_mastery(np.full(len(ceiling), rate), students, ceiling=ceiling, draws=DRAWS)
    assert found.estimate["auc"].value == 0.5
    assert found.ceiling is not None
    assert found.gap is not None
    assert found.ceiling["auc"].value > 0.85
    assert found.ceiling["ece"].value < 0.03
    assert found.ceiling["false_mastery"].value < 0.05
    assert found.gap["auc"].high < -0.3
    assert found.gap["brier"].low > 0.05


def test_wrong_parameters_hide_behind_the_auc(students, ceiling):
    """Too fast a learning rate and too few guesses: the order stays good, the decisions do not."""
    wrong = _filtered(students, learn=np.full(4, 0.5), guess=np.full(4, 0.05))
    found = recover_mastery(wrong, students, ceiling=ceiling, draws=DRAWS)
    assert found.ceiling is not None
    assert found.estimate["auc"].value > found.ceiling["auc"].value - 0.05
    assert found.estimate["false_mastery"].low > 4 * found.ceiling["false_mastery"].high
    assert found.estimate["stopped_early"].low > 4 * found.ceiling["stopped_early"].high


def test_one_skill_an_answer_makes_both_shapes_equal(students, ceiling):
    by_skill = recover_mastery(ceiling, students, draws=DRAWS)
    practised = recover_mastery(students.practised(ceiling), students, draws=DRAWS)
    assert by_skill.to_dict() == pytest.approx(practised.to_dict())


def test_two_skills_are_two_opportunities_or_one():
    students = simulate("bkt", n_students=50, n_answers=20, n_skills=3, seed=1, multi_skill=0.4)
    answers, two = len(students.interactions), int((students.required[:, 1] >= 0).sum())
    every_skill = students.mastered.astype(float)
    each = recover_mastery(every_skill, students, draws=DRAWS)
    assert each.n_opportunities == answers + two
    both = recover_mastery(every_skill, students, ceiling=students.practised().astype(float), draws=DRAWS)
    assert both.n_opportunities == answers
    assert both.estimate["auc"].value == 1
    assert both.estimate["missed"].value == 0
    one_skill = students.mastered[np.arange(answers), students.required[:, 0]].astype(float)
    assert recover_mastery(one_skill, students, draws=DRAWS).estimate["false_mastery"].value > 0.05


def test_each_combination_of_skills_is_a_sequence_of_its_own():
    students = simulate("bkt", n_students=50, n_answers=20, n_skills=3, seed=1, multi_skill=0.4)
    found = recover_mastery(students.practised().astype(float), students, draws=DRAWS).estimate
    sequences = students.interactions.table.select("student", "skills").n_unique()
    mean_length = len(students.interactions) / sequences
    assert found["effort"].value + found["spared"].value == pytest.approx(mean_length)


def test_intervals_keep_the_answers_of_a_student_together():
    """Declared at all answers of half of the students and at none of the others: as sure as 100 coins, not 2,000."""
    students = simulate("bkt", n_students=100, n_answers=20, n_skills=2, seed=1, equal_lengths=True)
    declared = recover_mastery((students.student_index() % 2).astype(float), students, draws=400).estimate["declared"]
    assert declared.value == 0.5
    assert declared.high - declared.low == pytest.approx(2 * 1.96 * 0.5 / 10, rel=0.15)


@pytest.mark.parametrize("name", ["irt", "dash"])
def test_other_simulators(name):
    students = simulate(name, n_students=50, n_answers=20, n_skills=3, seed=1)
    found = recover_mastery(students.p_correct, students, draws=DRAWS, threshold=0.8)
    assert found.simulator == name
    assert 0.9 < found.estimate["auc"].value < 1


def test_flat_table_is_strict_json(students, ceiling):
    never = recover_mastery(np.zeros(len(ceiling)), students, ceiling=ceiling, draws=DRAWS).to_dict()
    text = json.dumps(never, allow_nan=False)
    assert json.loads(text) == never
    assert never["false_mastery"] is None  # nothing was declared
    assert never["lag_median"] is None  # infinite
    assert never["missed"] == never["missed_low"] == 1
    assert {"auc", "auc_low", "auc_high", "ceiling_auc", "gap_auc", "threshold", "n_students"} <= set(never)


def test_same_seed_same_intervals(students, ceiling):
    one, again, other = (recover_mastery(ceiling, students, draws=DRAWS, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_shapes_and_values_are_checked(students, ceiling):
    with pytest.raises(ValueError, match=r"`estimate` should have shape \(\d+,\) or \(\d+, 4\), a row for each answer"):
        recover_mastery(ceiling[1:], students)
    with pytest.raises(ValueError, match="`ceiling` should have shape"):
        recover_mastery(ceiling, students, ceiling=ceiling[:, :2])
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        recover_mastery(ceiling + 1, students)
