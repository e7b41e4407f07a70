"""The estimator: frames of both libraries, scikit-learn's conventions, pyBKT's names and numbers, save and load."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

from kt_fewshot.data import SimulatedStudents, interactions_of, simulate
from kt_fewshot.errors import CheckpointError
from kt_fewshot.metrics import rmse
from kt_fewshot.tracing import TRACERS, KnowledgeTracer, SkillMean, load_tracer

PYBKT = json.loads(Path(__file__).with_name("pybkt.json").read_text())

TINY = {"dkt": {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 1}}

COLUMNS = ["student", "item", "skills", "correct", "time"]


@pytest.fixture(scope="module")
def students() -> SimulatedStudents:
    return simulate("bkt", n_students=30, n_answers=12, n_skills=3, seed=0)


@pytest.fixture(scope="module")
def frame(students) -> pl.DataFrame:
    return students.interactions.table.select(COLUMNS)


@pytest.fixture(scope="module")
def bkt(frame) -> KnowledgeTracer:
    return KnowledgeTracer("bkt").fit(frame)


def as_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})


@pytest.mark.parametrize("name", TRACERS)
def test_every_tracer_fits_predicts_and_tells_mastery(name, frame, tmp_path):
    model = KnowledgeTracer(name, **TINY.get(name, {})).fit(frame)
    said = model.predict(frame)
    assert said.columns == [*COLUMNS, "correct_predictions", "state_predictions"]
    for column in said.columns[-2:]:
        assert said[column].is_between(0, 1).all()
    table = model.mastery(frame)
    assert table.height == 30 * 3
    assert table["state_predictions"].is_between(0, 1).all()
    model.save(tmp_path)
    assert KnowledgeTracer.load(tmp_path).predict(frame).equals(said)


def test_threads_are_set_while_it_works_and_as_before_afterwards(frame, monkeypatch):
    found = []
    predict = SkillMean.predict_log
    monkeypatch.setattr(
        SkillMean, "predict_log", lambda self, store: found.append(torch.get_num_threads()) or predict(self, store)
    )
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        KnowledgeTracer("skill-mean").fit(frame).predict(frame)
        KnowledgeTracer("skill-mean", threads=2).fit(frame).evaluate(frame)
        KnowledgeTracer("skill-mean", threads=None).fit(frame).predict_proba(frame)
        assert (list(dict.fromkeys(found)), torch.get_num_threads()) == ([1, 2, 3], 3)
        assert len(found) >= 6  # in fit, and then when asked
        with pytest.raises(ValueError, match="Found a frame without rows"):
            KnowledgeTracer("skill-mean").fit(frame.head(0))
        assert torch.get_num_threads() == 3
        with pytest.raises(ValueError, match="`threads` should be at least 1, or None. Found 0."):
            KnowledgeTracer("skill-mean", threads=0).fit(frame)
    finally:
        torch.set_num_threads(before)


class TestFrames:
    def test_rows_come_back_in_their_own_order_and_library(self, bkt, frame):
        shuffled = as_pandas(frame).sample(frac=1, random_state=0)
        expected = bkt.predict(frame)
        said = bkt.predict(shuffled)
        assert isinstance(said, pd.DataFrame)
        assert said.index.equals(shuffled.index)
        pd.testing.assert_frame_equal(said.sort_index()[COLUMNS], as_pandas(frame))
        for column in ("correct_predictions", "state_predictions"):
            np.testing.assert_array_equal(said.sort_index()[column], expected[column])
        np.testing.assert_array_equal(bkt.predict_proba(shuffled)[:, 1], said["correct_predictions"])

    def test_the_frame_handed_in_is_left_alone(self, frame):
        mine, before = as_pandas(frame), as_pandas(frame)
        KnowledgeTracer("bkt").fit(mine).predict(mine)
        pd.testing.assert_frame_equal(mine, before)

    def test_an_answer_plays_no_role_in_its_own_prediction(self, bkt, frame):
        last = frame["student"] != frame["student"].shift(-1, fill_value="")
        turned = frame.with_columns(correct=pl.when(last).then(1 - pl.col("correct")).otherwise("correct"))
        assert bkt.predict(turned)["correct_predictions"].equals(bkt.predict(frame)["correct_predictions"])
        assert not bkt.mastery(turned)["state_predictions"].equals(bkt.mastery(frame)["state_predictions"])

    def test_students_are_called_as_the_frame_calls_them(self, bkt, frame):
        numbered = as_pandas(frame).assign(student=lambda table: table["student"].str[-2:].astype(int) + 100)
        table = bkt.mastery(numbered)
        assert table["student"].tolist() == [101 + k // 3 for k in range(90)]
        mine = numbered[(numbered["student"] == 105) & (numbered["skills"] == "skill-02")]
        row = table[(table["student"] == 105) & (table["skill"] == "skill-02")].iloc[0]
        assert (row["n_attempts"], row["n_correct"]) == (len(mine), mine["correct"].sum())
        assert bkt.mastery(pl.DataFrame(numbered.to_dict("list")))["student"].dtype == pl.Int64

    def test_mastery_before_the_last_answer_and_one_step_is_mastery_after_it(self, bkt, frame):
        one = frame.filter(pl.col("student") == "student-01")
        known = bkt.mastery(one.head(5)).filter(skill=one["skills"][5])["state_predictions"][0]
        assert bkt.predict(one)["state_predictions"][5] == pytest.approx(known, abs=1e-6)

    def test_interactions_are_a_frame_too(self, bkt, frame, students):
        log = students.interactions
        assert bkt.predict(log)["correct_predictions"].equals(bkt.predict(frame)["correct_predictions"])
        assert bkt.mastery(log).equals(bkt.mastery(frame))
        some = log.of_students(["student-05", "student-09"])  # whose rows are not 1, 2, 3 ...
        assert bkt.predict(some)["correct_predictions"].len() == len(some)

    def test_columns_named_as_pybkt_does(self, bkt, frame):
        other = frame.rename({"student": "kid", "skills": "kc", "correct": "ok", "time": "when"})
        defaults = {"user_id": "kid", "skill_name": "kc", "correct": "ok", "order_id": "when"}
        model = KnowledgeTracer("bkt", defaults=defaults).fit(other)
        assert model.evaluate(other) == bkt.evaluate(frame)
        assert model.mastery(other).columns[0] == "student"


class TestScikitLearn:
    def test_params_are_the_arguments_and_the_options_given(self):
        model = KnowledgeTracer("dkt", hidden=8, random_state=3)
        params = model.get_params()
        assert params["hidden"] == 8
        assert params["tracer"] == "dkt"
        assert "embedding" not in params
        assert model.set_params(embedding=4, random_state=5) is model
        assert (model.get_params()["embedding"], model.random_state) == (4, 5)
        assert "hidden=8" in repr(model)
        with pytest.raises(ValueError, match="Invalid parameter 'hiden'"):
            model.set_params(hiden=3)

    def test_a_clone_is_not_fitted_and_has_the_same_params(self, bkt):
        copy = clone(bkt)
        assert copy.get_params() == bkt.get_params()
        with pytest.raises(NotFittedError):
            copy.predict(pl.DataFrame())

    @pytest.mark.parametrize("method", ["predict", "predict_proba", "mastery", "evaluate", "score", "save"])
    def test_nothing_before_fit(self, method, tmp_path):
        with pytest.raises(NotFittedError):
            getattr(KnowledgeTracer("bkt"), method)(tmp_path)
        with pytest.raises(NotFittedError):
            KnowledgeTracer("bkt").params()

    def test_fitting_keeps_the_params_and_forgets_the_last_fit(self, frame):
        model = KnowledgeTracer("bkt", strength=2.0)
        before = model.get_params()
        first = model.fit(frame).evaluate(frame)
        model.fit(frame.filter(pl.col("skills") == "skill-01"))
        assert model.skills_ == ("skill-01",)
        assert model.fit(frame).evaluate(frame) == first
        assert model.get_params() == before

    def test_the_same_seed_the_same_model(self, frame):
        made = [KnowledgeTracer("dkt", **TINY["dkt"], random_state=seed).fit(frame) for seed in (1, 1, 2)]
        one, same, other = (model.predict_proba(frame) for model in made)
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
        assert made[2].tracer_.options["seed"] == 2

    @pytest.mark.parametrize("library", ["polars", "pandas"])
    def test_model_selection_by_students(self, frame, library):
        made = frame if library == "polars" else as_pandas(frame)
        groups = frame["student"].to_list()
        scores = cross_val_score(KnowledgeTracer("bkt"), made, groups=groups, cv=GroupKFold(3))
        assert (scores > 0.5).all()
        grid = GridSearchCV(KnowledgeTracer("skill-mean"), {"strength": [1.0, 10.0]}, cv=GroupKFold(2))
        assert grid.fit(made, groups=groups).best_params_["strength"] in {1.0, 10.0}

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"tracer": "dtk"}, "Unknown tracer 'dtk'. Choose one of: best-lr, "),
            ({"hiden": 3}, "The tracer 'dkt' has no option `hiden`. It has: plain, hidden, "),
            ({"hidden": 0}, "`hidden`: Input should be greater than or equal to 1. Found 0"),
            ({"valid_fraction": 1.0}, r"`valid_fraction` should be in \(0, 1\). Found 1.0"),
            ({"min_item_answers": 0}, "`min_item_answers` should be at least 1. Found 0"),
        ],
    )
    def test_wrong_params_are_told_in_fit(self, frame, params, message):
        with pytest.raises(ValueError, match=message):
            KnowledgeTracer(**params).fit(frame)


class TestRefused:
    def test_nothing_to_learn_from(self):
        with pytest.raises(ValueError, match="at least one answer"):
            KnowledgeTracer("bkt").fit(pl.DataFrame({"student": [], "skill": [], "correct": []}))
        with pytest.raises(ValueError, match="needs skills or items"):
            KnowledgeTracer("bkt").fit(pl.DataFrame({"student": ["a"], "correct": [1]}))

    def test_a_column_of_fit_that_is_lost(self, bkt, frame):
        with pytest.raises(ValueError, match="Column `skills` was there in fit"):
            bkt.predict(frame.drop("skills"))

    def test_skills_that_are_all_new(self, bkt, frame):
        with pytest.raises(ValueError, match="None of the frame's skills was there in fit. Found 'new'"):
            bkt.predict(frame.with_columns(skills=pl.lit("new")))
        some = frame.with_columns(
            skills=pl.when(pl.col("skills") == "skill-01").then(pl.lit("new")).otherwise("skills")
        )
        assert bkt.predict(some)["correct_predictions"].is_between(0, 1).all()

    def test_mastery_without_skills(self, frame):
        model = KnowledgeTracer("irt").fit(frame.drop("skills"))
        with pytest.raises(ValueError, match="Mastery is told of skills. Found none"):
            model.mastery(frame.drop("skills"))

    def test_a_damaged_file(self, bkt, tmp_path):
        bkt.save(tmp_path)
        (weights,) = (tmp_path / "model").glob("*.safetensors")
        weights.write_bytes(weights.read_bytes()[:-1])
        with pytest.raises(CheckpointError, match="damaged"):
            KnowledgeTracer.load(tmp_path)


def test_one_student_is_enough_for_a_tracer_that_validates(frame):
    one = frame.filter(pl.col("student") == "student-01")
    assert len(KnowledgeTracer("dkt", **TINY["dkt"]).fit(one).history_.rows) == 1


def test_only_tracers_that_validate_hold_students_out(bkt, students):
    log = students.interactions
    direct = KnowledgeTracer("bkt").fit(log)
    assert direct.params().equals(bkt.params())
    dkt = KnowledgeTracer("dkt", **TINY["dkt"], valid_fraction=0.5)
    held_out = dkt._held_out(log)
    assert log.table.filter(held_out)["student"].n_unique() == 15
    assert not KnowledgeTracer("bkt", valid_fraction=0.5)._held_out(log).any()


def test_metrics(bkt, frame):
    correct, probability = frame["correct"].to_numpy(), bkt.predict_proba(frame)[:, 1]
    assert bkt.evaluate(frame) == bkt.score(frame) == pytest.approx(roc_auc_score(correct, probability))
    found = bkt.evaluate(frame, metric=["rmse", "accuracy", lambda true, said: float(np.mean(true == (said > 0.5)))])
    assert found[0] == pytest.approx(np.sqrt(np.mean((correct - probability) ** 2)))
    assert found[1] == found[2]
    assert bkt.evaluate(frame, "rmse") == rmse(probability, correct)
    with pytest.raises(ValueError, match="Unknown metric 'f1'. Choose one of: accuracy, auc, "):
        bkt.evaluate(frame, "f1")


def test_saved_it_is_a_run_that_commands_can_use(bkt, frame, tmp_path):
    bkt.save(tmp_path)
    assert load_tracer(tmp_path / "model").name == "bkt"
    loaded = KnowledgeTracer.load(tmp_path)
    assert loaded.get_params() == bkt.get_params()
    assert loaded.skills_ == bkt.skills_
    assert loaded.params().equals(bkt.params())


@pytest.mark.parametrize("expected", PYBKT["fits"], ids=lambda fit: f"{fit['sequences']}-{fit['forgetting']}")
def test_pybkt_finds_the_same(expected):
    sequences = PYBKT["sequences"][expected["sequences"]]
    frame = pd.DataFrame(
        [(k, "one", int(answer)) for k, sequence in enumerate(sequences) for answer in sequence],
        columns=["user_id", "skill_name", "correct"],
    )
    exact = {"strength": 0, "tolerance": 0, "iterations": 5000, "highest_guess": 1, "highest_slip": 1}
    model = KnowledgeTracer("bkt", forgetting=expected["forgetting"], **exact).fit(frame)
    found = {param: value for _, param, value in model.params().rows()}
    names = {"learn": "learns", "guess": "guesses", "slip": "slips", "forget": "forgets", "prior": "prior"}
    assert found == pytest.approx({names[name]: value for name, value in expected["parameters"].items()}, abs=1e-3)
    said = model.predict(frame)["correct_predictions"].head(len(expected["predicted"]))
    assert said.to_list() == pytest.approx(expected["predicted"], abs=1e-3)


def test_params_of_a_tracer_without_them(frame):
    with pytest.raises(ValueError, match="The tracer 'irt' has no guess, slip and learning rate"):
        KnowledgeTracer("irt").fit(frame).params()


def test_what_is_read_is_what_the_frame_says(bkt, frame):
    assert len(interactions_of(frame)) == frame.height
    assert bkt.columns_in_ == ("skills", "item")
