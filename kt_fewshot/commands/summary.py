"""What a person sees after a training or an evaluation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .output import interval, print_table, say, signed

if TYPE_CHECKING:
    from kt_fewshot.evaluation import MethodComparison, Results
    from kt_fewshot.recipes import TrainedRun

METRICS: Final = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "rmse": "RMSE",
    "log_loss": "log-loss",
    "brier": "Brier score",
    "ece": "calibration error",
    "r2": "R2",
    "mean_absolute_error": "mean absolute error",
}
"""Metrics and what they are called."""

OTHERS: Final = ("log_loss", "ece")
"""Metrics shown of few-shot methods besides the accuracy."""

TASKS: Final = {
    "response_time": "response time (log seconds)",
    "hints": "hint asked for",
    "attempts": "attempts (log)",
}
"""Tasks of behaviour, and what they are called."""

RECOVERY: Final = {
    "auc": "AUC",
    "brier": "Brier score",
    "ece": "calibration error",
    "false_mastery": "false mastery",
    "missed": "missed mastery",
    "declared": "declared mastered",
    "lag_mean": "lag (opportunities)",
    "over_practice": "over-practice",
    "under_practice": "under-practice",
}
"""Numbers of mastery recovery shown, and what they are called."""


def print_run(trained: "TrainedRun") -> None:
    """Results of a training, and where they are kept."""
    print_results(trained.results)
    say(f"Run: {trained.run.path}")


def print_results(results: "Results") -> None:
    """The next answers, by position; mastery; behaviour."""
    found = results.to_json_dict()
    _print_next_answer(found)
    _print_mastery(found.get("mastery", {}))
    tasks = [
        (f"{TASKS.get(task, task)}: {METRICS.get(metric, metric)}", interval(value))
        for task, metrics in found.get("tasks", {}).items()
        for metric, value in metrics.items()
    ]
    if tasks:
        print_table("\nBehaviour, foretold before the answer", ("", ""), tasks)


def print_few_shot(results: "Results") -> None:
    """Accuracy on episodes, and how they were drawn."""
    found = results.to_json_dict()
    how = found["settings"]
    title = f"{how['n_way']}-way {how['k_shot']}-shot, {found['counts']['episodes']:,} episodes of unseen classes"
    if how.get("transductive"):
        title += " (transductive: all queries of an episode at once)"
    rows = [(METRICS.get(name, name), interval(value)) for name, value in found["test"].items()]
    print_table(title, ("", "test [95 %]"), rows)


def print_methods(comparison: "MethodComparison") -> None:
    """Who names most right, by how much, at what cost; methods that look at all queries at once stand apart."""
    found = comparison.to_json_dict()
    how, baseline = found["settings"], found["baseline"]
    title = f"{how['test_way']}-way {how['test_shot']}-shot, {found['counts']['episodes']:,} episodes of unseen classes"
    columns = ("method", "accuracy [95 %]", f"less that of {baseline} [95 %]")
    titles = {False: title, True: "\nTransductive: all queries of an episode at once"}
    for transductive, over in titles.items():
        rows = [
            (one["method"], interval(one["test"]["accuracy"]), signed(one.get("difference", {}).get("accuracy")))
            for one in found["methods"]
            if one["transductive"] is transductive
        ]
        if rows:
            print_table(over, columns, rows)
    rows = [_costs(one) for one in found["methods"]]
    columns = ("method", *(METRICS[name] for name in OTHERS), "train s", "parameters")
    print_table("\nOther measures, and what it took", columns, rows)


def _costs(one: Mapping[str, Any]) -> tuple[object, ...]:
    measures = (interval({"value": one["test"][name]["value"]}) for name in OTHERS)
    return (one["method"], *measures, f"{one['seconds']:.1f}", one["parameters"])


def _print_next_answer(found: Mapping[str, Any]) -> None:
    reference = found.get("reference", {})
    columns = ("", "test [95 %]", "always the mean") if reference else ("", "test [95 %]")
    rows = [
        (METRICS.get(name, name), interval(value), interval(reference.get(name, {})))[: len(columns)]
        for name, value in found["test"].items()
    ]
    counts = ", ".join(f"{number:,} {name}" for name, number in found.get("counts", {}).items())
    print_table(f"Next answer ({counts})", columns, rows)
    for name, value in found["test"].items():
        if value["value"] is None:
            reason = value.get("reason")
            say(f"{METRICS.get(name, name)} is undefined{f': {reason}' if reason else ''}.")
    positions = [
        (part["key"], part["n"], interval(part["auc"]), interval(part["log_loss"]))
        for part in found.get("positions", ())
    ]
    if positions:
        print_table("\nBy position in the history", ("answers", "n", "AUC", "log-loss"), positions)


def _print_mastery(found: Mapping[str, Any]) -> None:
    rows = [
        (f"success in the next 5 answers on the skill: {METRICS.get(name, name)}", interval(value))
        for name, value in found.get("future_success", {}).items()
    ]
    lowered = found.get("share_of_right_answers_that_lowered_mastery")
    if lowered is not None:
        rows.append(("right answers that lowered their skill's mastery", f"{lowered:.2%}"))
    if rows:
        print_table("\nMastery", ("", ""), rows)
    if recovery := found.get("recovery"):
        ceiling = any(name.startswith("ceiling_") for name in recovery)
        columns = ("", "estimate [95 %]", "best by answers alone")[: 3 if ceiling else 2]
        rows = [
            (text, _flat(recovery, name), _flat(recovery, f"ceiling_{name}"))[: len(columns)]
            for name, text in RECOVERY.items()
            if recovery.get(name) is not None or recovery.get(f"ceiling_{name}") is not None
        ]
        threshold = f"mastered from {recovery['threshold']:g} on"
        print_table(f"\nMastery, against the simulated students' truth ({threshold})", columns, rows)


def _flat(found: Mapping[str, Any], name: str) -> str:
    return interval({"value": found.get(name), "low": found.get(f"{name}_low"), "high": found.get(f"{name}_high")})
