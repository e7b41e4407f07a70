"""Progress: a bar with rate and time left on a terminal, one plain line an epoch elsewhere."""

import contextlib
import io
import os
import pty
import re
import threading

import pytest
from _cli import TINY, cli, small_log
from rich.console import Console

from kt_fewshot.commands.progress import Bar
from kt_fewshot.training import Row

ROW = Row(epoch=2, step=8, losses={"correct": 0.61}, score=-0.6, seconds=1.25, items_per_second=43_210.0)


def test_elsewhere_one_plain_line_an_epoch(capsys):
    bar = Bar()
    bar.start(100)
    bar.advance(10, 500, {"correct": 0.7})
    bar.epoch(Row(**{**vars(ROW), "metrics": {"auc": 0.75, "correct_loss": 0.5, "other": 1.0}}))
    bar.epoch(ROW)
    bar.close()
    assert capsys.readouterr().err.splitlines() == [
        "epoch   2  AUC 0.7500  loss 0.5000  1.2 s  43,210 answers/s",
        "epoch   2    1.2 s  43,210 answers/s",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_a_bar_with_rate_loss_and_time_left(width):
    screen = io.StringIO()
    bar = Bar()
    bar.console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    bar.advance(1, 1, {})  # before the start there is nothing to draw
    bar.start(100)
    bar.advance(40, 0, {})  # as when a training is resumed
    bar.advance(10, 500_000, {"correct": 0.7123})
    bar.bar.refresh()
    bar.epoch(ROW)
    bar.close()
    bar.close()
    drawn = [line for line in re.split(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]", screen.getvalue()) if "training" in line]
    assert re.search(r"training ━+.* 50/100 [\d,]+ answers/s loss 0.712 at most \S+$", drawn[-1].rstrip())
    assert max(map(len, drawn)) <= width
    assert "epoch   2" in screen.getvalue()


def test_a_real_terminal_of_80_columns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    small_log().write_csv("log.csv")
    leader, follower = pty.openpty()
    shown: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(leader, shown))
    reader.start()
    with open(follower, "w", encoding="utf-8") as terminal:  # noqa: PTH123 (a terminal has a number, no path)
        done = cli("dkt", "train", "log.csv", *TINY, err=terminal)
    reader.join()
    assert done.code == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode())
    bars = [line for line in re.split(r"[\r\n]+", text) if line.startswith("training")]
    assert bars
    assert max(map(len, bars)) <= 80
    assert "epoch   1  AUC " in text
    assert done.out.startswith("Next answer (")


def read_all(terminal: int, into: list[bytes]) -> None:
    """What is shown on a terminal, until nobody writes to it any more."""
    with contextlib.suppress(OSError):  # which is how a terminal ends
        while piece := os.read(terminal, 65536):
            into.append(piece)
    os.close(terminal)


def test_json_stays_alone_on_standard_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = cli("dkt", "train", "--students", 20, *TINY, "--json")
    assert done.json["run"].startswith("runs")
    assert "epoch   1" in done.err
