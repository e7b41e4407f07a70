"""Measure one more answer of students who are here now: `python benchmarks/streaming.py [--rounds N]`.

Simulated students (100 skills, 2,000 items, skill sets and behaviour) answer one question after the other, 1, 256 or
4,096 of them at a time, and a deep tracer with drawn weights, the default model or the paper's, follows them through
the contract of tracers: `predict`, `update`, and `mastery` of all skills. Told is CPU time on one thread, of each call,
and of a step: predict and update. What was said step by step is compared with what `predict_log` says of the whole log.
Written to `results/streaming.json`; `--table` writes it as `streaming.md`.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch

from kt_fewshot.data import Answer, Question, SequenceStore, SkillSets, Vocabulary, encode, simulate
from kt_fewshot.tracing import DKT

DESCRIPTION: Final = "Measure one more answer of students who are here now."
HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results" / "streaming.json"
MODELS: Final[Mapping[str, Mapping[str, Any]]] = {"default": {}, "plain": {"plain": True}}
STEPS: Final = {1: 100, 256: 20, 4096: 5}
"""Steps a round for each number of students."""
CALLS: Final = ("predict", "update", "mastery")
MICROSECONDS_AIM, A_SECOND_AIM, EQUAL = 300, 200_000, 1e-5


def main() -> None:
    """Measure every model and every number of students."""
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--table", action="store_true", help="only write the table")
    told = parser.parse_args()
    if not told.table:
        torch.set_num_threads(1)
        found = [
            {"model": model, "students": students, "date": time.strftime("%Y-%m-%d"), **measured(model, students, told)}
            for model in MODELS
            for students in STEPS
        ]
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    (HERE / "streaming.md").write_text(table(json.loads(RESULTS.read_text())))


def measured(model: str, students: int, told: argparse.Namespace) -> dict[str, Any]:
    """CPU microseconds a call, the least of the rounds, after one that warms up and compares."""
    store, vocabulary = students_of(students, STEPS[students])
    tracer = drawn(DKT(vocabulary, MODELS[model]))
    difference = compared(tracer, store)
    assert difference < EQUAL, f"stepped and vectorised differ by {difference}"
    rounds = [timed(tracer, store) for _ in range(told.rounds)]
    cost = {call: round(min(took[call] for took in rounds), 1) for call in CALLS}
    step = min(took["predict"] + took["update"] for took in rounds)
    found = {**cost, "step": round(step, 1), "steps_a_second": round(1e6 * students / step)}
    found |= {"difference": difference, "rounds": told.rounds, "load": round(os.getloadavg()[0])}
    print(model, students, json.dumps(found), flush=True)
    return found


def students_of(students: int, steps: int) -> tuple[SequenceStore, Vocabulary]:
    """Histories of equal lengths."""
    log = simulate(
        "bkt",
        n_students=students,
        n_answers=steps,
        n_skills=100,
        items_per_skill=20,
        multi_skill=0.1,
        equal_lengths=True,
    ).interactions
    vocabulary = Vocabulary.of(log, min_item_answers=1)
    return encode(log, vocabulary), vocabulary


@torch.no_grad()
def drawn(tracer: DKT) -> DKT:
    """The tracer with weights none of which is 0."""
    torch.manual_seed(0)
    for weight in tracer.parameters():
        weight.add_(0.05 * torch.randn_like(weight))
    return tracer


def steps_of(store: SequenceStore) -> Iterator[tuple[torch.Tensor, Question, Answer]]:
    """The k-th answers of all students, and where they are in the store."""
    for place in range(int(store.lengths[0])):
        at = store.starts[:-1] + place
        sets = SkillSets(store.sets.members[store.skill_set[at].long()])
        question = Question(sets, store.item[at].long(), store.time[at])
        yield at, question, Answer(store.correct[at], store.behaviour[at])


def compared(tracer: DKT, store: SequenceStore) -> float:
    """The largest difference between what is said step by step and of the whole log."""
    whole, final = tracer.predict_log(store), tracer.mastery(tracer.final_state(store))
    state, differences = tracer.start(store.n_students), []
    for at, question, answer in steps_of(store):
        said = tracer.predict(state, question)
        differences += [(said.correct - whole.correct[at]).abs().max(), (said.mastery - whole.mastery[at]).abs().max()]
        state = tracer.update(state, question, answer)
    differences += [(one - other).abs().max() for one, other in zip(tracer.mastery(state), final, strict=True)]
    return float(torch.stack(differences).max())


def timed(tracer: DKT, store: SequenceStore) -> dict[str, float]:
    """CPU microseconds of each call, the mean over the steps."""
    state, seconds = tracer.start(store.n_students), dict.fromkeys(CALLS, 0.0)
    steps = list(steps_of(store))
    for _, question, answer in steps:
        began = time.process_time()
        tracer.predict(state, question)
        predicted = time.process_time()
        state = tracer.update(state, question, answer)
        updated = time.process_time()
        tracer.mastery(state)
        ended = time.process_time()
        seconds["predict"] += predicted - began
        seconds["update"] += updated - predicted
        seconds["mastery"] += ended - updated
    return {call: 1e6 * spent / len(steps) for call, spent in seconds.items()}


def table(found: list[dict[str, Any]]) -> str:
    """The document."""
    rows = [
        f"| {row['model']} | {row['students']:,} | {row['predict']:,.0f} | {row['update']:,.0f} | {row['step']:,.0f} | "
        f"{row['steps_a_second']:,} | {row['mastery']:,.0f} |"
        for row in found
    ]
    ours = [row for row in found if row["model"] == "default"]
    one = "met" if ours[0]["step"] < MICROSECONDS_AIM else "missed"
    many = "met" if max(row["steps_a_second"] for row in ours) > A_SECOND_AIM else "missed"
    verdict = f"Default model: the aim for one student is {one}, that for many is {many}."
    return "\n".join([*HEAD.format(cores=os.cpu_count(), **found[0]).splitlines(), *rows, "", verdict, ""])


HEAD: Final = f"""# One more answer of students who are here now

`python benchmarks/streaming.py`, {{date}}, one thread of a shared CPU with AVX-512. Deep tracer, float32, 100 skills,
10 % of the answers on two of them. CPU microseconds a call for so many students at once, in that of {{rounds}} rounds
which other work disturbed least; a step is predict and update; mastery is that of all skills. What is said step by step
equals what is said of the whole log ({EQUAL:g}, checked by the script). Wanted: a step below {MICROSECONDS_AIM}
microseconds for one student, and above {A_SECOND_AIM:,} student-steps a second for many. Load of the machine, of
{{cores}} cores: {{load}}. Raw: `results/streaming.json`.

| model | students | predict | update | step | student-steps a second | mastery |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


if __name__ == "__main__":
    main()
