"""How good is it, in words that are true."""

import math
from dataclasses import replace

from _report import course, material

from kt_fewshot.metrics import Interval
from kt_fewshot.reports import Standing
from kt_fewshot.reports.scores import LATENT, SEEN, scores

LOG = course(60)


def verdict(low: float, high: float) -> str:
    lead = Interval((low + high) / 2, low, high)
    best, worse = Standing("best-lr", 0.75, 0.5, lead), Standing("bkt", 0.7, 0.55, Interval(0.1, 0.09, 0.11))
    return scores(material(LOG, standings=(Standing("dkt", 0.8, 0.5), worse, best))).verdict


def test_the_verdict_is_on_the_best_classic():
    assert verdict(0.01, 0.03) == "It is better than the best classic, Best-LR: by 0.010 to 0.030 in AUC."
    assert verdict(-0.03, -0.01) == "The best classic, Best-LR, is better: by 0.010 to 0.030 in AUC."
    assert "may be chance" in verdict(-0.01, 0.02)
    assert scores(material(LOG, standings=())).verdict == ""
    assert verdict(math.nan, math.nan) == ""


def test_the_best_stands_first_and_the_own_is_marked():
    rows = scores(material(LOG)).standings
    assert [(row[0], row[-1]) for row in rows] == [("DKT", True), ("BKT", False)]


def test_mastery_is_explained_as_it_is():
    assert scores(material(LOG)).meaning[0] == LATENT
    assert scores(material(LOG, skills={})).meaning[0] == SEEN


def test_simulated_students_have_a_truth():
    made = material(LOG)
    results = made.results.with_mastery({"recovery": {"auc": 0.9}, "future_success": {"auc": {"value": 0.8}}})
    text = " ".join(scores(replace(made, results=results)).meaning)
    assert "simulated" in text
    assert "90\xa0%" in text


def test_windows_of_few_students_are_withheld():
    rows = scores(material(course(8))).positions
    assert rows
    assert all(row[1] == "withheld" for row in rows)


def test_undefined_numbers_are_left_out():
    log = course(12)
    always = log.where(log.table["correct"] == 1)
    made = material(always)
    assert not any("nan" in sentence for sentence in scores(made).sentences)
    assert dict((row[0], row[2]) for row in scores(made).metrics)["AUC"] == "\u2013"
