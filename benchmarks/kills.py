"""Kill trainings with `kill -9` at random moments: `python benchmarks/kills.py [--kills 30] [--seed 0]`.

One training runs undisturbed. Then the same training is started again and again, killed and resumed, at moments that
are uniform over its life: while it begins, between and within saves, in evaluation. After every kill the checkpoint
has to load, or there is none yet; and whatever training comes to its end has to end with the very same weights. The
result goes to `results/kills.json`.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kt_fewshot.commands import main
from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import RunFolder, load_checkpoint

RESULT = Path(__file__).parent / "results" / "kills.json"
MODEL = ("hidden=8", "embedding=4", "head_hidden=8", "rows=4", "time=50", "patience=6", "checkpoint_seconds=0")
OPTIONS = ("--students", 30, "--epochs", 6, "--threads", 1, *(part for value in MODEL for part in ("--set", value)))
TRAIN = ("dkt", "train", *OPTIONS, "--out", "run")
RESUME = ("dkt", "train", "--resume", "run")


def measure(kills: int, seed: int) -> dict[str, Any]:
    """Kill so many trainings; what became of them."""
    moments, found, life = random.Random(seed), Counter[str](), 0.0
    for _ in range(2):  # the first one also starts the server of processes
        shutil.rmtree("run", ignore_errors=True)
        began = time.monotonic()
        start(TRAIN).join()
        life = time.monotonic() - began
    wanted = weights()
    fresh = True
    while found["kills"] < kills or not fresh:
        if fresh:
            shutil.rmtree("run")
        child = start(TRAIN if fresh else RESUME)
        child.join(moments.uniform(0.0, life) if found["kills"] < kills else None)
        if child.is_alive():
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            found["kills"] += 1
            found[phase()] += 1
            fresh = not RunFolder(Path("run")).has("config")
        else:
            found["ended"] += 1
            found["ended with the same weights"] += child.exitcode == 0 and weights() == wanted
            fresh = True
    return {"seed": seed, "seconds of an undisturbed training": round(life, 2), **found}


def start(arguments: tuple[object, ...]) -> BaseProcess:
    """A command in a process of its own, in this folder."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch._dynamo", "polars", "safetensors.torch"])
    child = context.Process(target=run_command, args=(Path.cwd(), arguments))
    child.start()
    return child


def run_command(folder: Path, arguments: tuple[object, ...]) -> None:
    """What the process does."""
    os.chdir(folder)
    sys.stdout = sys.stderr = Path("log.txt").open("a", encoding="utf-8")  # noqa: SIM115 (to the process's end)
    main([str(argument) for argument in arguments])


def weights() -> str:
    """SHA-256 of the trained model's tensors, after checking the file against it."""
    tensors, _ = load_checkpoint(Path("run/model"), kind="tracer")
    return hashlib.sha256(b"".join(tensors[name].numpy().tobytes() for name in sorted(tensors))).hexdigest()


def phase() -> str:
    """Where a kill struck, by what is there: a checkpoint that does not load would be told as unreadable."""
    run = RunFolder(Path("run"))
    if run.has("model"):
        return "killed after the model was saved"
    if not run.has("checkpoint"):
        return "killed before the first checkpoint"
    try:
        load_checkpoint(run.checkpoint, kind="training-state")
    except CheckpointError:
        return "unreadable checkpoints"
    return "killed with a checkpoint, which loads"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    wishes = parser.parse_args()
    result = RESULT.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        line = measure(wishes.kills, wishes.seed) | {"date": time.strftime("%Y-%m-%d")}
        os.chdir(result.parent.parent)
    result.parent.mkdir(exist_ok=True)
    result.write_text(json.dumps(line, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(line, indent=2))
