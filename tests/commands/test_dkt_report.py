"""`dkt report`: what it prints and writes."""

import pytest
from _cli import TINY, cli, small_log


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    small_log(30).write_csv(folder / "log.csv")
    assert cli("dkt", "train", folder / "log.csv", "--out", folder / "run", "--no-report", *TINY).code == 0
    return folder


def test_train_leaves_it_out_when_told(folder):
    assert not (folder / "run/report.html").exists()


def test_it_tells_where_the_report_is(folder):
    found = cli("dkt", "report", folder / "run", folder / "log.csv", "--out", folder / "all.html", "--show-ids")
    assert (found.code, found.out) == (0, "")
    assert found.err.splitlines()[-1].endswith(f"answers: {folder / 'all.html'}.")
    assert "student-01" in (folder / "all.html").read_text()


def test_json(folder):
    found = cli("dkt", "report", folder / "run", "--json").json
    assert found["out"] == str(folder / "run/report.html")
    assert found["bytes"] == (folder / "run/report.html").stat().st_size


def test_a_key_needs_no_log(folder):
    (folder / "key").write_text("ab" * 32)
    assert cli("dkt", "report", folder / "run", "--key", folder / "key", "--out", folder / "k.html").code == 0
    assert cli("dkt", "report", folder / "run", "--skill", "x").error.startswith("Without a LOG")
