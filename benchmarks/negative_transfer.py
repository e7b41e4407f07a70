"""Is negative transfer seen where it was planted, and only there? `python benchmarks/negative_transfer.py`.

Simulated students, forty logs of each kind. In the one, response time and attempts are in conflict: each asks for a
memory of its own, and the model has little. In the other they tell of mastery, as the answers do; that model learns
them too, and one with room for all. Each line of `results/negative_transfer.jsonl` is one log; what is there is not
done again. Model, rule and level were chosen on logs of the seeds 1000 to 1031 and 2000 to 2004; the seeds here are 0
to 39.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from kt_fewshot.data import Vocabulary, by_student, encode, simulate
from kt_fewshot.evaluation import USUAL_REPEATS, PairedLosses, transfer
from kt_fewshot.recipes.student_losses import student_losses
from kt_fewshot.tracing import DKT

RESULTS: Final = Path(__file__).parent / "results" / "negative_transfer.jsonl"

TASKS: Final = ("correct", "response_time", "attempts")

MODEL: Final = {
    "embedding": 4,
    "head_hidden": 8,
    "time": 40,
    "learning_rate": 0.02,
    "average_decay": 0.99,
    "patience": 40,
}
"""Every training runs to its end, and its best epoch counts: with 6 students to validate on, one that stops early may
stop before it has learned anything."""

SMALL: Final = {"hidden": 2, "weights": {"attempts": 10.0}}
"""Room for two numbers, and one task weighs more than all others."""

KINDS: Final[dict[str, dict[str, Any]]] = {
    "conflict": {"behaviour": "conflict", "students": 60, "answers": 40, "model": SMALL | {"rows": 8, "epochs": 40}},
    "related": {"behaviour": "related", "students": 1000, "answers": 30, "model": SMALL | {"rows": 16, "epochs": 6}},
    "related, with room": {
        **{"behaviour": "related", "students": 1000, "answers": 30},
        "model": {"hidden": 16, "weights": {}, "rows": 16, "epochs": 6},
    },
}
"""About 240 steps of training, or 200."""


def one_log(kind: str, seed: int) -> dict[str, Any]:
    """Train and compare on one log."""
    plan, began = KINDS[kind], time.process_time()
    sizes = {"n_students": plan["students"], "n_answers": plan["answers"], "equal_lengths": True}
    split = by_student(simulate("bkt", behaviour=plan["behaviour"], seed=seed, **sizes).interactions, seed=seed)
    vocabulary = Vocabulary.of(split.train.interactions, min_item_answers=2)
    train, valid, test = (
        encode(part.interactions, vocabulary, scored=part.scored) for part in (split.train, split.valid, split.test)
    )

    def losses(repeat: int, **options: Any) -> dict[str, Any]:
        tracer = DKT(vocabulary, {**MODEL, **plan["model"], **options, "seed": 100 * seed + repeat})
        tracer.fit(train, valid)
        return student_losses(tracer, test)

    joint = [losses(repeat, tasks=TASKS) for repeat in range(USUAL_REPEATS)]
    pairs = {}
    for task in TASKS:
        alone = [losses(repeat, tasks=(task,), weights={}) for repeat in range(USUAL_REPEATS)]
        together, apart = (np.stack([one[task].total for one in some]) for some in (joint, alone))
        pairs[task] = PairedLosses(together, apart, joint[0][task].labels)
    found = transfer(pairs).to_json_dict()
    return {"kind": kind, "seed": seed, "cpu_seconds": round(time.process_time() - began, 1), **found}


def done() -> list[dict[str, Any]]:
    """The lines that are there."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.is_file() else []


def summary() -> str:
    """How many logs had a task that is hurt, or helped."""
    lines = [
        "| students | logs | any task hurt | correct | response time | attempts | any helped |",
        "| --- " * 7 + "|",
    ]
    for kind, plan in KINDS.items():
        logs = [[task["verdict"] for task in line["tasks"].values()] for line in done() if line["kind"] == kind]
        hurt = np.array([[verdict == "hurts" for verdict in log] for log in logs]).reshape(-1, len(TASKS))
        helped = sum("helps" in log for log in logs)
        cells = (f"{kind}, {plan['students']:,}", len(logs), hurt.any(1).sum(), *hurt.sum(0), helped)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    there = {(line["kind"], line["seed"]) for line in done()}
    for number in range(chosen.seeds):
        for name in chosen.kinds:
            if (name, number) not in there:
                line = json.dumps(one_log(name, number))
                with RESULTS.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
    print(summary())
