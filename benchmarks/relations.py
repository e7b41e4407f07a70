"""Measure whether planted relations are found: `python benchmarks/relations.py [NAME ...]`.

Ten planted families of six tasks on common inputs, 1,000 rows each, seeds 0 to 9, whose relatedness is known; and ten
of four tasks of which one is a stranger. They were fixed before what is measured here was written
(`multitask/planted.py`). Networks are small: two layers of 32 units. The last result is `results/relations.json`.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from _families import FamilyNet, FamilyRows, FamilyTowers, rank_correlation

from kt_fewshot.multitask import (
    Relations,
    TaskFamily,
    Watched,
    gradient_cosine,
    lookahead_affinity,
    planted_family,
    planted_stranger,
)
from kt_fewshot.training import Trainer, TrainerOptions

RESULTS = Path(__file__).parent / "results" / "relations.json"
SEEDS = range(10)
KINDS = ("gradient cosine", "lookahead affinity")

Found = dict[str, list[float]]


def fit(model: Any, family: TaskFamily, *, epochs: int) -> Any:  # noqa: ANN401
    """Train, and give the model back."""
    options = TrainerOptions(epochs=epochs, learning_rate=3e-3, clip_norm=None, patience=None)
    Trainer(options, loss_scale=64).fit(model, FamilyRows(family))
    return model


def on_the_way(*, trainings: int, one_head: bool = False, epochs: int = 5) -> Found:
    """Relations read every 4 steps of training."""
    found: Found = {kind: [] for kind in KINDS}
    for seed in SEEDS:
        family = planted_family(seed)
        planted = family.cosine if one_head else family.overlap
        seen = [
            fit(
                Watched(FamilyNet(family, seed=100 * seed + k, one_head=one_head), family.tasks, every=4),
                family,
                epochs=epochs,
            )
            for k in range(trainings)
        ]
        cosines, affinities = [one.cosine for one in seen], [one.affinity for one in seen]
        for kind, several in zip(KINDS, (cosines, affinities), strict=True):
            found[kind].append(rank_correlation(Relations.mean(several), planted))
    return found


def at_the_end() -> Found:
    """Relations read on all batches after a long training."""
    found: Found = {kind: [] for kind in KINDS}
    for seed in SEEDS:
        family = planted_family(seed)
        model = fit(FamilyNet(family, seed=seed), family, epochs=40)
        for kind, ask in zip(KINDS, (gradient_cosine, lookahead_affinity), strict=True):
            relations = ask(model, FamilyRows(family).epoch(0), family.tasks)
            found[kind].append(rank_correlation(relations, family.overlap))
    return found


def stitches(*, alike: bool, epochs: int = 5) -> Found:
    """What cross-stitches learn, against the correlation of the tasks."""
    found = []
    for seed in SEEDS:
        family = planted_family(seed)
        model = fit(FamilyTowers(family, "cross-stitch", seed=seed, alike=alike), family, epochs=epochs)
        found.append(rank_correlation(learned(model), family.cosine))
    return {"cross-stitch": found}


def stranger(*, own: float, alike: bool = True) -> Found:
    """Attention of three related tasks, to the stranger and to each other."""
    found: Found = {"to the stranger": [], "to a related task": []}
    for seed in SEEDS:
        family = planted_stranger(seed)
        model = FamilyTowers(family, "attention", seed=seed, alike=alike)
        with torch.no_grad():
            model.sharing.preference *= own
        weights = learned(fit(model, family, epochs=20)).matrix
        found["to the stranger"].append(float(weights[:3, 3].mean()))
        found["to a related task"].append(float(weights[:3, :3][~np.eye(3, dtype=bool)].mean()))
    return found


def learned(model: FamilyTowers) -> Relations:
    """The weights of the sharing."""
    return Relations(model.tasks, model.sharing.mixing().double().numpy(), "mixing", model.sharing.tower_names())


MEASURED: dict[str, Callable[[], Found]] = {
    "own heads, 1 training": lambda: on_the_way(trainings=1),
    "own heads, 3 trainings": lambda: on_the_way(trainings=3),
    "own heads, 5 trainings": lambda: on_the_way(trainings=5),
    "own heads, 1 training of 20 epochs": lambda: on_the_way(trainings=1, epochs=20),
    "own heads, read at the end": at_the_end,
    "one head for all, 1 training": lambda: on_the_way(trainings=1, one_head=True),
    "stitches, towers and heads alike": lambda: stitches(alike=True),
    "stitches, towers and heads apart": lambda: stitches(alike=False),
    "attention, own preferred at the start": lambda: stranger(own=1.0),
    "attention, none preferred, towers alike": lambda: stranger(own=0.0),
    "attention, none preferred, towers apart": lambda: stranger(own=0.0, alike=False),
}


def main(names: list[str]) -> None:
    """Measure what is named, or everything; keep the rest of the last result."""
    torch.set_num_threads(1)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names or MEASURED:
        began = time.process_time()
        found = MEASURED[name]()
        spent = time.process_time() - began
        kept[name] = {
            what: {"mean": np.mean(values), "lowest": min(values), "highest": max(values)}
            for what, values in found.items()
        }
        told = ", ".join(
            f"{what} {row['mean']:.3f} ({row['lowest']:.3f} to {row['highest']:.3f})"
            for what, row in kept[name].items()
        )
        print(f"{name}: {told} [{spent:.0f} CPU s]", flush=True)
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
