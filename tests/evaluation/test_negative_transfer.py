"""Negative transfer from numbers alone: by hand, then no more false verdicts than promised, then what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kt_fewshot.evaluation import PairedLosses, Transfer, Verdict, transfer

LABELS = np.array([10.0, 20.0, 10.0, 40.0, 20.0])
ALONE = np.array([6.0, 9.0, 5.0, 22.0, 8.0])  # 50 nats of 100 labels


def paired(joint, other, labels=LABELS) -> PairedLosses:
    """Losses of as many trainings as rows, or the same ones of three trainings."""
    rows = [np.asarray(values, dtype=np.float64) for values in (joint, other)]
    return PairedLosses(*(np.tile(values, (3, 1)) if values.ndim == 1 else values for values in rows), labels)


def noisy(generator, students: int, *, effect: float, of_students: float, of_trainings: float) -> PairedLosses:
    """Losses whose mean log ratio is `effect` in truth; students and trainings differ."""
    labels = generator.integers(10, 80, students).astype(float)
    level = 0.5 * np.exp(0.3 * generator.normal(size=students))
    own = effect + of_students * generator.normal(size=students)

    def trained(sign: float) -> np.ndarray:
        noise = of_trainings * generator.normal(size=(3, 1)) + 0.05 * generator.normal(size=(3, students))
        return labels * level * np.exp(sign * own / 2 + noise)

    return PairedLosses(trained(-1), trained(+1), labels)


class TestByHand:
    def test_only_students_differ(self):
        joint = np.array([5.0, 9.0, 5.0, 18.0, 8.0])  # 45 nats
        found = transfer({"hints": paired(joint, ALONE)}, level=0.05)
        task = found.tasks["hints"]
        assert (task.joint, task.other) == (0.45, 0.5)
        assert task.change.value == pytest.approx(0.1)
        z = 5 * (ALONE / 50 - joint / 45)
        half = stats.t.ppf(0.975, 4) * z.std(ddof=1) / np.sqrt(5)
        ends = [1 - np.exp(-(np.log(50 / 45) + sign * half)) for sign in (-1, 1)]
        assert [task.change.low, task.change.high] == pytest.approx(ends)
        assert (found.repeats, found.students) == (3, 5)
        assert found.delta_m.value == pytest.approx(0.1)
        assert found.delta_m.high - 0.1 == pytest.approx(0.9 * half)  # the same, without the logarithm

    def test_only_trainings_differ(self):
        factor = np.exp([[-0.1], [0.0], [0.1]])
        task = transfer({"hints": paired(0.8 * ALONE * factor, ALONE * factor[::-1])}, level=0.05).tasks["hints"]
        half = stats.t.ppf(0.975, 4) * np.sqrt(2 * 0.01 / 3)  # two variances of .1^2, two degrees of freedom each
        ends = [1 - np.exp(-(np.log(1 / 0.8) + sign * half)) for sign in (-1, 1)]
        assert [task.change.low, task.change.high] == pytest.approx(ends)

    def test_the_level_is_shared_among_the_tasks(self):
        one, other = paired(0.9 * ALONE[::-1], ALONE), paired(ALONE, 0.9 * ALONE[::-1])
        two = transfer({"hints": one, "attempts": other}, level=0.02).tasks
        assert two["hints"] == transfer({"hints": one}, level=0.01).tasks["hints"]
        assert two["attempts"] == transfer({"attempts": other}, level=0.01).tasks["attempts"]

    def test_delta_m_counts_each_task_the_same(self):
        found = transfer({"a": paired(0.5 * ALONE, ALONE), "b": paired(120 * ALONE, 100 * ALONE)})
        assert found.delta_m.value == pytest.approx((0.5 - 0.2) / 2)

    def test_equal_losses_leave_no_doubt(self):
        found = transfer({"hints": paired(ALONE, ALONE)})
        assert (found.tasks["hints"].change.low, found.tasks["hints"].change.high) == (0, 0)
        assert found.tasks["hints"].verdict is Verdict.NONE

    @pytest.mark.parametrize(
        ("factor", "verdict"),
        [(0.9, Verdict.HELPS), (0.995, Verdict.NONE), (1.0, Verdict.NONE), (1.005, Verdict.NONE), (1.1, Verdict.HURTS)],
    )
    def test_small_changes_are_no_difference_however_sure(self, factor, verdict):
        found = transfer({"hints": paired(factor * ALONE, ALONE), "attempts": paired(ALONE, ALONE)})
        assert found.tasks["hints"].verdict is verdict
        assert ("hints" in found.named(Verdict.HURTS)) == (factor == 1.1)

    def test_students_without_labels_do_not_count(self):
        some = paired(0.9 * ALONE[::-1], ALONE)
        more = paired(np.append(0.9 * ALONE[::-1], 0), np.append(ALONE, 0), np.append(LABELS, 0))
        assert transfer({"hints": more}).tasks["hints"] == transfer({"hints": some}).tasks["hints"]


class TestKept:
    def test_what_was_written_is_read_back(self):
        found = transfer({"hints": paired(0.9 * ALONE[::-1], ALONE), "attempts": paired(ALONE, ALONE)}, level=0.02)
        assert Transfer.from_json_dict(json.loads(json.dumps(found.to_json_dict()))) == found

    def test_what_is_not_known_stays_so(self):
        rows = np.tile(ALONE, (2, 1))
        told = json.dumps(transfer({"hints": PairedLosses(2 * rows, rows, LABELS)}).to_json_dict(), allow_nan=False)
        again = Transfer.from_json_dict(json.loads(told))
        assert again.named(Verdict.UNKNOWN) == ["hints"]
        assert np.isnan([again.tasks["hints"].change.low, again.delta_m.high]).all()


class TestTooLittle:
    @pytest.mark.parametrize("repeats", [1, 2])
    def test_too_few_trainings_give_no_verdict(self, repeats):
        rows = np.tile(ALONE, (repeats, 1))
        found = transfer({"hints": PairedLosses(2 * rows, rows, LABELS)})
        task = found.tasks["hints"]
        assert task.change.value == -1
        assert task.verdict is Verdict.UNKNOWN
        assert task.change.reason == "fewer than 3 trainings say too little about others"
        assert json.loads(json.dumps(found.to_json_dict(), allow_nan=False))["tasks"]["hints"]["change"]["low"] is None

    def test_too_few_students_give_no_verdict(self):
        found = transfer({"hints": paired(2 * ALONE[:4], ALONE[:4], LABELS[:4])})
        assert found.tasks["hints"].change.reason == "fewer than 5 students say too little about others"

    def test_what_makes_no_sense_is_refused(self):
        with pytest.raises(ValueError, match=r"Losses should be \(repeats, students\)"):
            paired(ALONE[:4], ALONE)
        with pytest.raises(ValueError, match="not negative"):
            paired(-ALONE, ALONE)
        with pytest.raises(ValueError, match="not all of them 0"):
            paired(0 * ALONE, ALONE)
        with pytest.raises(ValueError, match="same trainings and students"):
            transfer({"a": paired(ALONE, ALONE), "b": paired(ALONE[:4], ALONE[:4], LABELS[:4])})
        with pytest.raises(ValueError, match="one task or more"):
            transfer({})


class TestHonest:
    @pytest.mark.parametrize(
        ("students", "of_students", "of_trainings"),
        [(12, 0.1, 0.02), (12, 0.02, 0.1), (12, 0.2, 0.2), (6, 0.1, 0.05), (200, 0.1, 0.02), (200, 0.1, 0.1)],
    )
    def test_no_more_false_verdicts_than_promised(self, students, of_students, of_trainings):
        """Without a true effect 3 % would be three times the level of 1 %; 1,000 draws tell that from 1 %."""
        generator = np.random.default_rng(students)
        size = {"of_students": of_students, "of_trainings": of_trainings}
        pairs = [noisy(generator, students, effect=0.0, **size) for _ in range(1000)]
        verdicts = [transfer({"task": pair}, smallest=0.0).tasks["task"].verdict for pair in pairs]
        assert sum(verdict is not Verdict.NONE for verdict in verdicts) <= 20

    def test_intervals_hold_what_they_should(self):
        generator = np.random.default_rng(3)
        pairs = [noisy(generator, 40, effect=0.2, of_students=0.1, of_trainings=0.03) for _ in range(400)]
        found = [transfer({"task": pair}, level=0.05).tasks["task"].change for pair in pairs]
        held = np.mean([change.low <= -np.expm1(-0.2) <= change.high for change in found])
        assert held >= 0.93

    def test_a_large_harm_is_seen(self):
        generator = np.random.default_rng(4)
        pairs = [noisy(generator, 12, effect=-0.5, of_students=0.1, of_trainings=0.02) for _ in range(100)]
        verdicts = [transfer({"task": pair}).tasks["task"].verdict for pair in pairs]
        assert sum(verdict is Verdict.HURTS for verdict in verdicts) >= 95


@given(st.integers(0, 10_000), st.floats(0.5, 2.0))
def test_properties(seed, unit):
    """The unit of a loss does not matter; whoever gains when one wins loses when the other does."""
    generator = np.random.default_rng(seed)
    pair = noisy(generator, 8, effect=0.1, of_students=0.2, of_trainings=0.1)
    there = transfer({"task": pair}).tasks["task"]
    scaled = PairedLosses(unit * pair.joint, unit * pair.other, pair.labels)
    assert transfer({"task": scaled}).tasks["task"].change.low == pytest.approx(there.change.low)
    back = transfer({"task": PairedLosses(pair.other, pair.joint, pair.labels)}).tasks["task"]
    assert (1 - back.change.value) * (1 - there.change.value) == pytest.approx(1)
    assert (1 - back.change.low) * (1 - there.change.high) == pytest.approx(1)
    assert there.change.low <= there.change.value <= there.change.high < 1
