"""Reports of runs: from training on, of another log, under pseudonyms or ids."""

import re

import polars as pl
import pytest
from _cli import small_log
from _report import Page

from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.recipes import TrainSettings, report_run, train_dkt

MODEL = {"hidden": 8, "embedding": 4, "head_hidden": 8, "epochs": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    log = small_log(60).with_columns(student="ann." + pl.col("student"))
    log.write_csv(folder / "log.csv")
    (folder / "key").write_text("ab" * 32)
    train_dkt(TrainSettings(data={"log": [folder / "log.csv"]}, model=MODEL), out=folder / "run")
    return folder


def test_training_leaves_a_report_without_names(folder):
    html = (folder / "run/report.html").read_text()
    page = Page(html)
    assert "ann." not in html
    assert "Students are called by pseudonyms." in page.text
    assert "Best-LR" in page.text
    assert len(html) < 1_000_000
    assert not [address for address in page.addresses if not address.startswith("#")]


def test_it_can_be_left_out(folder):
    settings = TrainSettings(data={"log": [folder / "log.csv"]}, tracer="skill-mean")
    run = train_dkt(settings, out=folder / "bare", report=False).run
    assert not (run.path / "report.html").exists()
    assert not (run.path / "classics.json").exists()
    said = []
    written = report_run(run.path, say=said.append)
    assert said == ["Fitting the classics to compare with."]
    assert (run.path / "classics.json").exists()
    assert written["out"] == str(run.path / "report.html")
    assert "this toolkit" not in (run.path / "report.html").read_text()  # no DKT there


def test_a_report_again_says_the_same_but_for_fresh_pseudonyms(folder):
    written = report_run(folder / "run", out=folder / "again.html")
    again, first = (folder / "again.html").read_text(), (folder / "run/report.html").read_text()
    pseudonyms = r"\b[0-9a-f]{8}\b"
    assert re.sub(pseudonyms, "", again) == re.sub(pseudonyms, "", first)
    assert again != first
    assert written == {
        "run": str(folder / "run"),
        "out": str(folder / "again.html"),
        "bytes": len(again.encode()),
        "students": 12,
        "answers": written["answers"],
    }


def test_with_a_key_pseudonyms_stay(folder):
    pages = []
    for name in ("one.html", "two.html"):
        report_run(folder / "run", out=folder / name, key_file=folder / "key")
        pages.append((folder / name).read_text())
    assert pages[0] == pages[1]
    assert "ann." not in pages[0]


def test_ids_are_shown_only_when_asked_for(folder):
    report_run(folder / "run", [folder / "log.csv"], out=folder / "all.html", show_ids=True)
    html = (folder / "all.html").read_text()
    assert "ann.student-" in html
    assert "pseudonyms" not in html
    assert "60 students" in html


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"read": {"threshold": 0.5}}, KTError, "no column can be named"),
        ({"key_file": "nowhere"}, KTError, "There is no key file nowhere"),
        ({"out": "."}, StorageError, "is a folder"),
        ({"name": "nothing"}, KTError, "There is no run 'nothing'"),
    ],
)
def test_mistakes_are_explained(folder, changes, error, message):
    from pathlib import Path

    arguments = {"name": folder / "run"} | {
        name: Path(value) if name in {"key_file", "out"} else value for name, value in changes.items()
    }
    with pytest.raises(error, match=message):
        report_run(**arguments)


def test_the_log_is_never_written_over(folder):
    before = (folder / "log.csv").read_bytes()
    with pytest.raises(StorageError, match="is what is being read"):
        report_run(folder / "run", [folder / "log.csv"], out=folder / "log.csv")
    assert (folder / "log.csv").read_bytes() == before


@pytest.mark.parametrize("tracer", ["dkt", "bkt"])
def test_any_log_and_tracer_has_a_report(tmp_path, tracer):
    """Items without skills, students of one answer."""
    log = small_log(30).drop("skills")
    log.write_csv(tmp_path / "log.csv")
    model = MODEL if tracer == "dkt" else {}
    run = train_dkt(
        TrainSettings(data={"log": [tmp_path / "log.csv"]}, tracer=tracer, model=model), out=tmp_path / "run"
    )
    assert "The log names no skills." in Page((run.run.path / "report.html").read_text()).text
