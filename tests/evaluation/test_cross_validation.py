"""Folds: their mean, their spread, and what is undefined."""

import math

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data import simulate
from kt_fewshot.errors import LogError
from kt_fewshot.evaluation import PartScores, Results, across_folds, cross_validate, pooled, pooled_scores
from kt_fewshot.metrics import Interval, auc
from kt_fewshot.tracing import KnowledgeTracer


def _fold(auc, rmse=0.4):
    return Results({"auc": Interval(auc, auc - 0.1, auc + 0.1), "rmse": Interval(rmse)}, counts={"answers": 5})


def test_by_hand():
    found = across_folds([_fold(0.7), _fold(0.8)])
    half = 12.7062 * 0.05  # t of one degree of freedom; the standard error of .7 and .8 is .05
    assert found.test["auc"].value == pytest.approx(0.75)
    assert found.test["auc"].high == pytest.approx(0.75 + half, rel=1e-5)
    assert vars(found.test["rmse"]) == pytest.approx(vars(Interval(0.4, 0.4, 0.4)))
    assert found.counts == {"folds": 2}


def test_undefined_in_one_fold_is_undefined():
    found = across_folds([_fold(0.7), _fold(math.nan)])
    assert found.test["auc"].reason == "undefined in fold 2"
    assert found.test["rmse"].value == pytest.approx(0.4)


def test_refuses_other_metrics_and_no_folds():
    with pytest.raises(ValueError, match=r"\['auc', 'rmse'\]. Found \['auc'\] in fold 2"):
        across_folds([_fold(0.7), Results({"auc": Interval(0.5)})])
    with pytest.raises(ValueError, match="at least one fold"):
        across_folds([])


def _whole(auc, n=10, *, half=0.03, keys=("1", "2-5")):
    parts = tuple(PartScores(key, n, n, 0.5, auc, {"auc": Interval(auc, auc - half, auc + half)}) for key in keys)
    scores = {"auc": Interval(auc, auc - half, auc + half)}
    return Results(scores, counts={"answers": 2 * n, "students": n}, positions=parts, reference={"auc": Interval(0.5)})


def test_pooled_by_hand():
    found = pooled([_whole(0.7, half=0.03), _whole(0.8, n=30, half=0.04, keys=("2-5", "6-10"))])
    auc = found.test["auc"]
    assert (auc.value, auc.low, auc.high) == pytest.approx((0.75, 0.725, 0.775))  # .03 and .04 make .05, halved
    assert found.counts == {"answers": 80, "students": 40}
    assert found.reference["auc"].value == 0.5
    assert [(part.key, part.n, part.students) for part in found.positions] == [
        *(("1", 10, 10), ("2-5", 40, 40), ("6-10", 30, 30))
    ]
    both = found.positions[1]
    assert both.mean_predicted == pytest.approx((0.7 * 10 + 0.8 * 30) / 40)
    assert [part.scores["auc"].value for part in found.positions] == pytest.approx([0.7, 0.75, 0.8])


def test_of_one_fold_pooled_is_that_fold():
    fold = _whole(0.7)
    assert pooled([fold]) is fold


def test_an_interval_pooled_covers_as_often_as_its_folds_do():
    rng = np.random.default_rng(0)
    misses = 0
    for _ in range(1000):
        values = rng.normal(0.7, (0.02, 0.05, 0.03))
        folds = [
            {"auc": Interval(v, v - 1.96 * s, v + 1.96 * s)} for v, s in zip(values, (0.02, 0.05, 0.03), strict=True)
        ]
        found = pooled_scores(folds)["auc"]
        misses += not found.low <= 0.7 <= found.high
    assert misses == pytest.approx(50, abs=20)


def test_what_is_undefined_in_a_fold_is_so_pooled():
    assert pooled([_whole(0.7), _whole(math.nan)]).test["auc"].reason == "undefined in fold 2"
    with pytest.raises(ValueError, match="at least one fold"):
        pooled([])


class TestCrossValidate:
    frame = simulate("bkt", n_students=60, n_answers=20, n_skills=2, seed=0).interactions.table.select(
        "student", "skills", "correct", "time"
    )

    def test_every_student_is_foretold_by_who_never_met_them(self):
        model = KnowledgeTracer("bkt")
        folds = cross_validate(model, self.frame, folds=3, draws=20)
        assert not hasattr(model, "tracer_")
        assert pooled(folds).counts == {"answers": self.frame.height, "students": 60}
        fitted = KnowledgeTracer("bkt").fit(self.frame)
        seen = auc(fitted.predict_proba(self.frame)[:, 1], self.frame["correct"])
        assert 0.6 < pooled(folds).test["auc"].value < seen
        assert across_folds(folds).counts == {"folds": 3}

    def test_frames_in_their_own_words(self):
        other = self.frame.rename({"student": "kid", "skills": "kc"})
        model = KnowledgeTracer("bkt", defaults={"user_id": "kid", "skill_name": "kc"})
        found, expected = (
            pooled(cross_validate(made, frame, folds=2, draws=5)).test
            for made, frame in ((model, other), (KnowledgeTracer("bkt"), self.frame))
        )
        assert found == expected

    def test_too_few_students(self):
        two = self.frame["student"].unique(maintain_order=True).head(2).to_list()
        with pytest.raises(LogError, match="needs at least 5 students. Found 2"):
            cross_validate(KnowledgeTracer("bkt"), self.frame.filter(pl.col("student").is_in(two)))
