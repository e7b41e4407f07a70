"""Print the results beside this script as Markdown tables: `python benchmarks/tables.py`."""

import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
ACCURACY = ("assist2015-plain", "assist2015", "assist2009", "statics2011", "assist2017")


def lines(name: str) -> list[dict[str, Any]]:
    """The runs of a configuration; none if it was not measured."""
    path = RESULTS / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def row(*cells: object) -> str:
    """One row of a table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head(*cells: str) -> str:
    """The first two rows of a table."""
    return f"{row(*cells)}\n{row(*('---' for _ in cells))}"


def interval(found: Mapping[str, float], *, sign: str = "-") -> str:
    """A number with its interval; with `sign="+"` each has its sign."""
    value, low, high = (f"{found[name]:{sign}.4f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def mean(values: Iterable[float]) -> float:
    """The mean of some runs."""
    return statistics.fmean(values)


def accuracy(name: str) -> str:
    """The runs of a data set and their mean."""
    runs = lines(name)
    table = [head("run", "test AUC [95 % by student]", "log loss", "ECE", "valid AUC", "epochs", "CPU s")]
    for run in runs:
        test = run["test"]
        cells = (interval(test["auc"]), f"{test['log_loss']['value']:.4f}", f"{test['ece']['value']:.4f}")
        table.append(row(run["run"], *cells, f"{run['valid_auc']:.4f}", run["epochs"], round(run["cpu_seconds"])))
    scores = [run["test"]["auc"]["value"] for run in runs]
    spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
    table.append(row("**mean**", f"**{mean(scores):.4f}** (s.d. {spread:.4f})", "", "", "", "", ""))
    return f"### {name}\n\n" + "\n".join(table)


def mastery() -> str:
    """Means over seeds, a row a kind of students."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in lines("mastery"):
        groups.setdefault(line["students"], []).append(line)
    columns = ("auc", "brier", "false_mastery", "declared", "missed", "lag_mean")
    table = [
        head(
            "students",
            "seeds",
            "AUC",
            "of P(correct)",
            "Brier",
            "false mastery",
            "declared",
            "missed",
            "lag",
            "guess, slip",
        )
    ]
    for name, runs in groups.items():
        found = [run["mastery"]["recovery"] for run in runs]
        cells = [_against_ceiling(found, column) for column in columns]
        rival = mean(run["mastery"]["recovery_by_p_correct"]["auc"] for run in runs)
        errors = [
            f"{mean(run['parameters'][k] for run in runs):.3f}" for k in ("guess", "slip") if runs[0]["parameters"]
        ]
        table.append(row(name, len(runs), cells[0], f"{rival:.4f}", *cells[1:], ", ".join(errors) or "-"))
    return "\n".join(table)


def comparison(name: str) -> str:
    """All tracers on one split, as `dkt compare --json` told them."""
    found = json.loads((RESULTS / f"compare-{name}.json").read_text(encoding="utf-8"))
    columns = ("tracer", "test AUC [95 % by student]", f"less that of {found['baseline']}", "log loss", "ECE", "fit s")
    table = [head(*columns)]
    for entry in found["tracers"]:
        test, difference = entry["test"], entry.get("difference", {}).get("auc")
        less = "" if difference is None else interval(difference, sign="+")
        numbers = (f"{test[metric]['value']:.4f}" for metric in ("log_loss", "ece"))
        table.append(row(entry["tracer"], interval(test["auc"]), less, *numbers, f"{entry['fit_seconds']:.0f}"))
    counts = found["counts"]
    return f"### {name}: {counts['answers']:,} answers of {counts['students']:,} students\n\n" + "\n".join(table)


def _against_ceiling(found: list[dict[str, Any]], column: str) -> str:
    """`estimate / ceiling`, means over seeds; a dash where a run has none."""
    values = []
    for name in (column, f"ceiling_{column}"):
        numbers = [run.get(name) for run in found]
        values.append("-" if None in numbers else f"{mean(numbers):.4f}")
    return " / ".join(values)


if __name__ == "__main__":
    for measured in ACCURACY:
        if lines(measured):
            print(accuracy(measured), end="\n\n")
    if lines("mastery"):
        print(mastery(), end="\n\n")
    for path in sorted(RESULTS.glob("compare-*.json")):
        print(comparison(path.stem.removeprefix("compare-")), end="\n\n")
