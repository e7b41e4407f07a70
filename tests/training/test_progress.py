import pytest
import torch

from kt_fewshot.training import LossSum, Row, Silence
from kt_fewshot.training.progress import Reporter
from kt_fewshot.training.totals import Totals, stack_losses


class Listener:
    def __init__(self):
        self.heard = []

    def __getattr__(self, name):
        return lambda *args: self.heard.append((name, *args))


def add(totals, total, count):
    totals.add(("a",), stack_losses({"a": LossSum(torch.tensor(total), torch.tensor(count))}))


def test_each_step_and_each_item_is_told_once():
    listener, totals = Listener(), Totals()
    reporter = Reporter(listener, totals)
    reporter.start(10, steps_done=0, step_in_epoch=0)
    add(totals, 2.0, 4)
    reporter.report(1)
    add(totals, 4.0, 4)
    add(totals, 2.0, 2)
    reporter.report(3)
    row = Row(1, 3, {})
    reporter.end_epoch(row)
    totals.clear()
    add(totals, 1.0, 1)
    reporter.report(1)
    assert listener.heard == [
        ("start", 10),
        ("advance", 1, 4, {"a": 0.5}),
        ("advance", 2, 6, {"a": 0.8}),
        ("epoch", row),
        ("advance", 1, 1, {"a": 1.0}),
    ]


def test_a_resumed_training_tells_what_was_done_before():
    listener, totals = Listener(), Totals()
    add(totals, 2.0, 4)
    reporter = Reporter(listener, totals)
    reporter.start(10, steps_done=7, step_in_epoch=2)
    add(totals, 2.0, 4)
    reporter.report(3)
    assert listener.heard == [("start", 10), ("advance", 7, 0, {}), ("advance", 1, 4, {"a": 0.5})]


def test_a_report_is_due_after_a_while(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    reporter = Reporter(Silence(), Totals())
    assert not reporter.is_due()
    now[0] += 1.0
    assert reporter.is_due()
    reporter.report(0)
    assert not reporter.is_due()


def test_silence_takes_everything():
    silence = Silence()
    silence.start(1)
    silence.advance(1, 1, {})
    silence.epoch(Row(1, 1, {}))
    assert silence.close() is None


@pytest.mark.parametrize("name", ["start", "advance", "epoch", "close"])
def test_silence_has_every_word(name):
    assert callable(getattr(Silence(), name))
