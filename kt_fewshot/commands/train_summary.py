"""What a person sees after a training or an evaluation."""

from typing import TYPE_CHECKING, Any

from .output import interval, print_table, say

if TYPE_CHECKING:
    from kt_fewshot.evaluation import Results
    from kt_fewshot.recipes.train_dkt import TrainedRun

RECOVERY = {
    "auc": "AUC",
    "brier": "Brier score",
    "ece": "calibration error",
    "false_mastery": "false mastery at .95",
    "missed": "missed mastery",
    "declared": "share declared mastered",
    "lag_mean": "lag (opportunities)",
    "over_practice": "over-practice",
    "under_practice": "under-practice",
}
"""Numbers of mastery recovery shown, and what they are called."""


def print_summary(trained: "TrainedRun") -> None:
    """Results of a training, and where they are kept."""
    print_results(trained.results)
    say(f"Run: {trained.run.path}")


def print_results(results: "Results") -> None:
    """The next answers, by position, and mastery."""
    found = results.to_json_dict()
    reference = found.get("reference", {})
    rows = [
        (name.replace("_", " "), interval(value), interval(reference[name]) if name in reference else "")
        for name, value in found["test"].items()
    ]
    counts = ", ".join(f"{number:,} {name}" for name, number in found.get("counts", {}).items())
    print_table(f"Next answer ({counts})", ("", "test [95 %]", "always the mean"), rows)
    positions = [
        (part["key"], part["n"], interval(part["auc"]), interval(part["log_loss"])) for part in found["positions"]
    ]
    print_table("\nBy position in the history", ("answers", "n", "AUC", "log loss"), positions)
    _print_mastery(found.get("mastery", {}))


def _print_mastery(found: dict[str, Any]) -> None:
    rows = []
    for name, value in found.get("future_success", {}).items():
        rows.append((f"future success (next 5): {'AUC' if name == 'auc' else name}", interval(value)))
    lowered = found.get("share_of_right_answers_that_lowered_mastery")
    if lowered is not None:
        rows.append(("right answers that lowered mastery", f"{lowered:.2%}"))
    if rows:
        print_table("\nMastery", ("", ""), rows)
    if recovery := found.get("recovery"):
        rows = [
            (text, *(_flat(recovery, prefix + name) for prefix in ("", "ceiling_")))
            for name, text in RECOVERY.items()
            if recovery.get(name) is not None
        ]
        print_table("\nMastery found, against the simulated students' truth", ("", "estimate [95 %]", "ceiling"), rows)


def _flat(found: dict[str, Any], name: str) -> str:
    return interval({"value": found.get(name), "low": found.get(f"{name}_low"), "high": found.get(f"{name}_high")})
