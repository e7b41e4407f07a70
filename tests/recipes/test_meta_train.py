"""Tests of meta-training and of testing what it left."""

import json
from pathlib import Path

import pytest
import torch

from kt_fewshot.errors import Interrupted, KTError
from kt_fewshot.fewshot import load_method
from kt_fewshot.recipes import FewShotSettings, evaluate_episodes, meta_train, resume_meta_training
from kt_fewshot.recipes.list_options import list_method_options
from kt_fewshot.training import Silence

SMALL = {
    "data": "digits",
    "encoder": "mlp",
    "encoder_options": {"hidden": 16},
    "n_way": 3,
    "steps": 6,
    "epochs": 2,
    "valid_episodes": 20,
    "test_episodes": 60,
    "test_way": 3,
}


def settings(**more: object) -> FewShotSettings:
    return FewShotSettings.assemble(None, SMALL | more)


def test_leaves_a_run_that_can_be_tested_again(tmp_path: Path) -> None:
    lines: list[str] = []
    trained = meta_train(settings(epochs=5, steps=40), out=tmp_path / "run", say=lines.append)
    assert lines[0].startswith("digits: 4 classes to train on, 3 to validate, 3 to test; ")
    kept = json.loads((tmp_path / "run/results.json").read_text())
    assert kept == json.loads(json.dumps(trained.to_dict()))
    assert kept["run"] == str(tmp_path / "run")
    assert kept["test"]["accuracy"]["low"] > 0.5  # of 3 classes
    assert kept["counts"]["episodes"] == 60
    again = evaluate_episodes(tmp_path / "run", {"n_way": 3, "k_shot": 1, "n_query": 15}, episodes=60)
    assert again.test == trained.results.test
    assert (tmp_path / "run/confusion.csv").read_text().startswith("true,said,queries,share\n")
    assert trained.history.rows[-1].metrics["accuracy"] > 0.5


def test_same_seed_same_numbers_another_seed_others(tmp_path: Path) -> None:
    one, two, other = (
        meta_train(settings(seed=seed), out=tmp_path / name).method.state_dict()
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


class StopsAfter(Silence):
    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def epoch(self, _row) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_resumed_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = meta_train(settings(), out=tmp_path / "whole").method.state_dict()
    with pytest.raises(Interrupted, match="Go on with: fewshot train --resume"):
        meta_train(settings(), out=tmp_path / "cut", progress=StopsAfter(1))
    resumed = resume_meta_training(tmp_path / "cut").method.state_dict()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_with_valid_trains_on_all_and_validates_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    trained = meta_train(settings(with_valid=True), out=tmp_path / "run", say=lines.append)
    assert lines[0].startswith("digits: 7 classes to train on, 0 to validate, 3 to test; ")
    assert [row.metrics for row in trained.history.rows] == [{}, {}]


@pytest.mark.parametrize("method", ["ridge", "simpleshot", "soft-kmeans"])
def test_other_methods_are_saved_whole(method: str, tmp_path: Path) -> None:
    trained = meta_train(settings(method=method), out=tmp_path / "run")
    again, _ = load_method(tmp_path / "run/model")
    assert type(again) is type(trained.method)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in trained.method.state_dict().items())
    assert trained.results.settings.get("transductive", False) == (method == "soft-kmeans")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "protonets"}, "Unknown method 'protonets'. Choose one of: .*protonet"),
        ({"encoder": "conv5"}, "Unknown encoder 'conv5'. Choose one of: "),
        ({"encoder": "conv4"}, "Encoder conv4: conv4 needs images .*8, 8"),
        ({"encoder_options": {"depht": 2}}, "Encoder mlp: .*depht"),
        ({"n_wya": 3}, "There is no setting `n_wya`. Did you mean `n_way`?"),
        ({"n_way": 1}, "`n_way` should be greater than or equal to 2. Found 1."),
        ({"model": {"temperature": 2}}, "There is no setting `model.temperature`."),
        ({"n_way": 20}, "A 20-way task needs 20 classes. Found 4. Lower --n-way."),
        ({"data": "nowhere"}, "There is no data set and no path 'nowhere'."),
    ],
)
def test_what_is_wrong_is_told_in_a_line(wrong: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(KTError, match=message.replace("?", r"\?")):
        meta_train(settings(**wrong), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_other_data_have_to_fit_the_encoder(tmp_path: Path) -> None:
    meta_train(settings(), out=tmp_path / "run")
    plan = {"n_way": 3, "k_shot": 1, "n_query": 5}
    with pytest.raises(KTError, match="The run reads examples of 1 x 8 x 8. Found 1 x 28 x 28; --image-size"):
        evaluate_episodes(tmp_path / "run", plan, data={"data": "glyphs"})


def test_results_can_be_written_elsewhere(tmp_path: Path) -> None:
    meta_train(settings(), out=tmp_path / "run")
    plan = {"n_way": 2, "k_shot": 3, "n_query": 5}
    results = evaluate_episodes(tmp_path / "run", plan, episodes=10, out=tmp_path / "more.json")
    assert json.loads((tmp_path / "more.json").read_text()) == json.loads(json.dumps(results.to_json_dict()))
    assert results.settings == {"n_way": 2, "k_shot": 3, "n_query": 5, "method": "protonet"}


def test_options_of_a_method_are_listed() -> None:
    assert "base_classes" in list_method_options("simpleshot")
    assert list_method_options("protonet") == {}
