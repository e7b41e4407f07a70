"""Print what `multitask.py` measured as the Markdown tables of `multitask.md`: `python benchmarks/multitask_tables.py`.

Differences are paired by seed; intervals are 95 %, Student's t over seeds.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tables import head, row

from kt_fewshot.metrics import mean_interval

RESULTS = Path(__file__).parent / "results" / "multitask.json"
BASE = "hard, sum"

Line = Mapping[str, Any]


def by_way(lines: Iterable[Line], value: Callable[[Line], float]) -> dict[str, list[float]]:
    """Way -> a value a seed."""
    found: dict[str, list[float]] = {}
    for line in lines:
        found.setdefault(line["way"], []).append(value(line))
    return found


def with_interval(values: Sequence[float], *, sign: str = "+", digits: int = 2) -> str:
    """Mean and interval; in bold letters where it leaves out 0."""
    found = mean_interval(values)
    told = f"{found.value:{sign}.{digits}f} [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"
    return f"**{told}**" if sign and (found.low > 0 or found.high < 0) else told


def error(scores: Mapping[str, float]) -> float:
    """A number of which less is better: the log-loss of classes, the RMSE of numbers."""
    return scores["log_loss"] if "log_loss" in scores else scores["rmse"]


def gain(line: Line, twin: Line) -> float:
    """Mean over targets of the relative change of the error against another way, in %, positive is better (Delta-m)."""
    changes = [1 - error(line["test"][name]) / error(scores) for name, scores in twin["test"].items()]
    return 100 * float(np.mean(changes))


def against(lines: Sequence[Line], base: str) -> dict[str, list[float]]:
    """Way -> a Delta-m a seed."""
    twins = {line["seed"]: line for line in lines if line["way"] == base}
    return by_way(lines, lambda line: gain(line, twins[line["seed"]]))


def toys(found: Mapping[str, Any]) -> str:
    """Where the losses end."""
    table = [
        head("balancing", "steep (5 before)", "flat (1 before)", "x", "y", "no task worse", "agreeing tasks: error")
    ]
    for name, ends in found.items():
        war, agree = ends["war"], ends["agree"]
        x, y = war["point"]
        fine = "yes" if war["steep"] < 5 and war["flat"] < 1 else "no"
        off = np.hypot(agree["point"][0] - 1, agree["point"][1])
        table.append(row(name, f"{war['steep']:.2f}", f"{war['flat']:.2f}", f"{x:.3f}", f"{y:.3f}", fine, f"{off:.1e}"))
    return "\n".join(table)


def digits(lines: Sequence[Line]) -> str:
    """Accuracies, differences from hard sharing with a plain sum and from single tasks."""
    accuracy = by_way(lines, lambda line: 100 * float(np.mean([test["accuracy"] for test in line["test"].values()])))
    loss = by_way(lines, lambda line: float(np.mean([test["log_loss"] for test in line["test"].values()])))
    alone, seconds = against(lines, "alone"), by_way(lines, lambda line: line.get("cpu_seconds", float("nan")))
    table = [head("way", "accuracy, %", f"less that of {BASE}", "log-loss", "Delta-m to single tasks, %", "CPU s")]
    for way, values in sorted(accuracy.items(), key=lambda pair: -np.mean(pair[1])):
        less = with_interval(np.subtract(values, accuracy[BASE]).tolist()) if way != BASE else ""
        table.append(
            row(
                way,
                f"{np.mean(values):.2f}",
                less,
                f"{np.mean(loss[way]):.3f}",
                with_interval(alone[way], digits=1) if way != "alone" else "",
                f"{np.mean(seconds[way]):.1f}",
            )
        )
    return "\n".join(table)


def tables(lines: Sequence[Line]) -> str:
    """Delta-m to single tasks of every way on every table."""
    names = list(dict.fromkeys(line["table"] for line in lines))
    mine = {name: [line for line in lines if line["table"] == name] for name in names}
    gains = {name: against(mine[name], "alone") for name in names}
    table = [head("Delta-m to single tasks, %", *names)]
    for way in gains[names[0]]:
        if way != "alone":
            table.append(row(way, *(with_interval(gains[name][way], digits=1) for name in names)))
    base = [head(f"Delta-m to {BASE}, %", *names)]
    to_base = {name: against(mine[name], BASE) for name in names}
    for way in to_base[names[0]]:
        if way not in {BASE, "alone"} and "learn" not in way:
            base.append(row(way, *(with_interval(to_base[name][way], digits=1) for name in names)))
    return "\n".join(table) + "\n\n" + "\n".join(base)


def absolute(lines: Sequence[Line]) -> str:
    """Errors of a few ways."""
    table = [head("table", "target", "alone", BASE, "scikit-learn MLP", "scikit-learn linear")]
    for name in dict.fromkeys(line["table"] for line in lines):
        mine = [line for line in lines if line["table"] == name]
        for target in mine[0]["test"]:
            ways = by_way(mine, lambda line, target=target: error(line["test"][target]))
            kind = "log-loss" if "log_loss" in mine[0]["test"][target] else "RMSE"
            cells = [f"{np.mean(ways[way]):.3f}" for way in ("alone", BASE, "scikit-learn MLP", "scikit-learn linear")]
            table.append(row(name, f"{target} ({kind})", *cells))
    return "\n".join(table)


def few(lines: Sequence[Line]) -> str:
    """Accuracy of both digits by share."""
    right = by_way(lines, lambda line: 100 * line["test"]["right"]["accuracy"])
    left = by_way(
        [line for line in lines if line["way"] != "alone"], lambda line: 100 * line["test"]["left"]["accuracy"]
    )
    table = [head("shares", "right digit (200 labels), accuracy %", "less that alone", "left digit (2,000 labels)")]
    for way, values in right.items():
        less = "" if way == "alone" else with_interval(np.subtract(values, right["alone"]).tolist())
        table.append(row(way, f"{np.mean(values):.2f}", less, f"{np.mean(left[way]):.2f}" if way in left else "-"))
    return "\n".join(table)


def schools(lines: Sequence[Line]) -> str:
    """Log-losses by way."""
    sides = {side: by_way(lines, lambda line, side=side: line[side]) for side in ("few", "many")}
    apart = "tie 0.0"
    table = [head("way", "schools of 30", "less that apart", "schools of 200 and 300", "less that apart")]
    for way in sides["few"]:
        cells = []
        for side in ("few", "many"):
            values = sides[side]
            cells.append(f"{np.mean(values[way]):.3f}")
            less = np.subtract(values[way], values[apart]).tolist()
            cells.append("" if way == apart else with_interval(less, digits=3))
        table.append(row(way, *cells))
    return "\n".join(table)


def cost(found: Mapping[str, Any]) -> str:
    """Steps in units of the plain sum's."""
    table = [head("", "CPU time of a step, plain sum with hard sharing = 1", "milliseconds")]
    for kind, ways in found.items():
        for name, measured in sorted(ways.items(), key=lambda pair: pair[1]["ratio"]):
            table.append(row(f"{kind} {name}", measured["ratio"], measured["milliseconds"]))
    return "\n".join(table)


def main() -> None:
    """Print all there is."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    for part, tell in {"toys": toys, "digits": digits, "few": few, "schools": schools, "cost": cost}.items():
        if part in found:
            print(f"### {part}: {found[part]['cpu_seconds']} CPU s, {found[part]['seeds']} seeds\n")
            print(tell(found[part]["found"]), end="\n\n")
    if "tables" in found:
        print(f"### tables: {found['tables']['cpu_seconds']} CPU s, {found['tables']['seeds']} seeds\n")
        print(tables(found["tables"]["found"]), absolute(found["tables"]["found"]), sep="\n\n")


if __name__ == "__main__":
    main()
