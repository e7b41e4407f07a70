"""Measure meta-iterations against learn2learn: `python benchmarks/fewshot_speed.py [--rounds N] [--tasks N] [ROW ...]`.

5-way 1-shot tasks with 15 queries a class of 28 x 28 images, conv4 of 64 channels, 32 tasks, 5 inner steps, one thread,
from the same weights on the same images. Two processes a row, one for each side, take turns; told is the median of the
rounds' ratios of CPU seconds, which other work on the machine disturbs less than the time that goes by, and each
process's peak memory. The losses of both sides are compared; in bf16 they agree only about as well as bf16 does.
Written to `results/fewshot_speed.json`.

- `maml`, `fomaml`, `anil`: learn2learn as its examples are written, a task at a time, against ours a task at a time;
- `protonet`, `ridge`: the same method on the whole batch at once in fp32, against ours a task at a time in bf16;
- the suffix `-bf16`: our side in bf16.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.encoders import Conv4
from kt_fewshot.fewshot import Episode, Examples, Method, method_class
from kt_fewshot.training import autocast, keep_freed_memory

RESULTS = Path(__file__).parent / "results" / "fewshot_speed.json"
WAY, QUERIES, STEPS = 5, 15, 5
RATES = {"maml": 0.05, "fomaml": 0.05, "anil": 0.1}
"""Small, so that roundings do not grow from step to step."""
ROWS = ["maml", "maml-bf16", "fomaml", "fomaml-bf16", "anil", "anil-bf16", "protonet-bf16", "ridge-bf16"]
AIMS = {"maml": 1.0, "maml-bf16": 1.3, "anil": 1.3, "anil-bf16": 2.5, "protonet-bf16": 2.0, "ridge-bf16": 2.0}
MEMORY_AIM = 1.1

Iteration = Callable[[], float]
"""One meta-iteration: all tasks forwards and backwards; gives the mean loss of the queries."""


def main() -> None:
    """Measure the rows asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=32)
    parser.add_argument("--side", choices=["theirs", "ours"], help="what the processes of a row are started with")
    chosen = parser.parse_args()
    if chosen.side:
        serve(chosen.rows[0], chosen.side, chosen.tasks)
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for row in chosen.rows or ROWS:
        found[row] = measured(row, chosen.rounds, chosen.tasks)
        print(row, json.dumps(found[row]), flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def measured(row: str, rounds: int, tasks: int) -> dict[str, float | int | bool | None]:
    """Both sides in turn."""
    sides = {side: start(row, side, tasks) for side in ("theirs", "ours")}
    turns = [{side: ask(process) for side, process in sides.items()} for _ in range(rounds)]
    for process in sides.values():
        process.communicate()
    ratio = statistics.median(turn["theirs"]["seconds"] / turn["ours"]["seconds"] for turn in turns)
    memory = {side: turns[-1][side]["megabytes"] for side in sides}
    return {
        "ratio": round(ratio, 2),
        "aim": AIMS.get(row),
        **{f"{side}_seconds": round(statistics.median(turn[side]["seconds"] for turn in turns), 2) for side in sides},
        **{f"{side}_megabytes": memory[side] for side in sides},
        "memory_met": memory["ours"] <= MEMORY_AIM * memory["theirs"],
        "loss": turns[-1]["theirs"]["loss"],
        "loss_difference": turns[-1]["ours"]["loss"] - turns[-1]["theirs"]["loss"],
        "rounds": rounds,
        "tasks": tasks,
    }


def start(row: str, side: str, tasks: int) -> subprocess.Popen:
    """The process of one side, which answers each line with a measurement."""
    command = [sys.executable, __file__, row, "--side", side, "--tasks", str(tasks)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ask(process)  # warm up
    return process


def ask(process: subprocess.Popen) -> dict[str, float]:
    """One meta-iteration."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def serve(row: str, side: str, tasks: int) -> None:
    """What the processes do."""
    torch.set_num_threads(1)
    name, _, precision = row.partition("-")
    torch.manual_seed(0)
    episode = episode_of(tasks)
    encoder, head = Conv4((1, 28, 28)), nn.Linear(64, WAY)
    if side == "ours":
        keep_freed_memory()  # as the trainer does
        iteration = ours(name, encoder, head, episode, chunks=tasks, bf16=precision == "bf16")
    elif name in RATES:
        iteration = theirs(name, encoder, head, episode)
    else:
        iteration = ours(name, encoder, head, episode, chunks=1, bf16=False)
    for _ in sys.stdin:
        began = time.process_time()
        loss = iteration()
        seconds = time.process_time() - began
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"seconds": seconds, "loss": loss, "megabytes": megabytes}), flush=True)


def episode_of(tasks: int) -> Episode:
    """Images of noise around a mean for each class."""
    means = torch.rand(tasks, WAY, 1, 28, 28)
    task = torch.arange(tasks)[:, None]

    def examples(shot: int) -> Examples:
        y = torch.arange(WAY).repeat_interleave(shot).expand(tasks, -1)
        return Examples(means[task, y] + 0.5 * torch.randn(*y.shape, 1, 28, 28), y)

    return Episode(examples(1), examples(QUERIES), WAY)


def ours(name: str, encoder: Conv4, head: nn.Linear, episode: Episode, *, chunks: int, bf16: bool) -> Iteration:
    """As the trainer does it."""
    options = {"inner_steps": STEPS, "inner_rate": RATES[name], "ways": WAY} if name in RATES else {}
    method: Method = method_class(name)(encoder, options)
    if name in RATES:
        method.head.load_state_dict(head.state_dict())  # pyright: ignore[reportAttributeAccessIssue, reportCallIssue]

    def iteration() -> float:
        method.zero_grad()
        total = 0.0
        for chunk in episode.chunks(chunks):
            with autocast("bf16" if bf16 else "fp32", episode.query.x.device):
                loss = method.losses(chunk)["query"].total / episode.query.y.numel()
            loss.backward()
            total += loss.item()
        return total

    return iteration


def theirs(name: str, encoder: Conv4, head: nn.Linear, episode: Episode) -> Iteration:
    """learn2learn, as its examples are written: torch's own layers, in torch's own layout."""
    from kt_fewshot.fewshot.learn2learn_bridge import learn2learn

    body = plain(encoder)
    adapted = head if name == "anil" else nn.Sequential(body, head)
    shared = body if name == "anil" else nn.Identity()
    algorithm = learn2learn().algorithms.MAML(adapted, lr=RATES[name], first_order=name == "fomaml")

    def error(predicted: Tensor, y: Tensor) -> Tensor:
        return functional.cross_entropy(predicted, y)

    def iteration() -> float:
        algorithm.zero_grad()
        shared.zero_grad()
        total = 0.0
        for task in episode.chunks(len(episode)):
            clone = algorithm.clone()
            support, query = shared(task.support.x[0]), shared(task.query.x[0])
            for _ in range(STEPS):
                clone.adapt(error(clone(support), task.support.y[0]))
            loss = error(clone(query), task.query.y[0]) / len(episode)
            loss.backward()
            total += loss.item()
        return total

    return iteration


def plain(encoder: Conv4) -> nn.Sequential:
    """The same network with the same weights, as one would write it down."""
    layers: list[nn.Module] = []
    for channels in (1, 64, 64, 64):
        block = [nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]
        layers.append(nn.Sequential(*block))
    network = nn.Sequential(*layers, nn.Flatten())
    for mine, given in zip(network.parameters(), encoder.parameters(), strict=True):
        mine.data = given.data.clone(memory_format=torch.contiguous_format)
    return network


if __name__ == "__main__":
    main()
