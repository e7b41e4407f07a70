import io
import json
import math

import polars as pl

from kt_fewshot.storage import plain_json
from kt_fewshot.training import History, Row

ROWS = (
    Row(1, 10, {"correct": 0.7}, 0.6, {"auc": 0.6}, 2.0, 100.0),
    Row(2, 20, {"correct": 0.1 + 0.2, "hints": 0.5}, 0.8, {"auc": 0.8, "ece": math.nan}, 2.5, 80.0),
    Row(3, 30, {"correct": math.nan, "hints": 0.4}, 0.8, {"auc": 0.8}),
    Row(4, 40, {}),
)


def test_grows_without_changing():
    first = History()
    second = first.with_row(ROWS[0])
    assert (len(first.rows), len(second.rows)) == (0, 1)


def test_the_best_is_the_first_with_the_highest_score():
    assert History(ROWS).best == ROWS[1]
    assert History(ROWS[3:]).best is None
    assert History().best is None


def test_one_row_an_epoch_in_the_frame():
    frame = History(ROWS).to_frame()
    names = ["epoch", "step", "loss_correct", "loss_hints", "score", "auc", "ece", "seconds", "items_per_second"]
    assert frame.columns == names
    assert frame.dtypes == [pl.Int64] * 2 + [pl.Float64] * 7
    assert frame["loss_hints"].to_list() == [None, 0.5, 0.4, None]
    assert frame["epoch"].to_list() == [1, 2, 3, 4]
    assert History().to_frame().height == 0


def test_csv_reads_back():
    text = History(ROWS[:2]).to_csv()
    assert text.splitlines()[0] == "epoch,step,loss_correct,loss_hints,score,auc,ece,seconds,items_per_second"
    assert pl.read_csv(io.StringIO(text))["loss_correct"].to_list() == [0.7, 0.1 + 0.2]


def test_json_brings_it_back_to_the_last_bit():
    found = History.from_json(json.loads(json.dumps(plain_json(History(ROWS).to_json()))))
    assert repr(found) == repr(History(ROWS))  # repr, since nan is not equal to itself
