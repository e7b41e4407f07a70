"""Train to early stop and count the CPU seconds: `python benchmarks/speed_training.py [--folds N] [--together]`.

The paper's model on pyKT's split of ASSIST2015, one thread, in float32 and in bfloat16: CPU seconds of reading,
training and testing, and the test's AUC. With `--together`, two folds of two epochs, first one after the other, then
side by side as two processes: what the second core is worth. Needs the data sets' folder in `KT_DATA`. Written to
`results/speed_training.json`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

RESULTS = Path(__file__).parent / "results" / "speed_training.json"
SECONDS_AIM: Final = 150
TOGETHER_AIM: Final = 1.3
PRECISIONS: Final = ("fp32", "bf16")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=1)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--one", help="fold, precision and epochs of the one training that this process does")
    chosen = parser.parse_args()
    if chosen.one:
        fold, precision, epochs = chosen.one.split(",")
        print(json.dumps(trained(int(fold), precision, int(epochs))))
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if chosen.together:
        found["together"] = together()
        print(json.dumps(found["together"]))
    for fold in range(0 if chosen.together else chosen.folds):
        for precision in PRECISIONS:
            found[f"fold {fold} {precision}"] = wait(begin(fold, precision, epochs=40)) | {"aim": SECONDS_AIM}
            print(fold, precision, json.dumps(found[f"fold {fold} {precision}"]), flush=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def trained(fold: int, precision: str, epochs: int) -> dict[str, Any]:
    """One training in this process."""
    import torch
    from speed_data import PLAIN, log_settings

    from kt_fewshot.metrics import auc
    from kt_fewshot.recipes.study import Study
    from kt_fewshot.recipes.train_dkt import TrainSettings
    from kt_fewshot.tracing import DKT

    torch.set_num_threads(1)
    began, wall = time.process_time(), time.perf_counter()
    settings = TrainSettings.assemble(None, {"data": log_settings("assist2015", fold)})
    study = Study.of(settings.data.load(), min_item_answers=settings.min_item_answers)
    read = time.process_time()
    tracer = DKT(study.vocabulary, {**PLAIN, "seed": fold, "precision": precision, "epochs": epochs})
    history = tracer.fit(study.train, study.valid)
    fitted = time.process_time()
    scored = (study.test.scored & (study.test.position() > 0)).numpy()  # as pyKT has it
    p = tracer.predict_log(study.test).correct.numpy()
    return {
        "auc": auc(p[scored], study.test.correct.numpy()[scored]),
        "epochs": len(history.rows),
        "cpu_seconds": round(time.process_time() - began, 1),
        "reading": round(read - began, 1),
        "training": round(fitted - read, 1),
        "wall_seconds": round(time.perf_counter() - wall, 1),
    }


def together() -> dict[str, Any]:
    """Two folds after each other and side by side."""
    alone = [wait(begin(fold, "fp32", epochs=2)) for fold in (0, 1)]
    sides = [begin(fold, "fp32", epochs=2) for fold in (0, 1)]
    both = [wait(side) for side in sides]
    ratios = {
        what: round(max(run[what] for run in both) / max(run[what] for run in alone), 2)
        for what in ("cpu_seconds", "wall_seconds")
    }
    return {**ratios, "aim": TOGETHER_AIM, "load": round(os.getloadavg()[0], 1)}


def begin(fold: int, precision: str, *, epochs: int) -> subprocess.Popen:
    """Start a training in a process of its own."""
    command = [sys.executable, __file__, "--one", f"{fold},{precision},{epochs}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait(process: subprocess.Popen) -> dict[str, Any]:
    """What a training tells in the end."""
    out, _ = process.communicate()
    return json.loads(out)


if __name__ == "__main__":
    main()
