"""`MultiTask`: scikit-learn's conventions, own rows, one task alone, one model a school, whatever goes in."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from kt_fewshot.encoders import MLP, Encoder, Memoryless
from kt_fewshot.metrics import log_loss
from kt_fewshot.multitask import (
    BALANCINGS,
    SHARINGS,
    Binary,
    MultiTask,
    Regression,
    RowBatches,
    Rows,
    of_its_group,
    one_target_a_group,
)
from kt_fewshot.multitask.balancing import SOLVERS
from kt_fewshot.training import seed_generators

QUICK: dict[str, Any] = {"max_epochs": 3, "encoder_options": {"hidden": 8}}
LEARNING: dict[str, Any] = {"max_epochs": 30, "learning_rate": 1e-2, "encoder_options": {"hidden": 16}}


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, dict[str, Any]]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 5))
    score = X @ np.array([1.0, -1.0, 0.5, 0.0, 0.0]) + 0.3 * rng.standard_normal(150)
    skills = (X[:, :3] + 0.3 * rng.standard_normal((150, 3)) > 0).astype(float)
    return X, {
        "correct": np.where(score > 0, "yes", "no"),
        "subject": X[:, :3].argmax(1) + 10,
        "seconds": 30 + 5 * score,
        "skills": skills,
    }


class TestTargets:
    def test_each_is_what_it_looks_like(self, table):
        X, y = table
        model = MultiTask(**LEARNING).fit(X, y)
        kinds = [type(task).__name__ for task in model.tasks_]
        assert kinds == ["Binary", "MultiClass", "Regression", "MultiLabel"]
        said, sure = model.predict(X), model.predict_proba(X)
        assert set(said["correct"]) == {"no", "yes"}
        assert set(said["subject"]) == {10, 11, 12}
        assert abs(said["seconds"].mean() - 30) < 2
        assert said["skills"].shape == sure["skills"].shape == (150, 3)
        assert {name: p.shape for name, p in sure.items() if name != "skills"} == {
            "correct": (150, 2),
            "subject": (150, 3),
        }
        for name in ("correct", "subject"):
            classes = model.targets_.codings[name].classes
            assert (classes[sure[name].argmax(1)] == said[name]).all()
        found = model.evaluate(X, y)
        assert found["correct"]["auc"] > 0.9
        assert found["skills"]["auc"] > 0.9
        assert found["subject"]["accuracy"] > 0.8
        assert found["seconds"]["rmse"] < 0.7 * y["seconds"].std()
        assert 0.7 < model.score(X, y) <= 1

    def test_kinds_can_be_told(self, table):
        X, y = table
        told = {"subject": "ordinal", "correct": "multi-class", "seconds": Regression("seconds", noise="learned")}
        model = MultiTask(tasks=told, **QUICK).fit(X, y)
        assert [type(task).__name__ for task in model.tasks_] == ["MultiClass", "Ordinal", "Regression", "MultiLabel"]
        assert set(model.predict(X)["subject"]) <= {10, 11, 12}
        assert model.predict_proba(X)["subject"].sum(1) == pytest.approx(1)
        coded = MultiTask(tasks=[Binary("correct")], **QUICK).fit(X, {"correct": (y["correct"] == "yes").astype(int)})
        assert coded.targets_.codings["correct"].classes.tolist() == [0, 1]

    @pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
    def test_frames_are_mappings(self, table, library):
        X, y = table
        flat = {name: y[name] for name in ("correct", "seconds")}
        frame = library({f"x{k}": X[:, k] for k in range(5)})
        by_frame = MultiTask(**QUICK).fit(frame, library(flat))
        by_array = MultiTask(**QUICK).fit(X, flat)
        assert by_frame.feature_names_in_.tolist() == ["x0", "x1", "x2", "x3", "x4"]
        assert by_frame.predict(frame)["seconds"].tolist() == by_array.predict(X)["seconds"].tolist()

    def test_no_label_is_no_row_of_a_task(self, table):
        """What a task lacks may be said in any way, and its own rows are all that its head learns from."""
        X, y = table
        known = np.arange(150) % 3 == 0
        ways = [
            np.where(known, y["seconds"], np.nan),
            [value if has else None for value, has in zip(y["seconds"], known, strict=True)],
            pd.Series(y["seconds"]).where(known).astype("Float64"),
        ]
        said = [MultiTask(**QUICK).fit(X, {"seconds": way}).predict(X)["seconds"] for way in ways]
        assert said[0].tolist() == said[1].tolist() == said[2].tolist()
        alone = MultiTask(validation_fraction=0, **QUICK).fit(X[known], {"seconds": y["seconds"][known]})
        among = MultiTask(validation_fraction=0, standardize=False, **QUICK).fit(X, {"seconds": ways[0]})
        assert alone.history_.rows[0].step == among.history_.rows[0].step
        labels = np.where(known[:, None], y["skills"], np.nan)
        assert MultiTask(**QUICK).fit(X, {"skills": labels}).evaluate(X, {"skills": labels})["skills"]["auc"] > 0

    def test_labels_are_called_as_their_columns(self, table):
        X, y = table
        model = MultiTask(**QUICK).fit(X, {"skills": pd.DataFrame(y["skills"], columns=["a", "b", "c"])})
        assert model.tasks_[0].labels == ("a", "b", "c")

    def test_levels_in_the_users_order(self, table):
        X, _ = table
        grade = pd.Categorical(np.array(["low", "middle", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])],
                               categories=["low", "middle", "high"], ordered=True)  # fmt: skip
        model = MultiTask(tasks={"grade": "ordinal"}, **LEARNING).fit(X, {"grade": pd.Series(grade)})
        assert model.targets_.codings["grade"].classes.tolist() == ["low", "middle", "high"]
        assert model.evaluate(X, {"grade": pd.Series(grade)})["grade"]["quadratic_kappa"] > 0.7

    def test_evaluation_may_have_fewer_targets_and_rows(self, table):
        X, y = table
        model = MultiTask(**QUICK).fit(X, y)
        assert list(model.evaluate(X[:30], {"seconds": y["seconds"][:30]})) == ["seconds"]


class TestSplit:
    def test_students_are_on_one_side(self, table):
        X, y = table
        students = np.arange(150) // 5
        model = MultiTask(**QUICK).fit(X, y, groups=students)
        assert 0 < model.held_out_.sum() < 150
        assert not set(students[model.held_out_]) & set(students[~model.held_out_])

    def test_rows_held_out_may_be_chosen(self, table):
        X, y = table
        mine = np.arange(150) >= 120
        model = MultiTask(**QUICK).fit(X, y, validation=mine)
        assert model.held_out_.tolist() == mine.tolist()
        assert model.targets_.codings["seconds"].decode(np.zeros(1)) == pytest.approx(y["seconds"][:120].mean())

    def test_training_stops_when_validation_says_so(self, table):
        X, y = table
        rng = np.random.default_rng(1)
        noise = {"noise": rng.standard_normal(150)}
        model = MultiTask(max_epochs=100, patience=3, learning_rate=1e-2).fit(X, noise)
        assert len(model.history_.rows) < 50
        assert "valid_noise" in model.history_.rows[0].metrics
        whole = MultiTask(validation_fraction=0, **QUICK).fit(X, y)
        assert len(whole.history_.rows) == 3
        assert not whole.held_out_.any()

    def test_shares_reach_the_batches(self, table):
        X, y = table
        few = np.where(np.arange(150) < 10, y["seconds"], np.nan)
        steps = {
            shares: MultiTask(shares=shares, validation_fraction=0, **QUICK).fit(X, {"all": X[:, 0], "few": few})
            for shares in ("proportional", "equal")
        }
        assert steps["proportional"].history_.rows[0].step == 5
        assert steps["equal"].history_.rows[0].losses.keys() == {"all", "few"}
        with pytest.raises(ValueError, match="`shares` should be one of"):
            MultiTask(shares="even", **QUICK).fit(X, y)


def test_one_task_alone_is_plain_training(table) -> None:
    """To the last bit, against a loop written down here."""
    X, y = table
    target = (y["correct"] == "yes").astype(np.float32)
    options = {"max_epochs": 4, "learning_rate": 1e-2, "weight_decay": 1e-3, "batch_size": 20, "random_state": 3}
    options |= {"average_decay": None}
    model = MultiTask(validation_fraction=0, encoder_options={"hidden": 8}, **options).fit(X, {"correct": target})

    seed_generators(3, torch.device("cpu"))
    encoder, head = MLP((5,), hidden=8), nn.Linear(8, 1)
    plain = nn.Sequential(encoder, head)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-2, weight_decay=1e-3, fused=True)
    x = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
    rows = Rows(x, {"correct": torch.tensor(target)}, {"correct": torch.ones(150, dtype=torch.bool)})
    batches = RowBatches(rows, 20, seed=3)
    for epoch in range(4):
        for batch in batches.epoch(epoch):
            optimizer.zero_grad()
            logit = plain(batch.x).squeeze(-1)
            loss = nn.functional.binary_cross_entropy_with_logits(logit, batch.targets["correct"], reduction="sum")
            (loss / 20).backward()
            nn.utils.clip_grad_norm_(plain.parameters(), 5.0)
            optimizer.step()
    trained = [*model.network_.sharing.parameters(), *model.network_.heads.parameters()]
    assert all(map(torch.equal, trained, plain.double().parameters()))


class TestSharing:
    @pytest.mark.parametrize("sharing", SHARINGS)
    def test_every_scheme(self, table, sharing):
        X, y = table
        model = MultiTask(sharing=sharing, **QUICK).fit(X, y)
        assert len(model.predict(X)) == 4
        mixing = model.mixing()
        assert mixing is None or mixing.tasks == tuple(y)
        again = pickle.loads(pickle.dumps(model))
        assert again.predict(X)["seconds"].tolist() == model.predict(X)["seconds"].tolist()

    @pytest.mark.parametrize("balancing", sorted(set(BALANCINGS) - set(SOLVERS)))
    def test_every_balancing_also_where_tasks_are_absent_from_batches(self, table, balancing):
        X, y = table
        few = np.where(np.arange(150) < 10, y["seconds"], np.nan)
        model = MultiTask(balancing=balancing, **QUICK).fit(X, {"seconds": few, "correct": y["correct"]})
        assert np.isfinite(model.predict(X)["seconds"]).all()

    def test_one_model_a_school_tied_helps_schools_with_few_rows(self):
        """Against models of their own, on fresh rows of the schools with few."""
        for seed in range(2):
            X, y, school, own = schools(seed, [200, 30, 30, 30])
            fresh, truth, where, _ = schools(seed, [0, 500, 500, 500], own=own, draw=1)
            losses = []
            for tie in (0.0, 0.1):
                model = MultiTask(
                    sharing="soft",
                    sharing_options={"tie": tie},
                    tie_heads=True,
                    encoder_options={"hidden": 16},
                    learning_rate=1e-2,
                    max_epochs=25,
                )
                said = model.fit(X, one_target_a_group(y, school)).predict_proba(fresh)
                losses.append(log_loss(of_its_group(said, where)[:, 1], truth))
            assert losses[1] < losses[0] - 0.05

    def test_tied_heads_start_equal_and_only_of_one_kind(self, table):
        X, y = table
        soft = {"sharing": "soft", "sharing_options": {"tie": 1e4}, "tie_heads": True}
        model = MultiTask(**soft, **QUICK).fit(X, {"a": y["seconds"], "b": 2 * y["seconds"]})
        one, two = model.network_.heads
        for p, q in zip(one.parameters(), two.parameters(), strict=True):
            torch.testing.assert_close(p, q, atol=1e-2, rtol=0)
        with pytest.raises(ValueError, match="one kind. Found 'correct' and 'subject'"):
            MultiTask(**soft, **QUICK).fit(X, y)
        with pytest.raises(ValueError, match="`tie_heads` needs `sharing = 'soft'`. Found `sharing = 'hard'`"):
            MultiTask(tie_heads=True, **QUICK).fit(X, {"a": y["seconds"], "b": y["seconds"]})


def schools(seed: int, sizes: list[int], *, own: Any = None, draw: int = 0) -> tuple[Any, Any, Any, Any]:
    """Answers in schools that have most, but not all, in common."""
    truth = np.random.default_rng(seed)
    common, shift = own or (truth.standard_normal((8, 4)) * 0.5, 0.5 * truth.standard_normal((len(sizes), 8)))
    rng = np.random.default_rng([seed, draw])
    school = np.repeat(np.arange(len(sizes)), sizes)
    X = rng.standard_normal((len(school), 8))
    logit = 1.5 * np.tanh(X @ common).sum(1) + (X * shift[school]).sum(1)
    y = (rng.random(len(school)) < 1 / (1 + np.exp(-logit))).astype(float)
    return X, y, np.array([f"school {k}" for k in school]), (common, shift)


class TestEncoders:
    def test_modules_of_any_kind(self, table):
        X, y = table
        own = {
            "sequential": nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4)),
            "encoder": Encoder([Memoryless(nn.Linear(5, 4))], 4),
            "function": lambda shape: MLP(shape, hidden=4),
        }
        for encoder in own.values():
            model = MultiTask(encoder, sharing="cross-stitch", max_epochs=2).fit(X, y)
            assert model.network_.sharing.width == 4
            assert model.mixing() is not None
            copy = clone(model)
            assert copy.fit(X, y).predict(X)["seconds"].tolist() == model.predict(X)["seconds"].tolist()

    def test_images_and_sequences(self):
        rng = np.random.default_rng(0)
        for name, shape in (("conv4", (1, 16, 16)), ("lstm", (6, 3))):
            X = rng.standard_normal((20, *shape))
            model = MultiTask(name, encoder_options={"hidden": 4}, max_epochs=2).fit(X, {"a": X.reshape(20, -1)[:, 0]})
            assert model.predict(X)["a"].shape == (20,)

    def test_a_module_handed_in_is_left_alone(self, table):
        X, y = table
        module = nn.Linear(5, 4)
        before = module.weight.detach().clone()
        MultiTask(module, max_epochs=2).fit(X, y)
        assert torch.equal(module.weight, before)


class TestScikitLearn:
    def test_nothing_before_fit(self, table):
        X, y = table
        for call in (lambda m: m.predict(X), lambda m: m.score(X, y), lambda m: m.evaluate(X, y), lambda m: m.mixing()):
            with pytest.raises(NotFittedError):
                call(MultiTask())

    def test_model_selection(self, table):
        X, y = table
        target = (y["correct"] == "yes").astype(int)
        scores = cross_val_score(MultiTask(**QUICK), X, target, groups=np.arange(150) // 5, cv=GroupKFold(3))
        assert scores.shape == (3,)
        grid = GridSearchCV(MultiTask(**QUICK), {"learning_rate": [1e-5, 3e-2]}, cv=2).fit(X, target)
        assert grid.best_params_ == {"learning_rate": 3e-2}
        piped = make_pipeline(StandardScaler(), MultiTask(**QUICK)).fit(X, y)
        assert set(piped.predict(X)) == set(y)

    def test_same_seed_same_model_and_the_callers_randomness_is_left_alone(self, table):
        X, y = table
        torch.manual_seed(5)
        expected = torch.rand(1)
        torch.manual_seed(5)
        said = [MultiTask(random_state=seed, **QUICK).fit(X, y).predict(X)["seconds"].tolist() for seed in (1, 1, 2)]
        assert torch.equal(torch.rand(1), expected)
        assert said[0] == said[1] != said[2]
        MultiTask(random_state=np.random.RandomState(0), **QUICK).fit(X, y)


class TestRefused:
    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"encoder": "mpl"}, "Unknown encoder 'mpl'. Choose one of: "),
            ({"sharing": "hart"}, "Unknown sharing 'hart'. Choose one of: "),
            ({"balancing": "summ"}, "Unknown balancing 'summ'. Choose one of: "),
            ({"tasks": {"x": "binary"}}, "Task 'x' has no target. Found targets: a, b."),
            ({"tasks": {"a": "binery"}}, "Unknown kind of task 'binery'. Choose one of: binary, "),
            ({"tasks": {"a": "binary"}}, "A binary target has 2 classes. Found 5 in 'a'"),
            ({"weights": {"c": 2.0}}, "should be of the tasks a, b. Found also: c"),
            ({"validation_fraction": 1.0}, r"should be in \[0, 1\). Found 1.0"),
            ({"learning_rate": 0.0}, "`learning_rate` should be above 0"),
            ({"sharing_options": {"tie": 1}}, "Sharing 'hard' has no option 'tie'"),
        ],
    )
    def test_params(self, params, message):
        X = np.arange(20.0).reshape(10, 2)
        with pytest.raises(ValueError, match=message):
            MultiTask(**({"max_epochs": 1} | params)).fit(X, {"a": np.arange(10) % 5, "b": X[:, 0]})

    def test_encoders(self, table):
        X, y = table
        with pytest.raises(TypeError, match="`encoder_options` are for an encoder with a name"):
            MultiTask(nn.Linear(5, 4), encoder_options={"hidden": 3}).fit(X, y)
        with pytest.raises(TypeError, match="a name, a module or a function that makes one. Found int"):
            MultiTask(3).fit(X, y)  # pyright: ignore
        with pytest.raises(ValueError, match=r"should give \(batch, width\). Found \(1, 5, 1\)"):
            MultiTask(nn.Unflatten(1, (5, 1))).fit(X, y)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ({}, "at least one target"),
            ({"a": [0, 1]}, "inconsistent numbers of samples"),
            ({"a": [np.nan] * 10}, "Target 'a' should have labels in the training rows. Found none"),
            ({"a": ["x"] * 10}, "Target 'a' should have at least 2 classes. Found 1 class: x"),
            ({"a": np.zeros((10, 2, 2))}, r"labels in columns. Found shape \(10, 2, 2\)"),
            ({"a": np.arange(20.0).reshape(10, 2)}, "Labels should be 0 or 1, or missing"),
            ({"tie": np.arange(10.0) / 3}, "names of their own, other than 'tie'"),
            (None, "requires y to be passed"),
        ],
    )
    def test_targets(self, y, message):
        with pytest.raises(ValueError, match=message):
            MultiTask(max_epochs=1).fit(np.arange(20.0).reshape(10, 2), y)

    def test_texts_have_no_order(self):
        with pytest.raises(ValueError, match="ordered categorical. Found texts in 'a'"):
            MultiTask(tasks={"a": "ordinal"}).fit(np.zeros((6, 1)), {"a": ["x", "y", "z"] * 2})

    def test_new_targets_and_classes(self, table):
        X, y = table
        model = MultiTask(**QUICK).fit(X, y)
        with pytest.raises(ValueError, match="Target 'grade' was not there in fit"):
            model.score(X, {"grade": X[:, 0]})
        with pytest.raises(ValueError, match="Unknown class 'maybe'. Known are: no, yes"):
            model.score(X, {"correct": ["maybe"] * 150})

    def test_groups_without_a_model(self):
        with pytest.raises(ValueError, match="have been there in fit. Found 'east'"):
            of_its_group({"north": np.zeros(2)}, ["north", "east"])
