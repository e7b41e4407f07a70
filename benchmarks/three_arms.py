"""What behaviour is good for, and how to share: `python benchmarks/three_arms.py TABLE [--data NAME ...]`.

`arms`: response time, hints and attempts unused, read as inputs, learned as tasks, or both. `schemes`: the default
tasks under every sharing scheme, and under some balancings. `groups`: a trunk for each school or class, tied. Each
model is trained with several seeds on one split of the students; differences have room for other students and other
trainings, as `evaluation.transfer` has it.

Needs the data sets' folder in the environment variable KT_DATA, except for simulated students. What a training left is
kept in `runs/three_arms`, and not done again; `results/three_arms.json` has the tables.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import Interactions, SequenceStore, Vocabulary, by_student, encode, simulate
from kt_fewshot.evaluation import PairedLosses, transfer
from kt_fewshot.evaluation.negative_transfer import FEWEST_REPEATS
from kt_fewshot.metrics import auc
from kt_fewshot.recipes import ReadSettings
from kt_fewshot.recipes.student_losses import student_losses
from kt_fewshot.tracing import DKT

RESULTS: Final = Path(__file__).parent / "results" / "three_arms.json"
KEPT: Final = Path("runs") / "three_arms"

LEVEL: Final = 0.05
FRACTIONS: Final = (0.5, 0.1, 0.4)
"""A large test: what is asked is how sure a difference is."""

BEHAVIOUR: Final = ("response_time", "hints", "attempts")

TABLES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "arms": {
        "single task": {"tasks": ("correct",), "behaviour_inputs": False},
        "inputs": {"tasks": ("correct",)},
        "tasks": {"tasks": ("correct", *BEHAVIOUR), "behaviour_inputs": False},
        "inputs and tasks": {"tasks": ("correct", *BEHAVIOUR)},
        "default: mastery too": {},
    },
    "schemes": {
        "hard, sum": {},
        **{f"{name}, sum": {"sharing": name} for name in ("soft", "cross-stitch", "hierarchical", "attention", "mmoe")},
        **{f"hard, {name}": {"balancing": name} for name in ("uncertainty", "dwa", "famo", "upgrad", "pcgrad")},
    },
    "groups": {"one trunk": {}, **{f"tie {tie:g}": {"group_tie": tie} for tie in (0.0, 1e-3, 1e-2, 1e-1)}},
}
"""Table -> configuration -> options; the first is what the others are compared with."""


def _log(*path: str) -> Callable[[], Interactions]:
    return lambda: ReadSettings().read(Path(os.environ["KT_DATA"]).joinpath(*path)).interactions


def _simulated(**options: Any) -> Callable[[], Interactions]:
    return lambda: simulate("bkt", n_students=250, seed=0, **options).interactions


def _schools() -> Interactions:
    """Three schools with the same names for skills and items that differ in all else."""
    logs = [simulate("bkt", n_students=120, seed=seed).interactions.table for seed in (1, 2, 3)]
    apart = [
        log.with_columns(student=pl.format("{}-{}", pl.lit(school), "student"), group=pl.lit(f"school {school}"))
        for school, log in enumerate(logs)
    ]
    return Interactions.ordered(pl.concat(apart), by=None)


DATA: Final[Mapping[str, Callable[[], Interactions]]] = {
    "ds5513": _log("datashop", "ds5513_lkt_largerawsample.csv.xz"),
    "assist2009 raw sample": _log("assist2009", "raw_sample"),
    "algebra05 sample": _log("algebra05", "raw_sample"),
    "oatutor": _log("oatutor"),
    **{f"simulated, {kind}": _simulated(behaviour=kind) for kind in ("related", "unrelated", "conflict")},
    "simulated schools": _schools,
}


Run = Mapping[str, np.ndarray]
"""What a training left: its AUC and cost, and of each task (2, students) sums of losses and numbers of labels."""


class Split:
    """A data set's stores."""

    def __init__(self, name: str) -> None:
        split = by_student(DATA[name](), fractions=FRACTIONS, seed=0)
        self.vocabulary = Vocabulary.of(split.train.interactions, min_item_answers=2, groups=True)
        parts = (split.train, split.valid, split.test)
        self.train, self.valid, self.test = (self._store(part.interactions, part.scored) for part in parts)

    def _store(self, log: Interactions, scored: np.ndarray) -> SequenceStore:
        return encode(log, self.vocabulary, scored=scored)


def trained(split: Split, path: Path, options: Mapping[str, Any]) -> None:
    """Train one model and keep what it cost each student of the test."""
    began = time.process_time()
    if "tasks" in options:  # those that the log tells of
        untold = DKT(split.vocabulary, {"tasks": options["tasks"]}).untold_tasks(split.train)
        options = {**options, "tasks": tuple(task for task in options["tasks"] if task not in untold)}
    tracer = DKT(split.vocabulary, options)
    history = tracer.fit(split.train, split.valid)
    seconds = time.process_time() - began
    said, scored = tracer.predict_log(split.test).correct.numpy(), split.test.scored.numpy()
    losses = student_losses(tracer, split.test)
    kept = {task: np.stack(losses[task]) for task in tracer.settings.tasks}
    score = auc(said[scored], split.test.correct.numpy()[scored])
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    numbers = {"auc": np.array(score), "seconds": np.array(seconds), "epochs": np.array(len(history.rows)), **kept}
    np.savez(part, **numbers)  # pyright: ignore[reportArgumentType]
    part.replace(path)


def kept(table: str, name: str, configuration: str, seed: int) -> Path:
    """Where a training's numbers are."""
    words = (table, name, configuration)
    return KEPT.joinpath(*("".join(c if c.isalnum() else "-" for c in word) for word in words), f"{seed}.npz")


def compared(table: str, name: str) -> dict[str, Any]:
    """Every configuration that is done against the first."""
    found: dict[str, Any] = {}
    reference: Sequence[Run] = []
    for configuration in TABLES[table]:
        paths = sorted(kept(table, name, configuration, 0).parent.glob("?.npz"))
        if len(paths) < FEWEST_REPEATS or (reference and len(paths) != len(reference)):
            continue
        runs = [dict(np.load(path)) for path in paths]
        reference = reference or runs
        tasks = [task for task in ("correct", "mastery", *BEHAVIOUR) if task in runs[0] and task in reference[0]]
        pairs = {task: _paired(task, runs, reference) for task in tasks}
        correct = transfer({"correct": pairs["correct"]}, level=LEVEL, smallest=0.0).tasks["correct"]
        scores = [float(run["auc"]) for run in runs]
        found[configuration] = {
            "trainings": len(runs),
            "auc": float(np.mean(scores)),
            "auc_deviation": float(np.std(scores, ddof=1)),
            "log_loss": correct.joint,
            "change": correct.change.to_dict(),
            "delta_m": transfer(pairs, level=LEVEL).delta_m.to_dict(),
            "tasks": {
                task: transfer({task: pair}, level=LEVEL, smallest=0.0).tasks[task].to_dict()
                for task, pair in pairs.items()
            },
            "cpu_seconds": round(float(np.mean([run["seconds"] for run in runs])), 1),
            "epochs": float(np.mean([run["epochs"] for run in runs])),
        }
    return found


def _paired(task: str, runs: Sequence[Run], reference: Sequence[Run]) -> PairedLosses:
    joint, other = (np.stack([run[task][0] for run in some]) for some in (runs, reference))
    return PairedLosses(joint, other, runs[0][task][1])


def markdown(found: Mapping[str, Mapping[str, Any]]) -> str:
    """One table's data sets side by side: data set -> configuration -> numbers."""
    first = next(iter(found.values()))
    reference = next(iter(first))
    lines = [f"| model | {' | '.join(found)} |", "| --- " * (1 + len(found)) + "|"]
    scores = [f"{logs[reference]['auc']:.4f}" for logs in found.values()]
    lines.append(f"| {reference}: test AUC | {' | '.join(scores)} |")
    numbers = {"change": "log loss of the next answer"}
    if any(len(one["tasks"]) > 1 for name, one in first.items() if name != reference):
        numbers["delta_m"] = "Delta-m of all tasks"
    for number, what in numbers.items():
        lines.append(f"| *{what}* |{' |' * len(found)}")
        for configuration in [name for name in first if name != reference]:
            cells = [_percent(logs[configuration][number]) if configuration in logs else "" for logs in found.values()]
            lines.append(f"| {configuration} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _percent(change: Mapping[str, float]) -> str:
    """Positive is better; bold where the interval leaves out 0."""
    value, low, high = (f"{100 * change[end]:+.1f}" for end in ("value", "low", "high"))
    told = f"{value} [{low}, {high}]"
    return f"**{told}**" if change["low"] > 0 or change["high"] < 0 else told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=list(TABLES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", nargs="*", default=list(DATA), choices=list(DATA))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(chosen.seeds):
        for log in chosen.data:
            split = None
            for configuration, options in TABLES[chosen.table].items():
                path = kept(chosen.table, log, configuration, seed)
                if not path.is_file():
                    split = split or Split(log)
                    trained(split, path, {**options, "seed": seed})
    tables = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for log in chosen.data:
        tables.setdefault(chosen.table, {})[log] = compared(chosen.table, log)
    print(markdown(tables[chosen.table]))
    RESULTS.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
