"""Tests of a table of targets: learned, read again, judged."""

import numpy as np
import pytest

from kt_fewshot.multitask.tabular.target_columns import read_targets
from kt_fewshot.multitask.tabular.targets import Coded, Targets
from kt_fewshot.multitask.tasks import Regression

Y = {"time": [10.5, 20.5, 30.5, np.nan], "correct": ["no", "yes", None, "yes"]}


@pytest.fixture
def targets() -> Targets:
    columns, alone = read_targets(Y)
    return Targets.learn(columns, None, training=np.ones(4, dtype=bool), alone=alone)


def test_numbers_are_judged_in_their_own_unit(targets) -> None:
    coded = targets.read(Y, 4)
    said = coded["time"].values + targets.codings["time"].unit ** -1  # one second too long
    assert targets.measure("time", said, coded["time"])["rmse"] == pytest.approx(1.0)
    assert targets.score("time", coded["time"].values, coded["time"]) == 1
    assert targets.score("time", np.zeros(4), coded["time"]) == pytest.approx(0)


def test_rows_without_a_label_are_not_judged(targets) -> None:
    coded = targets.read(Y, 4)["correct"]
    right = np.array([0.1, 0.9, 0.5, 0.4])
    assert targets.score("correct", right, coded) == pytest.approx(2 / 3)
    assert targets.measure("correct", right, coded)["auc"] == 1
    assert targets.value("correct", right).tolist() == ["no", "yes", "no", "no"]
    nothing = Coded(np.zeros(2), np.zeros(2, dtype=bool))
    assert np.isnan(targets.score("correct", np.zeros(2), nothing))


def test_one_target_without_a_name_comes_back_without() -> None:
    columns, alone = read_targets([1.0, 2.5])
    targets = Targets.learn(columns, [Regression("y")], training=np.ones(2, dtype=bool), alone=alone)
    assert targets.named({"y": 3}) == 3
    with pytest.raises(ValueError, match="inconsistent numbers"):
        targets.read([1.0], 2)
