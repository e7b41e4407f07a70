"""Everything a run depends on: assembled, tried before a log is read, written and read back."""

import pytest
import yaml

from kt_fewshot.data import Vocabulary
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import TrainSettings


def test_values_go_before_a_file(tmp_path):
    (tmp_path / "s.yaml").write_text("model: {hidden: 8, epochs: 3}\ndata: {students: 9, seed: 4}\n")
    settings = TrainSettings.assemble(tmp_path / "s.yaml", {"model": {"epochs": 1}, "data": {"seed": 5}})
    assert dict(settings.model) == {"hidden": 8, "epochs": 1}
    assert (settings.data.students, settings.data.seed) == (9, 5)


def test_what_is_written_is_the_same_when_read_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {"data": {"log": ["é.csv"], "read": {"columns": {"student": "ü"}}}, "model": {"tasks": ["correct"]}}
    settings = TrainSettings.assemble(None, values)
    settings.write(tmp_path / "config.yaml")
    assert "é.csv" in (tmp_path / "config.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir("/")
    again = TrainSettings.assemble(tmp_path / "config.yaml", {})
    assert again.data == settings.data.model_copy(update={"log": (tmp_path / "é.csv",)})
    assert again.model == settings.model
    written = yaml.safe_load((tmp_path / "config.yaml").read_text(encoding="utf-8"))
    assert set(written) == set(TrainSettings.model_fields)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"tracer": "none"}, "Unknown tracer 'none'."),
        ({"model": {"hiden": 1}}, "There is no setting `model.hiden`. Did you mean `hidden`?"),
        ({"tracer": "best-lr", "model": {"l3": 1}}, "There is no setting `model.l3`."),
        ({"device": "x"}, "Unknown device 'x'."),
    ],
)
def test_mistakes_are_told_before_a_log_is_read(values, problem):
    with pytest.raises(KTError) as caught:
        TrainSettings.assemble(None, {"data": {"log": ["there is no such log"]}, **values})
    assert str(caught.value).startswith(problem)


def test_it_makes_the_tracer_it_names():
    tracer = TrainSettings.assemble(None, {"model": {"hidden": 8}}).make(Vocabulary(("x",), ("q",)))
    assert (tracer.name, tracer.options["hidden"], tracer.vocabulary.skills) == ("dkt", 8, ("x",))
