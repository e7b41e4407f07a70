"""A saved run and a log for it: devices, what is unknown, what is told."""

from pathlib import Path

import polars as pl
import pytest
import torch
from _cli import TINY, cli, small_log

from kt_fewshot.data import Interactions, Vocabulary
from kt_fewshot.errors import CheckpointError, KTError, LogError
from kt_fewshot.recipes import TracedLog
from kt_fewshot.recipes.saved_tracer import choose_device, unknown_to


class TestDevice:
    def test_the_cpu_is_always_there(self):
        assert choose_device("cpu") == torch.device("cpu")

    @pytest.mark.parametrize(("there", "chosen"), [(True, "cuda"), (False, "cpu")])
    def test_auto_takes_what_there_is(self, monkeypatch, there, chosen):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
        assert choose_device("auto").type == chosen

    def test_cuda_by_number(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        assert choose_device("cuda:1") == torch.device("cuda:1")
        with pytest.raises(
            KTError, match="There is no CUDA device 'cuda:2' on this machine. Use --device cpu, or auto."
        ):
            choose_device("cuda:2")

    @pytest.mark.parametrize("name", ["tpu", "meta", "mps", "cuda:", "cuda:-1", "", "CPU"])
    def test_other_names(self, name, monkeypatch):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
        with pytest.raises(KTError, match="device"):
            choose_device(name)


def log_of(**columns) -> Interactions:
    return Interactions.ordered(pl.DataFrame({"student": ["a"] * 3, "correct": [1, 0, 1], **columns}))


class TestUnknown:
    vocabulary = Vocabulary(("x", "y"), ("q", "r"))

    def test_all_known(self):
        assert unknown_to(self.vocabulary, log_of(skills=["x", "y", "x~~y"], item=["q", "r", None])) == []

    def test_some_unknown_are_counted(self):
        assert unknown_to(self.vocabulary, log_of(skills=["x", "x~~n", "n"], item=["q", "s", "s"])) == [
            "1 of 2 skills are new to the model, such as 'n': 2 answers on them predicted as on an unknown skill.",
            "2 answers on items that were new or rare in training.",
        ]

    def test_no_skill_known(self):
        with pytest.raises(
            LogError, match="it knows 2 skills, such as 'x'; the log has 2 skills, such as 'm'. .*--skill"
        ):
            unknown_to(self.vocabulary, log_of(skills=["m", "n", "n"], item=["q", "q", "q"]))

    def test_a_log_without_skills_needs_known_items(self):
        assert unknown_to(self.vocabulary, log_of(item=["q", "s", None])) == [
            "1 answer on items that were new or rare in training."
        ]
        with pytest.raises(LogError, match="it knows 2 items, such as 'q'; the log has 1 item, such as 's'. .*--item"):
            unknown_to(self.vocabulary, log_of(item=["s", "s", None]))
        with pytest.raises(LogError, match="the log has 0 items"):
            unknown_to(self.vocabulary, log_of())

    def test_a_model_without_items_asks_for_none(self):
        assert unknown_to(Vocabulary(("x",)), log_of(skills=["x"] * 3, item=["s"] * 3)) == []

    def test_a_model_of_items_alone(self):
        assert unknown_to(Vocabulary((), ("q",)), log_of(skills=["n"] * 3, item=["q"] * 3)) == [
            "1 of 1 skills are new to the model, such as 'n': 3 answers on them predicted as on an unknown skill."
        ]


def test_from_a_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("log.csv")
    assert cli("dkt", "train", "log.csv", *TINY).code == 0
    heard = []
    traced = TracedLog.open("latest", [Path("log.csv")], threads=1, say=heard.append)
    assert traced.tracer.name == "dkt"
    assert len(traced.store) == small_log().height
    assert heard[0].startswith("log.csv: table")
    assert TracedLog.open(traced.run.path, [Path("log.csv")]).run == traced.run
    with pytest.raises(CheckpointError):
        TracedLog.open("nothing", [Path("log.csv")])
