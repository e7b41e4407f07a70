"""Measure sharing and balancing where everybody can: `python benchmarks/multitask.py [PART ...] [--seeds N]`.

Nothing is downloaded, one core is enough. Parts, each written to `results/multitask.json` when it is done:

- `toys`: two quadratics at war, whose ends are known, under every balancing;
- `digits`: pairs of overlapping digits, two tasks of ten classes: every sharing, every balancing;
- `tables`: three tables of scikit-learn with two targets, two planted ones: every sharing, three balancings;
- `few`: pairs of digits of which a tenth has a right label: shares of the batches;
- `schools`: one model a school, apart, tied, or one for all;
- `cost`: CPU seconds of a step, in turns with the plain sum's.

`python benchmarks/multitask_tables.py` prints the tables of `multitask.md`.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from multitask_material import TABLES, Material, Schools, digit_pairs, few_labels
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kt_fewshot.encoders import MLP
from kt_fewshot.errors import KTError
from kt_fewshot.metrics import log_loss
from kt_fewshot.multitask import (
    BALANCINGS,
    SHARINGS,
    Binary,
    MultiTask,
    Rows,
    TaskNetwork,
    make_balancing,
    of_its_group,
    one_target_a_group,
)
from kt_fewshot.multitask.conflicts import NAMES, TwoQuadratics, descend

RESULTS = Path(__file__).parent / "results" / "multitask.json"
SLOW: Final = ("fairgrad",)
"""Solves an optimisation of its own at each step, 40 ms for two tasks: on the toys and in `cost` only."""
SOME: Final = ("sum", "uncertainty", "upgrad")
DIGITS: Final[dict[str, Any]] = {"learning_rate": 2e-3, "batch_size": 64, "max_epochs": 60, "patience": 8}
TABLE: Final[dict[str, Any]] = {"learning_rate": 3e-3, "batch_size": 32, "max_epochs": 150, "patience": 15}
SIZES: Final = [300, 200, 30, 30, 30, 30]


def installed() -> list[str]:
    """The balancings that can be made here."""
    found = []
    for name in BALANCINGS:
        try:
            make_balancing(name, ("a", "b"))
        except KTError:
            continue
        found.append(name)
    return found


def toys(_seeds: int) -> dict[str, Any]:
    """Where both losses are in the end, and the point."""
    found: dict[str, Any] = {}
    for name in installed():
        for agree in (False, True):
            toy = TwoQuadratics(agree=agree)
            torch.manual_seed(0)
            after = descend(toy, name)
            found.setdefault(name, {})["agree" if agree else "war"] = after | {"point": toy.point.tolist()}
    return found


def digits(seeds: int) -> list[dict[str, Any]]:
    """Every sharing under some balancings, hard sharing under all."""
    grid = [(sharing, balancing) for sharing in SHARINGS for balancing in SOME]
    grid += [("hard", name) for name in installed() if name not in {*SOME, *SLOW}]
    return [line for seed in range(seeds) for line in compared(digit_pairs(seed), seed, grid, DIGITS)]


def tables(seeds: int) -> list[dict[str, Any]]:
    """Every sharing under some balancings."""
    grid = [(sharing, balancing) for sharing in SHARINGS for balancing in SOME]
    return [
        {"table": name} | line
        for name, make in TABLES.items()
        for seed in range(seeds)
        for line in compared(make(seed), seed, grid, TABLE)
    ]


def compared(material: Material, seed: int, grid: list[tuple[str, str]], how: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target alone, peers, and all targets together in every way of the grid."""
    lines = [{"way": "alone", "seed": seed, "test": alone(material, seed, how)}]
    lines += [{"way": name, "seed": seed, "test": peer(material, seed, *makers)} for name, makers in PEERS.items()]
    for sharing, balancing in grid:
        began = time.process_time()
        found = fitted(material, seed, how | {"sharing": sharing, "balancing": balancing})
        spent = time.process_time() - began
        lines.append({"way": f"{sharing}, {balancing}", "seed": seed, "test": found, "cpu_seconds": round(spent, 2)})
    return lines


def fitted(material: Material, seed: int, how: dict[str, Any]) -> dict[str, Any]:
    """Target -> metric -> value on the test rows."""
    learn, test = material.rows("train", "valid"), material.rows("test")
    model = MultiTask(random_state=seed, **how).fit(learn.X, learn.y, validation=learn.part == "valid")
    return model.evaluate(test.X, test.y)


def alone(material: Material, seed: int, how: dict[str, Any]) -> dict[str, Any]:
    """Each target's single-task twin."""
    return {name: fitted(material.only(name), seed, how)[name] for name in material.y}


PEERS: Final[dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]]] = {
    "scikit-learn MLP": (
        lambda seed: MLPClassifier(hidden_layer_sizes=(64, 64), early_stopping=True, max_iter=300, random_state=seed),
        lambda seed: MLPRegressor(hidden_layer_sizes=(64, 64), early_stopping=True, max_iter=300, random_state=seed),
    ),
    "scikit-learn linear": (lambda _seed: LogisticRegression(max_iter=2000), lambda _seed: Ridge()),
}
"""Name -> classifier and regressor, a model a target; both learn from training and validation rows."""


def peer(material: Material, seed: int, classifier: Callable[[int], Any], regressor: Callable[[int], Any]) -> Any:  # noqa: ANN401
    """As `fitted`, of what scikit-learn has."""
    learn, test = material.rows("train", "valid"), material.rows("test")
    found = {}
    for name, y in learn.y.items():
        truth = test.y[name]
        if np.issubdtype(y.dtype, np.integer):
            model = make_pipeline(StandardScaler(), classifier(seed)).fit(learn.X, y)
            said = model.predict_proba(test.X)
            loss = -np.log(said[np.arange(len(truth)), truth].clip(1e-7)).mean()
            found[name] = {"accuracy": float((said.argmax(1) == truth).mean()), "log_loss": float(loss)}
        else:
            centre, spread = y.mean(), y.std()
            model = make_pipeline(StandardScaler(), regressor(seed)).fit(learn.X, (y - centre) / spread)
            error = model.predict(test.X) * spread + centre - truth
            found[name] = {"rmse": float(np.sqrt((error**2).mean()))}
    return found


def few(seeds: int) -> list[dict[str, Any]]:
    """The right digit alone, and with the left one, its rows more or less often."""
    lines = []
    for seed in range(seeds):
        material = few_labels(seed)
        mine = material.only("right")
        known = ~np.isnan(mine.y["right"])
        mine = Material(mine.X[known], {"right": mine.y["right"][known]}, mine.part[known])
        lines.append({"way": "alone", "seed": seed, "test": fitted(mine, seed, DIGITS)})
        for shares in ("proportional", 2.0, "equal"):
            how = DIGITS | {"shares": shares}
            lines.append({"way": str(shares), "seed": seed, "test": fitted(material, seed, how)})
    return lines


def schools(seeds: int) -> list[dict[str, Any]]:
    """Log-loss on fresh rows of schools with many and with few rows."""
    how: dict[str, Any] = {"encoder_options": {"hidden": 16}, "learning_rate": 5e-3, "max_epochs": 60}
    lines = []
    for seed in range(seeds):
        seen, fresh = Schools.draw(seed, SIZES), Schools.draw(seed, [500] * len(SIZES), fresh=True)
        by_school = one_target_a_group(seen.y, seen.school)
        ways = {f"tie {tie}": {"sharing_options": {"tie": tie}, "tie_heads": True} for tie in (0.0, 0.01, 0.1, 1.0)}
        ways["tie 0.1, heads apart"] = {"sharing_options": {"tie": 0.1}}
        said = {
            name: of_its_group(
                MultiTask(sharing="soft", random_state=seed, **way, **how)
                .fit(seen.X, by_school)
                .predict_proba(fresh.X),
                fresh.school,
            )
            for name, way in ways.items()
        }
        one = MultiTask(random_state=seed, **how)
        said["one model"] = one.fit(seen.X, seen.y).predict_proba(fresh.X)
        hard = MultiTask(random_state=seed, **how).fit(seen.X, by_school)
        said["hard sharing"] = of_its_group(hard.predict_proba(fresh.X), fresh.school)
        few_rows = np.isin(fresh.school, [f"school {k}" for k, size in enumerate(SIZES) if size < 100])
        for name, p in said.items():
            losses = [log_loss(p[side, 1], fresh.y[side]) for side in (few_rows, ~few_rows)]
            lines.append({"way": name, "seed": seed, "few": losses[0], "many": losses[1]})
    return lines


def cost(_seeds: int) -> dict[str, Any]:
    """CPU seconds of a step over those of hard sharing with the plain sum, two tasks; median of turns."""
    found: dict[str, Any] = {"balancing": {}, "sharing": {}}
    for name in installed():
        if name != "sum":
            found["balancing"][name] = in_turns(("hard", "sum"), ("hard", name))
    for name in SHARINGS:
        if name != "hard":
            found["sharing"][name] = in_turns(("hard", "sum"), (name, "sum"))
    return found


def in_turns(one: tuple[str, str], two: tuple[str, str], *, turns: int = 9) -> dict[str, float]:
    """Both ways in turn; milliseconds of a step of the second, and the median ratio."""
    first, second = stepper(*one), stepper(*two)
    seconds = [(first(), second()) for _ in range(turns)][1:]
    ratio = statistics.median(b / a for a, b in seconds)
    return {"ratio": round(ratio, 2), "milliseconds": round(1000 * statistics.median(b for _, b in seconds), 3)}


def stepper(sharing: str, balancing: str, *, steps: int = 20) -> Callable[[], float]:
    """CPU seconds a step over some steps, of batches of 64 rows of 96 columns and towers of two layers of 64."""
    torch.manual_seed(0)
    network = TaskNetwork(lambda: list(MLP((96,)).layers), [Binary(name) for name in NAMES], width=64, sharing=sharing)  # pyright: ignore
    method = make_balancing(balancing, NAMES)
    optimizer = torch.optim.AdamW([*network.parameters(), *method.parameters()], lr=1e-3)
    labels = {name: torch.randint(0, 2, (64,)).float() for name in NAMES}
    rows = Rows(torch.randn(64, 96), labels, {name: torch.ones(64, dtype=torch.bool) for name in NAMES})

    def losses() -> dict[str, torch.Tensor]:
        return {name: loss.total / 64 for name, loss in network.losses(rows).items()}

    def step() -> float:
        began = time.process_time()
        for _ in range(steps):
            optimizer.zero_grad()
            method.backward(losses(), network)
            optimizer.step()
            if (look_again := getattr(method, "look_again", None)) is not None:
                with torch.no_grad():
                    look_again(losses())
        return (time.process_time() - began) / steps

    return step


PARTS: Final[dict[str, Callable[[int], Any]]] = {
    "toys": toys,
    "digits": digits,
    "tables": tables,
    "few": few,
    "schools": schools,
    "cost": cost,
}


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for part in chosen.parts or PARTS:
        began = time.process_time()
        measured = PARTS[part](chosen.seeds)
        spent = round(time.process_time() - began)
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        found[part] = {"cpu_seconds": spent, "seeds": chosen.seeds, "found": measured}
        RESULTS.write_text(json.dumps(found) + "\n")
        print(f"{part}: {spent} CPU seconds", flush=True)


if __name__ == "__main__":
    main()
