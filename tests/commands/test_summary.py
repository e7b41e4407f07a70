"""What a person sees of results."""

import math
import re

from kt_fewshot.commands.summary import print_results
from kt_fewshot.evaluation import PartScores, Results
from kt_fewshot.metrics import Interval

UNDEFINED = Interval(math.nan, reason="every answer is right")


def shown(results, capsys) -> tuple[list[str], list[str]]:
    print_results(results)
    captured = capsys.readouterr()
    return [line.rstrip() for line in captured.out.splitlines()], captured.err.splitlines()


def test_the_next_answer_with_and_without_a_reference(capsys):
    results = Results({"auc": Interval(0.75, 0.7, 0.8), "log_loss": Interval(0.5)}, counts={"answers": 1234})
    out, err = shown(results, capsys)
    assert out[0] == "Next answer (1,234 answers)"
    assert out[1].split("  ")[-1].strip() == "test [95 %]"
    assert out[2] == "AUC       0.7500 [0.7000, 0.8000]"
    assert out[3] == "log-loss                   0.5000"
    assert err == []
    with_reference = Results(results.test, reference={"auc": Interval(0.5)})
    out, _ = shown(with_reference, capsys)
    assert out[1].endswith("always the mean")
    assert out[2].endswith("0.5000")


def test_what_is_undefined_is_a_dash_and_a_reason(capsys):
    part = PartScores("2-5", 4, 2, 1.0, 0.9, {"auc": UNDEFINED, "log_loss": Interval(0.1)})
    out, err = shown(Results({"auc": UNDEFINED, "rmse": Interval(math.nan)}, positions=(part,)), capsys)
    assert out[2].split() == ["AUC", "-"]
    assert out[-1].split() == ["2-5", "4", "-", "0.1000"]
    assert err == ["AUC is undefined: every answer is right.", "RMSE is undefined."]


def test_mastery_and_behaviour(capsys):
    recovery = {
        "threshold": 0.95,
        "auc": 0.8,
        "auc_low": 0.7,
        "auc_high": 0.9,
        "lag_mean": None,
        "ceiling_lag_mean": 2.0,
    }
    mastery = {
        "future_success": {"auc": Interval(0.7, 0.6, 0.8).to_dict()},
        "share_of_right_answers_that_lowered_mastery": 0.0125,
        "recovery": recovery,
    }
    tasks = {"hints": {"auc": Interval(0.6)}, "tennis": {"wins": Interval(0.1)}}
    out, _ = shown(Results({}, mastery=mastery, tasks=tasks), capsys)
    text = "\n".join(out)
    assert re.search(r"success in the next 5 answers on the skill: AUC +0.7000 \[0.6000, 0.8000\]", text)
    assert "By position" not in text
    assert "1.25%" in text
    assert "Mastery, against the simulated students' truth (mastered from 0.95 on)" in out
    assert next(line for line in out if line.startswith("lag")).split() == ["lag", "(opportunities)", "-", "2.0000"]
    assert "hint asked for: AUC" in text
    assert "tennis: wins" in text


def test_without_a_ceiling_there_is_no_column_for_it(capsys):
    out, _ = shown(Results({}, mastery={"recovery": {"threshold": 0.9, "auc": 0.8}}), capsys)
    assert "best by answers alone" not in "\n".join(out)
