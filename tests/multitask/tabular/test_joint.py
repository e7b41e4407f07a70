"""Joint multi-label classification and regression: the product of the heads, on paper and on planted data."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm

from kt_fewshot.metrics import expected_calibration_error
from kt_fewshot.multitask import Joint, MultiTask, Regression
from kt_fewshot.multitask.tabular.target_columns import read_targets
from kt_fewshot.multitask.tabular.targets import Targets

SKILLS = ("add", "carry", "borrow")


def on_paper() -> tuple[Joint, dict[str, Any]]:
    """Two rows: skills with P = (.8, .5, .5), seconds ~ N(20, 10^2)."""
    y = {"skills": np.array([[1, 0, np.nan], [0, 1, 1]]), "seconds": [10.5, 30.5]}
    columns, _ = read_targets(y)
    targets = Targets.learn(columns, None, training=np.ones(2, dtype=bool), alone=False)
    assert (targets.codings["seconds"].unit, targets.codings["seconds"].decode(np.array([0.0]))) == (10, 20.5)
    skills = torch.tensor([[math.log(4), 0.0, 0.0]] * 2, dtype=torch.float64)
    return Joint(targets, {"skills": skills, "seconds": torch.zeros(2, 2, dtype=torch.float64)}), y


def test_a_product_on_paper() -> None:
    joint, y = on_paper()
    seconds = norm(20.5, 10).logpdf([10.5, 30.5])
    assert joint.each(y)["skills"] == pytest.approx(np.log([0.8 * 0.5, 0.2 * 0.5 * 0.5]))
    assert joint.log_likelihood(y) == pytest.approx(joint.each(y)["skills"] + seconds)
    assert joint.log_likelihood({"seconds": [np.nan, 30.5]}) == pytest.approx([0, seconds[1]])
    assert joint.pit(y)["seconds"] == pytest.approx(norm.cdf([-1, 1]))
    assert joint.interval(0.9)["seconds"][0] == pytest.approx(norm(20.5, 10).interval(0.9))
    assert joint.expected()["seconds"] == pytest.approx(20.5)
    assert joint.expected()["skills"][0] == pytest.approx([0.8, 0.5, 0.5])
    assert list(joint.pit(y)) == list(joint.interval()) == ["seconds"]
    with pytest.raises(ValueError, match=r"`level` should be in \(0, 1\). Found `level = 1`"):
        joint.interval(1)


@dataclass
class Planted:
    """Students' answers: success on three skills, of which some were not asked, seconds and attempts; and the truth."""

    X: np.ndarray
    y: dict[str, np.ndarray]
    log_likelihood: np.ndarray

    @classmethod
    def draw(cls, rows: int, seed: int) -> "Planted":
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((rows, 6))
        ability = np.tanh(X[:, 0]) + 0.8 * X[:, 1]
        chance = 1 / (1 + np.exp(-1.5 * (ability[:, None] + X[:, 2:5] * np.array([1.0, 0.5, -0.5]))))
        skills = (rng.random((rows, 3)) < chance).astype(float)
        asked = rng.random((rows, 3)) < 0.7
        seconds, attempts = 40 - 8 * ability, 3 - ability + 0.5 * X[:, 5]
        y = {
            "skills": np.where(asked, skills, np.nan),
            "seconds": seconds + 6 * rng.standard_normal(rows),
            "attempts": attempts + 0.5 * rng.standard_normal(rows),
        }
        labels = np.where(asked, np.log(np.where(skills == 1, chance, 1 - chance)), 0).sum(1)
        numbers = norm(seconds, 6).logpdf(y["seconds"]) + norm(attempts, 0.5).logpdf(y["attempts"])
        return cls(X, y, labels + numbers)


@pytest.fixture(scope="module")
def test_rows() -> Planted:
    return Planted.draw(4000, 1)


@pytest.fixture(scope="module", params=["unit", "learned"])
def joint(request: pytest.FixtureRequest, test_rows: Planted) -> Joint:
    train = Planted.draw(2000, 0)
    tasks = [Regression(name, noise=request.param) for name in ("seconds", "attempts")]
    model = MultiTask(
        tasks=tasks, calibrate=True, validation_fraction=0.3, learning_rate=5e-3, max_epochs=20, batch_size=64
    )
    return model.fit(train.X, train.y).predict_joint(test_rows.X)


def test_it_means_what_it_says(joint, test_rows) -> None:
    """Probabilities of labels, and what numbers lie below and between; as far as 600 rows for validation can tell."""
    said, asked = joint.expected()["skills"], ~np.isnan(test_rows.y["skills"])
    assert expected_calibration_error(said[asked], test_rows.y["skills"][asked]) < 0.04
    for name, place in joint.pit(test_rows.y).items():
        assert kstest(place, "uniform").statistic < 0.05, name
    for level, margin in ((0.5, 0.05), (0.95, 0.03)):
        for name, ends in joint.interval(level).items():
            inside = (test_rows.y[name] >= ends[:, 0]) & (test_rows.y[name] <= ends[:, 1])
            assert inside.mean() == pytest.approx(level, abs=margin), name


def test_it_knows_nearly_all_there_is_to_know(joint, test_rows) -> None:
    """Against what can be said without the features, and against the truth: at least 9 tenths of the way."""
    y, seen = test_rows.y, Planted.draw(1500, 0).y
    found = joint.log_likelihood(y).mean()
    chance = np.nanmean(seen["skills"], axis=0)
    labels = np.nansum(np.log(np.where(y["skills"] == 1, chance, 1 - chance)) + 0 * y["skills"], axis=1)
    numbers = [norm(seen[name].mean(), seen[name].std()).logpdf(y[name]) for name in ("seconds", "attempts")]
    marginal, truth = (labels + sum(numbers)).mean(), test_rows.log_likelihood.mean()
    assert marginal < found < truth
    assert (found - marginal) / (truth - marginal) > 0.9


def test_the_estimators_own_is_the_same() -> None:
    some = Planted.draw(60, 2)
    model = MultiTask(max_epochs=2).fit(some.X, some.y)
    assert model.joint_log_likelihood(some.X, some.y) == pytest.approx(
        model.predict_joint(some.X).log_likelihood(some.y)
    )


def test_calibration_leaves_the_training_alone_and_needs_rows() -> None:
    some = Planted.draw(200, 2)
    plain, corrected = (MultiTask(max_epochs=3, calibrate=calibrate).fit(some.X, some.y) for calibrate in (False, True))
    assert all(map(torch.equal, plain.network_.parameters(), corrected.network_.parameters()))
    assert plain.predict(some.X)["seconds"] == pytest.approx(corrected.predict(some.X)["seconds"])
    said = [model.predict_proba(some.X)["skills"] for model in (plain, corrected)]
    assert not np.allclose(*said)
    raw = plain.network_(torch.tensor((some.X - some.X[~plain.held_out_].mean(0)) / some.X[~plain.held_out_].std(0)))
    assert said[0] == pytest.approx(raw["skills"].sigmoid().detach().numpy())
    with pytest.raises(ValueError, match="`calibrate` needs rows for validation"):
        MultiTask(max_epochs=1, calibrate=True, validation_fraction=0).fit(some.X, some.y)
