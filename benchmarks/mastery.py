"""Measure how well mastery is recovered: `python benchmarks/mastery.py [NAME ...] [--threads N]`.

Simulated students whose mastery is known: 4,000 to train, 600 to validate, 2,000 to test, 60 answers each, 10 skills,
three seeds. The ceiling is the BKT recursion with the true parameters, which knows the answers only; the default log
also tells response times and hints. Each line of `results/mastery.jsonl` is one seed.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import Interactions, SimulatedStudents, Vocabulary, encode, simulate
from kt_fewshot.recipes.evaluate_tracer import evaluate_tracer
from kt_fewshot.tracing import Tracer, tracer_class

RESULTS = Path(__file__).parent / "results" / "mastery.jsonl"
TRAIN, VALID, TEST = 4000, 600, 2000

STUDENTS: dict[str, dict[str, Any]] = {
    "bkt": {"simulator": "bkt"},
    "bkt, answers only": {"simulator": "bkt"},
    "irt": {"simulator": "irt"},
    "dash": {"simulator": "dash"},
    "bkt, students learn at their own rates": {"simulator": "bkt", "student_spread": 1.0},
    "bkt, 30 % two-skill answers": {"simulator": "bkt", "multi_skill": 0.3},
}


def answers_only(log: Interactions) -> Interactions:
    """The log without behaviour."""
    names = ("response_time", "hints", "attempts")
    return Interactions(log.table.with_columns(pl.lit(None).cast(log.table[name].dtype).alias(name) for name in names))


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train and test on one draw of students."""
    options = dict(STUDENTS[name])
    everyone = simulate(
        options.pop("simulator"), n_students=TRAIN + VALID + TEST, n_skills=10, seed=seed, equal_lengths=True, **options
    )
    students = everyone.interactions.table["student"].unique(maintain_order=True).to_list()
    log = answers_only(everyone.interactions) if "answers only" in name else everyone.interactions
    train, valid, test = (
        log.of_students(part) for part in (students[:TRAIN], students[TRAIN : TRAIN + VALID], students[TRAIN + VALID :])
    )
    began = time.process_time()
    vocabulary = Vocabulary.of(train, min_item_answers=2)
    tracer = tracer_class("dkt")(vocabulary, {"seed": seed})
    history = tracer.fit(encode(train, vocabulary), encode(valid, vocabulary))
    spent = time.process_time() - began
    results = evaluate_tracer(
        tracer, test, encode(test, vocabulary), simulated=everyone.of_students(test.table["student"].unique())
    )
    return {
        "students": name,
        "seed": seed,
        "epochs": len(history.rows),
        "cpu_seconds": round(spent, 1),
        "parameters": _parameters(tracer, everyone),
        **results.to_json_dict(),
    }


def _parameters(tracer: Tracer, everyone: SimulatedStudents) -> dict[str, float]:
    """Mean absolute error of guess, slip and learning rate."""
    if everyone.simulator != "bkt":
        return {}
    index = tracer.vocabulary.skill_index()
    rows = [index[skill] for skill in everyone.skill_names]
    emission = tracer.emission()
    if emission is None:
        return {}
    return {
        name: float(np.abs(getattr(emission, name).numpy()[rows] - everyone.parameters[name]).mean())
        for name in ("guess", "slip", "learn")
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(STUDENTS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    RESULTS.parent.mkdir(exist_ok=True)
    for group in arguments.names:
        for number in range(arguments.seeds):
            line = measure(group, number) | {"date": time.strftime("%Y-%m-%d")}
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
