"""Tests of counts in time windows."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from _asserts import step_of, store_and_vocabulary
from kt_fewshot.tracing.skill_entries import SkillEntries
from kt_fewshot.tracing.time_windows import N_FEATURES, WINDOWS, WindowedHistory, asked_at, window_features

HOUR, DAY = 3600.0, 86_400.0


def features(rows, times):
    store, vocabulary = store_and_vocabulary(rows, times)
    entries = SkillEntries.of_store(store)
    return window_features(store, entries, vocabulary.n_skills, dtype=torch.float64)


def counts(row) -> list[int]:
    return [round(math.expm1(value)) for value in row.tolist()]


def test_windows_on_paper():
    times = [0.0, 10 * DAY, 39 * DAY, 40 * DAY - 2 * HOUR, 40 * DAY - 60.0, 40 * DAY]
    said = features([("a", "x", "p", right) for right in (1, 0, 1, 0, 1, 1)], times)
    assert said.shape == (6, N_FEATURES)
    ever, hour, day, week, month = zip(counts(said[5][:5]), counts(said[5][5:]), strict=True)  # wins, attempts
    assert (ever, hour, day, week, month) == ((3, 5), (1, 1), (1, 2), (2, 3), (2, 3))  # 10 days: exactly 30 ago
    assert counts(said[0]) == [0] * N_FEATURES


def test_a_window_ends_before_its_length_has_passed():
    rows = [("a", "x", "p", 1), ("a", "x", "p", 1)]
    for seconds, inside in ((HOUR - 0.001, 1), (HOUR, 0), (0.0, 1)):
        assert counts(features(rows, [5.0, 5.0 + seconds])[1])[6] == inside


def test_without_times_only_the_endless_window_counts():
    said = features([("a", "x", "p", 1), ("a", "x", "p", 0), ("a", "x", "p", 1)], None)
    assert counts(said[2]) == [1, 0, 0, 0, 0, 2, 0, 0, 0, 0]


def by_loop(store, n_skills: int) -> list[list[int]]:
    """The definition, answer by answer; a bundle is asked before any of it is answered."""
    result, student = [], store.student().tolist()
    place = store.place.tolist() or [0] * len(store)
    seconds = [None if math.isnan(t) else round(1000 * t) for t in store.time.tolist()]
    members = store.sets.members[store.skill_set.long()].tolist()
    clock: dict[int, int] = {}
    past: list[tuple[int, int, int | None, int]] = []
    for n, who in enumerate(student):
        now = asked = seconds[n]
        if place[n] == 0:
            known, known_clock = list(past), dict(clock)
        if now is not None:
            asked = max(now, known_clock.get(who, now))
            now = clock[who] = max(now, clock.get(who, now))
        for skill in (k for k in members[n] if k >= 0):
            mine = [(then, right) for other, same, then, right in known if (other, same) == (who, skill)]
            windows = [mine]
            for length in WINDOWS:
                windows.append([
                    (then, right) for then, right in mine
                    if asked is not None and then is not None and asked - then < length
                ])  # fmt: skip
            result.append([sum(right for _, right in w) for w in windows] + [len(w) for w in windows])
        past += [(who, skill, now, int(store.correct[n])) for skill in members[n] if skill >= 0]
    return result


ANSWER = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["p", "q", "p~~q", None]),
    st.integers(0, 1),
    st.none() | st.sampled_from([0.0, 0.5, HOUR, HOUR + 0.5, 2 * HOUR, DAY, 8 * DAY, 31 * DAY, 60 * DAY]),
    st.booleans(),  # whether it is asked with the one before
)


@given(st.lists(ANSWER, min_size=1, max_size=15))
def test_whole_logs_and_steps_follow_the_definition(answers):
    answers = sorted(answers, key=lambda answer: answer[0])
    store, vocabulary = store_and_vocabulary(
        [(student, None, skills, right) for student, skills, right, *_ in answers], [time for *_, time, _ in answers]
    )
    with_last = torch.tensor([joins for *_, joins in answers]) & (store.position() > 0)
    place = torch.arange(len(store)) - torch.where(with_last, 0, torch.arange(len(store))).cummax(0).values
    store = replace(store, place=place if with_last.any() else place[:0])
    entries = SkillEntries.of_store(store)
    expected = by_loop(store, vocabulary.n_skills)
    whole = window_features(store, entries, vocabulary.n_skills, dtype=torch.float64)
    assert [counts(row) for row in whole] == expected
    stepped, cpu = [], torch.device("cpu")
    final = WindowedHistory.of_store(store, vocabulary.n_skills)
    for student in range(store.n_students):
        state = known = WindowedHistory.start(1, vocabulary.n_skills, cpu)
        for at in range(int(store.starts[student]), int(store.starts[student + 1])):
            question, answer = step_of(store, at)
            one = SkillEntries.of_question(question)
            known = known if place[at] else state
            said = known.features(one, torch.zeros(1, dtype=torch.int64), asked_at(question), dtype=torch.float64)
            stepped += [counts(row) for row in said]
            state = state.after(question, answer)
        mine = final.student == student
        assert torch.equal(state.wins[0], final.wins[student])
        assert torch.equal(state.clock[0], final.clock[student])
        assert state.time.tolist() == final.time[mine].tolist()
    assert stepped == expected


def test_what_left_the_longest_window_is_forgotten():
    store, vocabulary = store_and_vocabulary([("a", "x", "p", 1)] * 3, [0.0, 20 * DAY, 31 * DAY])
    history = WindowedHistory.of_store(store, vocabulary.n_skills)
    assert history.time.tolist() == [1000 * 20 * DAY, 1000 * 31 * DAY]
    assert history.attempts[0].tolist() == [0, 3]


@pytest.mark.parametrize("time", [None, 3 * DAY])
def test_a_question_of_unknown_time_has_empty_windows(time):
    store, vocabulary = store_and_vocabulary([("a", "x", "p", 1)] * 2, [3 * DAY, time])
    history = WindowedHistory.of_store(store.students(0, 1), vocabulary.n_skills)
    question, _ = step_of(store, 1)
    entries = SkillEntries.of_question(question)
    said = history.features(entries, torch.tensor([0]), asked_at(question), dtype=torch.float64)
    recent = 0 if time is None else 2
    assert counts(said[0])[1:5] == [recent] * 4
    assert counts(said[0])[0] == 2
