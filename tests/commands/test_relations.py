"""`dkt relations`: what it prints and writes, and what is refused."""

import pytest
from _cli import TINY, cli, small_log

from kt_fewshot.commands.relations import _signed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relations")
    small_log(30).write_csv(folder / "log.csv")
    train = ("dkt", "train", folder / "log.csv", "--no-report", *TINY)
    assert cli(*train, "--out", folder / "run", "--set", "sharing=cross-stitch").code == 0
    return folder


def test_it_prints_pairs_groups_and_learned_weights(folder):
    found = cli("dkt", "relations", folder / "run", "--epochs", "1", "--trainings", "1")
    assert found.code == 0
    for text in ("gradient cosine", "gains %", "Groups that get on", "as the run has learned", "response_time"):
        assert text in found.out
    pairs = [line for line in found.out.splitlines() if " to " in line]
    assert len(pairs) == 10
    assert found.err.splitlines()[-1] == f"Picture: {folder / 'run/relations.html'}"
    assert (folder / "run/relations.html").exists()


def test_json(folder):
    found = cli(
        "dkt", "relations", folder / "run", folder / "log.csv", "--epochs", "1", "--trainings", "1", "--json"
    ).json
    assert len(found["cosine"]["matrix"]) == len(found["tasks"]) == 5
    assert found["settings"]["students"] == 30


def test_a_classic_has_one_task(folder):
    assert cli("dkt", "relations", folder / "none").error.startswith("There is no run")
    assert cli("dkt", "relations", folder / "run", "--skill", "x").error.startswith("Without a LOG")


def test_numbers():
    said = [_signed(value) for value in (0.123, -0.123, -0.001, 0.0, float("nan"))]
    assert said == ["+0.12", "-0.12", "0.00", "0.00", "-"]
    assert [_signed(value, "+.0f") for value in (107.6, -0.2)] == ["+108", "0"]
