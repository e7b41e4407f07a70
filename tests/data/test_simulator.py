"""Simulated students: what is drawn is what was asked for, and the truth is the truth."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data.simulator import SIMULATORS, Course, DASHSimulator, IRTSimulator, ItemBank, simulate

DAY = 86_400.0
SIZES = {"n_students": 400, "n_answers": 30, "n_skills": 6}


@pytest.fixture(scope="module", params=sorted(SIMULATORS))
def students(request):
    return simulate(request.param, seed=3, **SIZES)


@pytest.fixture(scope="module")
def bkt():
    return simulate("bkt", n_students=4_000, n_answers=40, n_skills=4, seed=5)


def _sorted_pairs(students):
    """Rows and skills of consecutive answers of one student on one skill: before, after, skill."""
    rows, skills = students.opportunities()
    group = students.student_index()[rows] * len(students.skill_names) + skills
    order = np.argsort(group, kind="stable")
    same = group[order][1:] == group[order][:-1]
    return rows[order][:-1][same], rows[order][1:][same], skills[order][1:][same]


# Every simulator


def test_names_are_the_classes_own():
    assert {name: simulator.name for name, simulator in SIMULATORS.items()} == {name: name for name in SIMULATORS}


def test_same_seed_same_numbers(students):
    again = simulate(students.simulator, seed=3, **SIZES)
    assert students.interactions.table.equals(again.interactions.table)
    assert (students.mastered == again.mastered).all()
    other = simulate(students.simulator, seed=4, **SIZES)
    assert not students.interactions.table.equals(other.interactions.table)


def test_the_log_is_whole(students):
    table = students.interactions.table
    assert len(table) == len(students.mastered) == len(students.p_correct)
    for name in ("student", "item", "skills", "correct", "time", "response_time", "hints", "attempts", "group"):
        assert students.interactions.has(name), name
    assert students.interactions.skill_names() == list(students.skill_names)
    assert table["item"][0].startswith("item-")
    assert table["row"].to_list() == list(range(1, len(table) + 1))
    assert table["group"].n_unique() == 400 / 25
    assert students.final_mastered.shape == (400, 6)


def test_answers_follow_their_true_chance(students):
    """In each tenth of the answers by true chance, the share of right answers is that chance within 4 errors."""
    chance, correct = students.p_correct, students.interactions.table["correct"].to_numpy()
    assert 0 < chance.min() <= chance.max() < 1
    for part in np.array_split(np.argsort(chance), 10):
        error = np.sqrt((chance[part] * (1 - chance[part])).sum()) / len(part)
        assert abs(correct[part].mean() - chance[part].mean()) < 4 * error


def test_time_runs_forward_in_sittings(students):
    table, student = students.interactions.table, students.student_index()
    time, busy = table["time"].to_numpy(), table["response_time"].to_numpy()
    same = student[1:] == student[:-1]
    pause = (time[1:] - time[:-1] - busy[:-1])[same]
    assert pause.min() > -0.02  # times are rounded
    sittings = pause > 3_600
    assert 0.05 < sittings.mean() < 0.09  # one in fifteen
    assert np.median(pause[sittings]) > DAY
    assert busy.min() >= 1


def test_behaviour_depends_on_mastery(students):
    table, known = students.interactions.table, students.practised()
    wrong = table["correct"].to_numpy() == 0
    assert (table.filter(correct=1)["hints"] == 0).all()
    assert (table.filter(correct=1)["attempts"] == 1).all()
    assert table["attempts"].min() == 1
    for name, ratio in (("response_time", 0.61), ("hints", 0.2)):
        values = table[name].to_numpy()
        assert values[wrong & known].mean() / values[wrong & ~known].mean() == pytest.approx(ratio, abs=0.08)


def _logs_of_behaviour(students):
    table = students.interactions.table
    return {name: np.log(table[name].to_numpy().astype(float)) for name in ("response_time", "attempts")}


def _from_answer_to_answer(students, values):
    """Correlation of one answer's value with the next one's of the student."""
    index = students.student_index()
    same = index[1:] == index[:-1]
    return np.corrcoef(values[:-1][same], values[1:][same])[0, 1]


def test_unrelated_behaviour_is_noise():
    students = simulate("bkt", behaviour="unrelated", seed=3, **SIZES)
    mastered, correct = students.practised(), students.interactions.table["correct"].to_numpy()
    logs = _logs_of_behaviour(students) | {"hints": students.interactions.table["hints"].to_numpy() > 0}
    for name, values in logs.items():
        for other in (mastered, correct):
            assert abs(np.corrcoef(values, other)[0, 1]) < 0.04, name  # four standard errors
        assert abs(_from_answer_to_answer(students, values)) < 0.04, name


def test_conflicting_behaviour_needs_memory_and_tells_nothing_of_mastery():
    students = simulate("bkt", behaviour="conflict", seed=3, **SIZES)
    logs = _logs_of_behaviour(students)
    needs = students.interactions.table["hints"].to_numpy() > 0
    assert abs(np.corrcoef(*logs.values())[0, 1]) < 0.15  # moods last, so a student says little more than once
    for name, values in logs.items():
        assert _from_answer_to_answer(students, values) == pytest.approx(0.9, abs=0.02), name
        assert abs(np.corrcoef(values, students.practised())[0, 1]) < 0.15, name
    assert needs.mean() == pytest.approx(0.5, abs=0.05)
    assert _from_answer_to_answer(students, needs) > 0.3
    assert logs["response_time"].std() == pytest.approx(1, abs=0.1)
    assert logs["attempts"].std() == pytest.approx(2, abs=0.2)


def test_knowledge_is_the_same_whatever_behaviour_shows():
    related, conflict = (simulate("bkt", behaviour=kind, seed=3, **SIZES) for kind in ("related", "conflict"))
    assert (related.mastered == conflict.mastered).all()
    assert related.interactions.table["correct"].equals(conflict.interactions.table["correct"])


def test_unknown_behaviour_is_refused():
    with pytest.raises(ValueError, match="Unknown behaviour 'rude'. Choose one of: conflict, related, unrelated."):
        simulate("bkt", behaviour="rude")


def test_more_practice_brings_more_mastery(students):
    last = np.append(np.flatnonzero(np.diff(students.student_index())), len(students.mastered) - 1)
    first = np.append(0, last[:-1] + 1)
    assert students.final_mastered.mean() > students.mastered[first].mean() + 0.02
    assert (students.final_mastered != students.mastered[last]).mean() < 0.1


def test_lengths():
    mixed = simulate("bkt", seed=1, n_students=2_000, n_answers=20, n_skills=3)
    lengths = np.bincount(mixed.student_index())
    assert lengths.mean() == pytest.approx(20, abs=1)
    assert lengths.std() > 10
    assert lengths.min() >= 1
    equal = simulate("bkt", seed=1, n_students=10, n_answers=20, n_skills=3, equal_lengths=True)
    assert (np.bincount(equal.student_index()) == 20).all()


def test_practice_comes_in_blocks_and_skips_skills():
    students = simulate("bkt", seed=1, n_students=500, n_answers=30, n_skills=20)
    skills, student = students.required[:, 0], students.student_index()
    same = student[1:] == student[:-1]
    assert 0.55 < (skills[1:] == skills[:-1])[same].mean() < 0.8
    met = np.zeros((500, 20), bool)
    met[student, skills] = True
    assert met.sum(1).max() < 20


def test_simulators_share_the_course():
    one, other = (simulate(name, seed=9, **SIZES).interactions.table for name in ("bkt", "dash"))
    assert one["item"].equals(other["item"])
    assert one["student"].equals(other["student"])
    assert not one["correct"].equals(other["correct"])


def test_more_students_of_the_same_seed_share_the_skills():
    one, other = (simulate("bkt", seed=9, n_students=n) for n in (5, 50))
    assert (one.parameters["guess"] == other.parameters["guess"]).all()


# Two skills an answer


@pytest.mark.parametrize("name", sorted(SIMULATORS))
def test_answers_of_two_skills(name):
    students = simulate(name, seed=2, multi_skill=0.3, **SIZES)
    table, two = students.interactions.table, students.required[:, 1] >= 0
    assert two.mean() == pytest.approx(0.3, abs=0.02)
    assert (table["skills"].str.contains("~~").to_numpy() == two).all()
    row = int(np.flatnonzero(two)[0])
    names = sorted(students.skill_names[skill] for skill in students.required[row])
    assert table["skills"][row] == "~~".join(names)
    assert len(set(names)) == 2
    both = students.mastered[np.arange(len(two))[:, None], students.required].all(1)
    assert (students.practised()[two] == both[two]).all()
    rows, _ = students.opportunities()
    assert (np.bincount(rows) == 1 + two).all()


def test_two_skills_need_both_in_bkt():
    students = simulate("bkt", seed=2, multi_skill=0.5, **SIZES)
    guess, slip = students.parameters["guess"], students.parameters["slip"]
    two = students.required[:, 1] >= 0
    known = students.mastered[np.arange(len(two))[:, None], students.required]
    parts = np.where(known, 1 - slip[students.required], guess[students.required])
    assert students.p_correct[two] == pytest.approx(parts[two].prod(1))
    assert students.p_correct[~two] == pytest.approx(parts[~two, 0])


def test_both_skills_are_practised():
    students = simulate("bkt", seed=2, multi_skill=1.0, learn=(1.0, 1.0), prior=(0.0, 0.0), **SIZES)
    student, required = students.student_index(), students.required
    met = np.zeros_like(students.final_mastered)
    met[student[:, None], required] = True
    assert (met == students.final_mastered).all()


# Bayesian knowledge tracing


def test_bkt_parameters_by_counting(bkt):
    correct, known, skill = bkt.interactions.table["correct"].to_numpy(), bkt.practised(), bkt.required[:, 0]
    before, after, of = _sorted_pairs(bkt)
    for index in range(4):
        here = skill == index
        assert correct[here & ~known].mean() == pytest.approx(bkt.parameters["guess"][index], abs=0.02)
        assert 1 - correct[here & known].mean() == pytest.approx(bkt.parameters["slip"][index], abs=0.015)
        moves = (of == index) & ~known[before]
        assert known[after[moves]].mean() == pytest.approx(bkt.parameters["learn"][index], abs=0.02)
        first = np.unique(bkt.student_index(), return_index=True)[1]
        assert bkt.mastered[first, index].mean() == pytest.approx(bkt.parameters["prior"][index], abs=0.03)
    for name, (low, high) in {"learn": (0.05, 0.25), "prior": (0.1, 0.5), "guess": (0.1, 0.35)}.items():
        assert low <= bkt.parameters[name].min() <= bkt.parameters[name].max() <= high


def test_bkt_mastery_is_never_lost_without_forgetting(bkt):
    same = np.diff(bkt.student_index()) == 0
    assert not (bkt.mastered[:-1] & ~bkt.mastered[1:])[same].any()


def test_bkt_changes_only_what_is_practised(bkt):
    changed = bkt.mastered[:-1] != bkt.mastered[1:]
    changed[np.diff(bkt.student_index()) != 0] = False
    rows, skills = np.nonzero(changed)
    assert (bkt.required[rows, 0] == skills).all()
    assert len(rows) > 1_000


def test_bkt_forgets_as_asked():
    students = simulate("bkt", seed=8, n_students=1_000, n_answers=40, n_skills=2, forget=(0.1, 0.1))
    before, after, _ = _sorted_pairs(students)
    known = students.practised()
    assert 1 - known[after[known[before]]].mean() == pytest.approx(0.1, abs=0.01)


def test_bkt_forward_filter_is_calibrated(bkt):
    """Bayes' rule with the true parameters gives an estimate that comes true as often as it says."""
    estimate = _filtered(bkt)
    truth = bkt.practised()
    for part in np.array_split(np.argsort(estimate), 10):
        assert truth[part].mean() == pytest.approx(estimate[part].mean(), abs=0.025)


def _filtered(students):
    """P(mastered) of the practised skill before each answer; ten lines from the paper, one answer at a time."""
    prior, learn, guess, slip = (students.parameters[name] for name in ("prior", "learn", "guess", "slip"))
    correct, state, result = students.interactions.table["correct"].to_numpy(), {}, []
    for student, skill, right in zip(students.student_index(), students.required[:, 0], correct, strict=True):
        p = state.get((student, skill), prior[skill])
        result.append(p)
        known, not_known = (1 - slip[skill], guess[skill]) if right else (slip[skill], 1 - guess[skill])
        p = p * known / (p * known + (1 - p) * not_known)
        state[student, skill] = p + (1 - p) * learn[skill]
    return np.array(result)


def test_bkt_items_of_a_skill_are_alike_unless_asked():
    alike = simulate("bkt", seed=2, **SIZES)
    rows = (alike.required[:, 0] == 0) & alike.practised()
    assert len(np.unique(alike.p_correct[rows])) == 1
    spread = simulate("bkt", seed=2, item_spread=0.5, **SIZES)
    assert len(np.unique(spread.p_correct[rows])) == 10


def test_bkt_students_differ_when_misspecified():
    """With a spread of learning rates, who has learnt one skill fast learns the next one fast as well."""

    def agreement(spread):
        students = simulate("bkt", seed=2, n_students=2_000, n_skills=2, student_spread=spread)
        return np.corrcoef(students.final_mastered.T)[0, 1]

    assert agreement(0.0) < 0.15
    assert agreement(2.0) > 0.3


# Item response theory


def _bank(n_skills, items_per_skill=1):
    skills = np.repeat(np.arange(n_skills), items_per_skill)
    return ItemBank(n_skills, np.stack([skills, np.full(len(skills), -1)], 1), np.zeros(len(skills)))


def _practise(population, item, times, *, pause=0.0, correct=True):
    everyone = np.arange(population.n_students)
    for _ in range(times):
        population.practise(everyone, np.full(len(everyone), item), np.full(len(everyone), correct))
        population.wait(everyone, np.full(len(everyone), pause))


def _chance(population, item=0):
    everyone = np.arange(population.n_students)
    return population.p_correct(everyone, np.full(len(everyone), item))


def test_irt_formula_by_hand():
    fixed = {
        "discrimination": (1.0, 1.0),
        "difficulty": (0.5, 0.5),
        "growth": (0.4, 0.4),
        "half_life_days": (10.0, 10.0),
    }
    simulator = IRTSimulator(ability_spread=0, skill_spread=0, max_gain=2.0, prerequisites=0, **fixed)
    population = simulator.population(_bank(1), 1, np.random.default_rng(0))
    assert _chance(population) == pytest.approx(1 / (1 + np.exp(0.5)))
    _practise(population, 0, 2)
    gain = 0.4 + 0.4 * (1 - 0.4 / 2.0)
    assert _chance(population) == pytest.approx(1 / (1 + np.exp(0.5 - gain)))
    population.wait(np.array([0]), np.array([10 * DAY]))
    assert _chance(population) == pytest.approx(1 / (1 + np.exp(0.5 - gain / 2)))


def test_irt_mastery_is_the_chance_on_the_average_item():
    simulator = IRTSimulator(discrimination=(1.0, 1.0), prerequisites=0)
    population = simulator.population(_bank(1), 500, np.random.default_rng(0))
    _practise(population, 0, 5)
    mastered = population.mastered(np.arange(500))[:, 0]
    assert (mastered == (_chance(population) >= 0.8)).all()
    assert 0.1 < mastered.mean() < 0.9


def test_irt_grows_slower_while_prerequisites_are_weak():
    simulator = IRTSimulator(
        prerequisites=3, ability_spread=0, skill_spread=0, growth=(0.3, 0.3), difficulty=(2.0, 2.0)
    )
    ready, blocked = (simulator.population(_bank(2), 1, np.random.default_rng(0)) for _ in range(2))
    assert ready.parameters["prerequisites"].tolist() == [[False, False], [True, False]]
    _practise(ready, 0, 60)
    before = _chance(ready, 1)
    assert before == _chance(blocked, 1)
    _practise(ready, 1, 3)
    _practise(blocked, 1, 3)
    assert _chance(ready, 1) - before > 2 * (_chance(blocked, 1) - before)


def test_irt_prerequisites_come_before():
    parameters = simulate("irt", seed=1, n_students=2, n_skills=40, prerequisites=1.5).parameters
    skill, other = np.nonzero(parameters["prerequisites"])
    assert (other < skill).all()
    assert (skill - other <= 3).all()
    assert len(skill) / 40 == pytest.approx(1.5, abs=0.5)


# DASH


def _dash(**options):
    weights = {"success": (0.4, 0.9), "failure": (0.1, 0.1), "ability_spread": 0.0}
    return DASHSimulator(**(weights | options)).population(_bank(1), 1, np.random.default_rng(0))


def test_dash_formula_by_hand():
    """Two right answers and a wrong one: first in the last hour, then in the rest of the last week."""
    population = _dash(difficulty=(0.3, 0.3))
    success, failure = population.parameters["success"], population.parameters["failure"]
    assert (np.diff(success) <= 0).all()
    _practise(population, 0, 2)
    _practise(population, 0, 1, correct=False)
    for wait, window in ((0.0, 0), (2 * DAY, 2), (40 * DAY, 4)):
        population.wait(np.array([0]), np.array([wait]))
        logit = -0.3 + success[window] * np.log(3) - failure[window] * np.log(4)
        assert _chance(population) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_dash_answers_age_one_by_one():
    population = _dash()
    success, failure = population.parameters["success"], population.parameters["failure"]
    for pause in (3 * DAY, 0.0):  # one answer three days ago, one now
        _practise(population, 0, 1, pause=pause)
    logit = (success[[0, 2]] - failure[[0, 2]]).sum() * np.log(2) - population.parameters["difficulty"][0]
    assert _chance(population) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_dash_spaced_practice_lasts_longer():
    massed, spaced = _dash(), _dash()
    _practise(massed, 0, 4)
    _practise(spaced, 0, 4, pause=5 * DAY)
    for population, wait in ((massed, 20.0), (spaced, 0.1)):
        population.wait(np.array([0]), np.array([wait * DAY]))
    assert _chance(spaced) > _chance(massed) + 0.02


def test_dash_memory_fades_and_history_grows():
    population = _dash()
    _practise(population, 0, 100, pause=60.0)
    chances = []
    for _ in range(4):
        chances.append(_chance(population)[0])
        population.wait(np.array([0]), np.array([10 * DAY]))
    assert all(later <= earlier for earlier, later in pairwise(chances))
    assert chances[-1] < chances[0] - 0.03


# What comes back


def test_practised_takes_the_weaker_skill():
    students = simulate("bkt", seed=2, multi_skill=0.5, n_students=5, n_skills=3)
    values = np.random.default_rng(0).random(students.mastered.shape)
    expected = [
        min(values[row, skill] for skill in needed if skill >= 0) for row, needed in enumerate(students.required)
    ]
    assert students.practised(values) == pytest.approx(expected)


def test_truth_frame_is_aligned(bkt):
    frame, table = bkt.truth_frame(), bkt.interactions.table
    assert frame.columns == ["student", "row", "skills", "mastered", "p_correct"]
    assert frame.select("student", "row", "skills").equals(table.select("student", "row", "skills"))
    assert (frame["mastered"].to_numpy() == bkt.practised()).all()


def test_the_sample_is_what_its_card_says():
    folder = Path(__file__).parents[2] / "datasets" / "simulated"
    students = simulate("bkt", n_students=6, n_answers=12, n_skills=3, seed=1)
    table, truth = students.interactions.table, students.truth_frame()
    log, beside = pl.read_csv(folder / "sample.csv"), pl.read_csv(folder / "truth.csv")
    assert set(log.columns) == {name for name in table.columns if students.interactions.has(name)} - {"file"}
    assert log.select("student", "item", "skills", "correct").equals(
        table.select("student", "item", "skills", pl.col("correct").cast(pl.Int64))
    )
    assert beside.columns == truth.columns
    assert beside["mastered"].to_list() == truth["mastered"].to_list()
    assert beside["p_correct"].to_list() == pytest.approx(truth["p_correct"].to_list(), abs=1e-6)


def test_of_students_keeps_the_truth(bkt):
    names = bkt.interactions.table["student"].unique(maintain_order=True)
    part = bkt.of_students(names[[3, 70]].to_list())
    rows = np.isin(bkt.student_index(), [3, 70])
    assert (part.p_correct == bkt.p_correct[rows]).all()
    assert (part.mastered == bkt.mastered[rows]).all()
    assert (part.final_mastered == bkt.final_mastered[[3, 70]]).all()
    assert part.interactions.n_students == 2


def test_one_student_one_skill_one_answer():
    students = simulate("dash", n_students=1, n_answers=1, n_skills=1, equal_lengths=True)
    assert students.mastered.shape == (1, 1)


# Errors


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="Unknown simulator 'bk'. Choose one of: bkt, dash, irt"):
        simulate("bk")
    with pytest.raises(ValueError, match="Unknown option 'growth' of simulator 'bkt'. Choose among: block, "):
        simulate("bkt", growth=(0.1, 0.2))
    with pytest.raises(ValueError, match="Unknown option 'name' of simulator 'bkt'"):
        simulate("bkt", name="irt")


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("bkt", {"guess": (0.3, 0.2)}, r"`guess` should be a pair \(low, high\) within \[0.0, 1.0\]"),
        ("bkt", {"guess": 0.2}, r"`guess` should be a pair .* Found `guess = 0.2`"),
        ("bkt", {"n_students": 0}, "`n_students` should be at least 1. Found `n_students = 0`"),
        ("bkt", {"multi_skill": 1.5}, r"`multi_skill` should be within \[0, 1\]. Found `multi_skill = 1.5`"),
        ("bkt", {"multi_skill": 0.5, "n_skills": 1}, "`multi_skill` needs at least 2 skills"),
        ("irt", {"prerequisites": 4}, "`prerequisites` should be within"),
        ("dash", {"window_days": (2.0, 1.0)}, "`window_days` should rise"),
    ],
)
def test_options_out_of_range_are_named(name, option, message):
    with pytest.raises(ValueError, match=message):
        simulate(name, **option)


def test_course_and_simulator_options_do_not_collide():
    for simulator in SIMULATORS.values():
        assert not set(Course.__dataclass_fields__) & set(simulator.__dataclass_fields__)
