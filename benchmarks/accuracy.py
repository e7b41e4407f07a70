"""Measure accuracy on fixed splits: `python benchmarks/accuracy.py NAME ... [--threads N]`, results in `results/`.

Needs the data sets' folder in the environment variable KT_DATA. A configuration is tuned on validation students alone;
its test is read once. Each line of `results/<name>.jsonl` is one fold or seed.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kt_fewshot.recipes.train_dkt import TrainSettings, train_dkt

RESULTS = Path(__file__).parent / "results"
FOLDS = range(5)
SEEDS = range(3)


def runs(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Label and settings of each run of a configuration."""
    data = Path(os.environ["KT_DATA"])
    if name in {"assist2015", "assist2015-plain"}:
        logs = [data / "assist2015/pykt/train_valid.csv.gz", data / "assist2015/pykt/test.csv.gz"]
        model = {"plain": True} if name.endswith("plain") else {}
        for fold in FOLDS:
            log = {"log": logs, "valid_fold": fold}
            yield f"fold {fold}", {"data": log, "model": {"seed": fold, **model}, "protocol": "pykt-window"}
    elif name == "assist2017":
        files = [data / f"assist2017/akt_pid/assist2017_pid_test{fold}.csv.gz" for fold in range(1, 6)]
        for fold in FOLDS:
            yield f"fold {fold + 1}", {"data": {"fold_files": files, "test_fold": fold + 1}, "model": {"seed": fold}}
    elif name in {"assist2009", "statics2011"}:
        folder = data / name / "gervet"
        logs = {"log": [folder / "preprocessed_data_train.tsv.gz"], "test": folder / "preprocessed_data_test.tsv.gz"}
        for seed in SEEDS:
            yield f"seed {seed}", {"data": {**logs, "seed": seed}, "model": {"seed": seed}}
    else:
        raise SystemExit(f"Unknown configuration '{name}'.")


def measure(name: str, threads: int) -> None:
    """Run a configuration and append its results."""
    RESULTS.mkdir(exist_ok=True)
    for label, values in runs(name):
        began, cpu = time.perf_counter(), time.process_time()
        out = Path("runs") / f"accuracy-{name}-{label.replace(' ', '-')}-{os.getpid()}"
        trained = train_dkt(TrainSettings.assemble(None, {**values, "threads": threads}), out=out)
        found = trained.to_dict()
        line = {
            "run": label,
            "test": found["test"],
            "mastery": found.get("mastery"),
            "valid_auc": trained.history.best and trained.history.best.metrics["auc"],
            "epochs": len(trained.history.rows),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            "training_seconds": round(sum(row.seconds for row in trained.history.rows), 1),
            "wall_seconds": round(time.perf_counter() - began, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "threads": threads,
            "date": time.strftime("%Y-%m-%d"),
        }
        with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    for configuration in arguments.names:
        measure(configuration, arguments.threads)
