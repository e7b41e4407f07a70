"""Few-shot methods side by side, end to end: nothing done is done again; interruptions; changed data."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kt_fewshot.errors import Interrupted, KTError
from kt_fewshot.fewshot import method_class
from kt_fewshot.recipes import (
    CompareMethodsSettings,
    compare_few_shot,
    compare_methods_settings,
    meta_train,
    resume_method_comparison,
)
from kt_fewshot.recipes import compare_methods as recipe
from kt_fewshot.storage import RunFolder
from kt_fewshot.training import Silence

QUICK = ("protonet", "simpleshot", "soft-kmeans")
TINY = {
    "data": "digits",
    "encoder": "mlp",
    "encoder_options": {"hidden": 8},
    "n_way": 3,
    "tasks": 2,
    "steps": 4,
    "epochs": 2,
    "valid_episodes": 10,
    "test_episodes": 20,
    "test_way": 3,
}


def settings_of(**values: object) -> CompareMethodsSettings:
    return CompareMethodsSettings.assemble(None, {"methods": QUICK, "training": TINY} | values)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A comparison's run."""
    folder = tmp_path_factory.mktemp("compared") / "run"
    compare_few_shot(settings_of(), out=folder)
    return folder


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of it to do with as one likes."""
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """Names of the methods that are trained meanwhile."""
    done: list[str] = []
    whole = recipe.train_in

    def train_in(run, *arguments, **options):
        done.append(run.path.name)
        return whole(run, *arguments, **options)

    monkeypatch.setattr(recipe, "train_in", train_in)
    return done


def test_the_folder_holds_a_whole_run_of_each_method_and_the_table(finished):
    found = json.loads((finished / "results.json").read_text())
    assert found["baseline"] == "protonet"
    assert found["settings"]["steps"] == 4
    assert found["counts"]["episodes"] == 20
    assert [one["method"] for one in found["methods"]][-1] == "soft-kmeans"
    assert found["methods"][-1]["transductive"]
    for name in QUICK:
        assert RunFolder(finished / name).has("model")
        assert not (finished / name / "report.html").exists()
    assert set(pl.read_csv(finished / "results.csv")["method"]) == set(QUICK)


def test_every_method_sees_the_same_episodes_and_as_many_examples(finished):
    tables = [pl.read_csv(finished / name / "history.csv") for name in QUICK]
    assert [table["step"].to_list() for table in tables] == [[4, 8]] * 3
    own = meta_train(settings_of().of_method("protonet"), out=finished.parent / "alone", report=False)
    one = json.loads((finished / "protonet/results.json").read_text())
    assert own.to_dict()["test"] == one["test"]
    found = json.loads((finished / "results.json").read_text())
    simple = next(one for one in found["methods"] if one["method"] == "simpleshot")
    pair = [pl.read_csv(finished / name / "episodes.csv")["accuracy"].to_numpy() for name in QUICK[:2]]
    assert simple["difference"]["accuracy"]["value"] == pytest.approx(np.mean(pair[1] - pair[0]))


class TestResume:
    def test_nothing_done_is_done_again_and_even_the_times_stay(self, run, trained):
        before = json.loads((run / "results.json").read_text())
        found = resume_method_comparison(run).to_dict()
        assert trained == []
        assert json.loads(json.dumps(found)) == before | {"run": str(run)}

    def test_what_is_missing_damaged_or_of_other_settings_is_done(self, run, trained):
        shutil.rmtree(run / "simpleshot")
        (weights,) = (run / "protonet/model").glob("*.safetensors")
        weights.write_bytes(b"x")
        config = (run / "soft-kmeans/config.yaml").read_text()
        (run / "soft-kmeans/config.yaml").write_text(config.replace("seed: 0", "seed: 1"))
        before = json.loads((run / "results.json").read_text())
        heard: list[str] = []
        found = resume_method_comparison(run, say=heard.append).to_dict()
        assert sorted(trained) == sorted(QUICK)
        assert sum("Training again." in line for line in heard) == 2
        assert [one["test"] for one in json.loads(json.dumps(found))["methods"]] == [
            one["test"] for one in before["methods"]
        ]

    def test_a_method_more(self, run, trained):
        found = resume_method_comparison(run, methods=(*QUICK, "ridge")).comparison
        assert trained == ["ridge"]
        assert len(found.methods) == 4
        assert CompareMethodsSettings.of_run(RunFolder(run)).names == (*QUICK, "ridge")

    def test_of_no_comparison(self, run):
        with pytest.raises(KTError, match="is no comparison of methods"):
            resume_method_comparison(run / "protonet")


class StopsAt(Silence):
    def epoch(self, _row) -> None:
        raise KeyboardInterrupt


def test_interrupted_it_goes_on_to_the_same_numbers(tmp_path, finished):
    listeners = iter([Silence(), StopsAt()])
    with pytest.raises(Interrupted, match="Go on with: fewshot compare --resume .*cut"):
        compare_few_shot(settings_of(), out=tmp_path / "cut", listen=lambda: next(listeners))
    found = resume_method_comparison(tmp_path / "cut").to_dict()
    before = json.loads((finished / "results.json").read_text())
    assert [one["test"] for one in json.loads(json.dumps(found))["methods"]] == [
        one["test"] for one in before["methods"]
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"methods": ("protonets",)}, "Unknown method 'protonets'. Choose one of: "),
        ({"models": {"maml": {}}}, "'maml' is not compared. The methods are: protonet, simpleshot, soft-kmeans."),
        ({"baseline": "maml"}, "'maml' is not compared."),
        ({"models": {"protonet": {"x": 1}}}, "There is no setting `model.x`."),
        ({"training": {"method": "maml"}}, "Setting `training.method` is not shared by all methods."),
        ({"training": {"stepps": 1}}, "There is no setting `stepps`. Did you mean `steps`?"),
    ],
)
def test_mistakes_are_told_before_data_are_read(wrong, message):
    with pytest.raises(KTError, match=message.replace("?", r"\?")):
        settings_of(**wrong)


def test_of_all_methods_those_that_want_another_package_are_left_out_and_named_ones_refused(monkeypatch):
    def missing(name):
        if name.startswith("l2l"):
            return _missing
        return method_class(name)

    def _missing(encoder, options):
        raise KTError("learn2learn is not installed.")

    every, named = (CompareMethodsSettings.assemble(None, {"methods": names}) for names in ((), ("l2l-maml",)))
    monkeypatch.setattr(compare_methods_settings, "method_class", missing)
    heard: list[str] = []
    assert set(every.names) - set(every.present(heard.append)) == {"l2l-anil", "l2l-maml"}
    assert heard == [f"l2l-{name} is left out. learn2learn is not installed." for name in ("anil", "maml")]
    with pytest.raises(KTError, match="learn2learn is not installed"):
        named.present(heard.append)
