"""Pictures of simulated students: what tracer, ceiling and truth say before each answer, and nothing else."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data import Vocabulary, encode, simulate
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import (
    TracedStudents,
    TrainSettings,
    class_curves,
    mastery_curves,
    nearness,
    student_heatmap,
    train_dkt,
)
from kt_fewshot.tracing import tracer_class


@pytest.fixture(scope="module")
def traced():
    simulated = simulate("bkt", n_students=40, n_answers=30, n_skills=3, seed=1)
    log = simulated.interactions
    tracer = tracer_class("bkt")(Vocabulary.of(log), {})
    store = encode(log, tracer.vocabulary)
    tracer.fit(store, store)
    return TracedStudents.of(tracer, log, store, simulated)


@pytest.fixture
def drawn(monkeypatch):
    """What is handed to the pictures."""
    module = import_module("kt_fewshot.recipes.mastery_curves")
    found = SimpleNamespace(curves=[])
    for name in ("mastery_picture", "class_picture"):
        monkeypatch.setattr(module, name, lambda curves, _: found.curves.extend(curves))
    return found


def test_a_students_curves_are_the_rows_of_the_log(traced, drawn):
    student = traced.students()[0]
    mastery_curves(traced, student)
    table = traced.log.table.with_row_index("at").filter(pl.col("student") == student)
    for curve in drawn.curves:
        at = table.filter(pl.col("skills") == curve.skill)["at"].to_numpy()
        place = traced.simulated.skill_names.index(curve.skill)
        assert np.array_equal(curve.right, table.filter(pl.col("skills") == curve.skill)["correct"].to_numpy() == 1)
        assert np.array_equal(curve.mastery, traced.mastery[at])
        assert np.array_equal(curve.mastered, traced.simulated.mastered[at, place])
        assert curve.best[0] == pytest.approx(traced.simulated.parameters["prior"][place])
    firsts = [table.filter(pl.col("skills") == curve.skill)["at"][0] for curve in drawn.curves]
    assert firsts == sorted(firsts)


def test_the_class_is_the_mean_of_its_students(traced, drawn):
    class_curves(traced)
    assert [curve.skill for curve in drawn.curves] == list(traced.simulated.skill_names)
    table = traced.log.table.with_row_index("at")
    for place, curve in enumerate(drawn.curves):
        firsts = table.filter(pl.col("skills") == curve.skill).unique("student", keep="first")["at"].to_numpy()
        assert curve.students[0] == len(firsts)
        assert curve.estimated[0] == pytest.approx(traced.mastery[firsts].mean())
        assert curve.mastered[0] == pytest.approx(traced.simulated.mastered[firsts, place].mean())
        assert (np.diff(curve.students) <= 0).all()


def test_unknown_students_are_told(traced):
    with pytest.raises(KTError, match=r"no student 'nobody'\. Choose one of 40, such as 'student-"):
        mastery_curves(traced, "nobody")


def test_a_class_of_few_is_not_drawn(traced):
    log = traced.log.of_students(traced.students()[:9])
    few = TracedStudents.of(traced.tracer, log, encode(log, traced.tracer.vocabulary))
    with pytest.raises(KTError, match="need 10 students"):
        class_curves(few)


def test_without_the_truth_it_is_left_out(traced):
    log = traced.log
    bare = TracedStudents.of(traced.tracer, log, encode(log, traced.tracer.vocabulary))
    assert "truly mastered" not in mastery_curves(bare).svg
    assert "the truth" not in class_curves(bare).svg
    assert "Heat map of P(correct)" in student_heatmap(bare, answers=5).words


def test_answers_on_several_skills_are_left_out(drawn):
    simulated = simulate("bkt", n_students=12, n_answers=30, n_skills=3, multi_skill=0.5, seed=2)
    log = simulated.interactions
    tracer = tracer_class("skill-mean")(Vocabulary.of(log), {})
    store = encode(log, tracer.vocabulary)
    tracer.fit(store, store)
    class_curves(TracedStudents.of(tracer, log, store, simulated))
    alone = [name for name in simulated.skill_names if name in set(log.table["skills"])]
    assert drawn.curves
    assert {curve.skill for curve in drawn.curves} <= set(alone)


def test_a_runs_test_students_come_back_with_their_truth(tmp_path):
    tiny = {"hidden": 4, "embedding": 4, "head_hidden": 4, "epochs": 1}
    trained = train_dkt(TrainSettings(data={"students": 30}, model=tiny), out=tmp_path / "run", report=False)
    traced = TracedStudents.of_run(tmp_path / "run")
    assert len(traced.students()) == 6
    assert traced.simulated.interactions.table.equals(traced.log.table)
    table = nearness(trained.results)
    assert table["metric"].to_list() == ["auc", "brier", "ece"]
    assert table["gap"].to_list() == pytest.approx((table["estimate"] - table["best_possible"]).to_list())


def test_nothing_is_near_where_there_is_no_truth():
    assert nearness(SimpleNamespace(mastery={})).height == 0
