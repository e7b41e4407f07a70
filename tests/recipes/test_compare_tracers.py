"""Comparison end to end: on simulated students BKT beats the mean; nothing done is done again; interruptions."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.errors import Interrupted, KTError, LogError
from kt_fewshot.recipes import CompareSettings, compare_tracers, resume_comparison
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import tracer_class

QUICK = ("skill-mean", "bkt", "pfa")

TINY = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 2}


def settings_of(folder: Path, **values) -> CompareSettings:
    if not (folder / "log.csv").exists():
        small_log(20).write_csv(folder / "log.csv")
    values = {"tracers": QUICK, "draws": 20, "threads": 1} | values
    return CompareSettings.assemble(None, {"data": {"log": [folder / "log.csv"]}} | values)


@pytest.fixture(scope="module")
def folded(tmp_path_factory) -> Path:
    """The run of a comparison over two folds."""
    folder = tmp_path_factory.mktemp("folded")
    compare_tracers(settings_of(folder, folds=2), out=folder / "run")
    return folder / "run"


@pytest.fixture
def run(folded, tmp_path) -> Path:
    """A copy of it to do with as one likes."""
    return shutil.copytree(folded, tmp_path / "run")


@pytest.fixture
def fits(monkeypatch) -> list[str]:
    """Names of the tracers that are fitted meanwhile."""
    done: list[str] = []
    for name in (*QUICK, "irt"):
        kind = tracer_class(name)

        def fit(self, *arguments, whole=kind.fit, **options):
            done.append(self.name)
            return whole(self, *arguments, **options)

        monkeypatch.setattr(kind, "fit", fit)
    return done


def test_on_simulated_students_bkt_beats_the_mean(tmp_path):
    settings = CompareSettings.assemble(
        None,
        {
            "data": {"students": 150, "seed": 1},
            "tracers": ("skill-mean", "irt", "bkt"),
            "baseline": "skill-mean",
            "draws": 200,
        },
    )
    found = compare_tracers(settings, out=tmp_path / "run").comparison
    assert found.tracers[0].name == "bkt"
    bkt = found["bkt"]
    assert bkt.difference["auc"].low > 0.1
    for metric in ("rmse", "log_loss"):
        assert bkt.difference[metric].high < 0
        assert bkt.results.test[metric].high < found.reference[metric].value
    assert bkt.results.test["ece"].value < 0.05
    assert {part.key for part in bkt.results.positions} == {"1", "2-5", "6-10", "11-20", "21+"}
    assert {part.key for part in bkt.results.items} <= {"0-1", "2-9", "10-49", "50-199", "200+"}
    assert sum(part.n for part in bkt.results.items) == found.counts["answers"]
    assert bkt.parameters == 5 * 11


def test_all_tracers_are_asked_the_same_and_every_answer_is_tested_once(folded):
    found = json.loads((folded / "results.json").read_text())
    log = small_log(20)
    assert found["counts"] == {"answers": log.height, "students": 20, "folds": 2}
    for tracer in found["tracers"]:
        assert len(tracer["folds"]) == 2
        assert sum(part["n"] for part in tracer["positions"]) == log.height
        mean = np.mean([fold["auc"]["value"] for fold in tracer["folds"]])
        assert tracer["test"]["auc"]["value"] == pytest.approx(mean)
        assert ("difference" in tracer) == (tracer["tracer"] != found["baseline"])


def test_a_run_folder_says_everything(folded):
    assert {path.name for path in folded.iterdir() if not path.name.startswith(".")} == {
        *("config.yaml", "split.csv", "ingest.json", "rejects.csv", "results.json", "results.csv", "fold-1", "fold-2")
    }
    assert {path.name for path in (folded / "fold-1").iterdir()} == set(QUICK)
    split = pl.read_csv(folded / "split.csv")
    tested = split.filter(part="test")
    assert tested["student"].n_unique() == tested.height == 20
    assert tested["fold"].unique().sort().to_list() == [1, 2]
    table = pl.read_csv(folded / "results.csv")
    assert set(table["tracer"]) == set(QUICK)
    assert table.columns == ["tracer", "part", "key", "metric", "n", "value", "low", "high", "reason"]


def test_the_same_settings_the_same_results(folded, tmp_path):
    settings = CompareSettings.of_run(RunFolder(folded))
    again = compare_tracers(settings, out=tmp_path / "again").to_dict()
    before = json.loads((folded / "results.json").read_text())
    for found in (again, before):
        found.pop("run")
        for tracer in found["tracers"]:
            del tracer["fit_seconds"], tracer["predict_seconds"]
    assert json.loads(json.dumps(again)) == before


class TestResume:
    def test_nothing_done_is_done_again_and_even_the_times_stay(self, run, fits):
        before = json.loads((run / "results.json").read_text())
        found = resume_comparison(run).to_dict()
        assert fits == []
        assert json.loads(json.dumps(found)) == before | {"run": str(run)}

    def test_what_is_missing_is_done(self, run, fits):
        shutil.rmtree(run / "fold-2" / "bkt")
        resume_comparison(run)
        assert fits == ["bkt"]

    def test_what_was_damaged_is_done_again_and_said(self, run, fits):
        (file,) = (run / "fold-1" / "pfa").glob("*.safetensors")
        file.write_bytes(file.read_bytes()[:-1])
        heard: list[str] = []
        before = json.loads((run / "results.json").read_text())
        found = resume_comparison(run, say=heard.append).comparison
        assert fits == ["pfa"]
        assert any("is damaged" in line and line.endswith("Fitting again.") for line in heard)
        expected = next(tracer for tracer in before["tracers"] if tracer["tracer"] == "pfa")
        assert found["pfa"].results.test["auc"].value == expected["test"]["auc"]["value"]

    def test_a_tracer_more(self, run, fits):
        found = resume_comparison(run, tracers=(*QUICK, "irt")).comparison
        assert fits == ["irt", "irt"]
        assert len(found.tracers) == 4
        assert CompareSettings.assemble(run / "config.yaml", {}).names == (*QUICK, "irt")

    def test_a_log_that_changed_is_another_question(self, tmp_path, fits):
        settings = settings_of(tmp_path, tracers=("bkt",))
        compare_tracers(settings, out=tmp_path / "run")
        small_log(20, seed=1).write_csv(tmp_path / "log.csv")
        heard: list[str] = []
        resume_comparison(tmp_path / "run", say=heard.append)
        assert fits == ["bkt", "bkt"]
        assert any("are of another log, split or options" in line for line in heard)

    def test_of_no_comparison(self, tmp_path):
        with pytest.raises(KTError, match="There is no run"):
            resume_comparison(tmp_path / "nowhere")


class TestStopped:
    def test_between_two_tracers(self, tmp_path, fits, monkeypatch):
        settings = settings_of(tmp_path)
        kind = tracer_class("bkt")
        whole = kind.fit
        monkeypatch.setattr(kind, "fit", _stop)
        with pytest.raises(Interrupted, match="what was done is kept. Go on with: dkt compare --resume .*run"):
            compare_tracers(settings, out=tmp_path / "run")
        monkeypatch.setattr(kind, "fit", whole)
        found = resume_comparison(tmp_path / "run").comparison
        assert fits == ["skill-mean", "bkt", "pfa"]
        assert len(found.tracers) == 3

    def test_before_anything_was_done_leaves_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tracer_class("skill-mean"), "fit", _stop)
        with pytest.raises(KeyboardInterrupt):
            compare_tracers(settings_of(tmp_path), out=tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_a_log_that_cannot_be_split_leaves_nothing(self, tmp_path):
        with pytest.raises(LogError, match="Cross-validation with 50 folds needs at least 50 students. Found 20"):
            compare_tracers(settings_of(tmp_path, folds=50), out=tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_a_deep_tracer_goes_on_where_it_was(self, tmp_path):
        model = {"dkt": TINY | {"checkpoint_seconds": 0}}
        settings = settings_of(tmp_path, tracers=("dkt",), models=model)
        whole = compare_tracers(settings, out=tmp_path / "whole").comparison["dkt"]
        with pytest.raises(Interrupted):
            compare_tracers(settings, out=tmp_path / "run", listen=StopsAfterAnEpoch)
        assert (tmp_path / "run" / "fold-1" / "dkt" / "training").is_dir()
        rows: list[int] = []
        found = resume_comparison(tmp_path / "run", listen=lambda: Hears(rows)).comparison["dkt"]
        assert rows == [2]
        assert found.results.test == whole.results.test
        assert not (tmp_path / "run" / "fold-1" / "dkt" / "training").exists()


def test_a_folder_in_use_is_refused(run):
    with pytest.raises(KTError, match="is not empty"):
        compare_tracers(settings_of(run.parent), out=run)


def test_a_split_by_time_scores_the_end_of_each_history(tmp_path):
    settings = settings_of(tmp_path)
    by_time = settings.model_copy(update={"data": settings.data.model_copy(update={"split": "time"})})
    found = compare_tracers(by_time, out=tmp_path / "run").comparison
    assert found.counts["students"] == 20
    assert found.counts["answers"] < small_log(20).height / 3
    assert "1" not in {part.key for part in found["bkt"].results.positions}


def test_a_log_without_items_has_no_windows_of_items(tmp_path):
    small_log(20).drop("item").write_csv(tmp_path / "log.csv")
    found = compare_tracers(settings_of(tmp_path), out=tmp_path / "run")
    assert "items" not in found.to_dict()["tracers"][0]


def _stop(self, *arguments, **options):
    raise KeyboardInterrupt


class Hears:
    """Notes the epochs."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    def start(self, total_steps: int) -> None: ...

    def advance(self, steps, items, metrics) -> None: ...

    def epoch(self, row) -> None:
        self.rows.append(row.epoch)

    def close(self) -> None: ...


class StopsAfterAnEpoch(Hears):
    def __init__(self) -> None:
        super().__init__([])

    def advance(self, steps, items, metrics) -> None:  # noqa: ARG002
        if self.rows:
            raise KeyboardInterrupt
