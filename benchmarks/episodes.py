"""Measure the drawing of few-shot tasks: `python benchmarks/episodes.py [--device cuda] [--tasks N]`.

Data of Omniglot's size (4,112 classes of 20 items, 28x28) stay in memory; a task is drawn, and its images are gathered
as floats, ready for an encoder. Milliseconds a task on one thread (of processor time; on a GPU by the clock), the
median of several rounds that take turns, written to `results/episodes.jsonl`:

- `batch`: our sampler, batches of 32 tasks; `single`: the same, one task at a time;
- `apart`: batches of 32, support and query of different sources, 10 queries;
- `learn2learn`: its `TaskDataset` (NWays, KShots, LoadData, RemapLabels, ConsecutiveLabels) over the same images as a
  tensor of floats, the quickest form it takes, a new task each time, split by its `partition_task`; left out where it
  is not installed.
"""

import argparse
import contextlib
import io
import json
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.data import TensorDataset

from kt_fewshot.data import ClassImages
from kt_fewshot.fewshot import EpisodeSampler

RESULTS = Path(__file__).parent / "results" / "episodes.jsonl"
CLASSES, ITEMS, SIDE = 4112, 20, 28
KINDS = ((5, 1, 15), (5, 5, 15), (20, 1, 15), (20, 5, 15))
"""Ways, shots, queries."""
ROUNDS = 5


def data(device: str) -> ClassImages:
    """As many images as Omniglot's training classes have, of noise; half the items are of a source of their own."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (CLASSES * ITEMS, 1, SIDE, SIDE), dtype=torch.uint8, generator=generator)
    y = torch.arange(len(x)) // ITEMS
    names = tuple(map(str, range(CLASSES)))
    return ClassImages(x, y, names, sources=torch.arange(len(x)) % ITEMS).to(device)


def ours(images: ClassImages, kind: tuple[int, int, int], *, tasks: int, apart: bool) -> Callable[[int], None]:
    """Draws one batch a call."""
    way, shots, queries = kind
    sampler = EpisodeSampler(images, way, shots, n_query=10 if apart else queries, tasks=tasks, apart=apart)
    return lambda index: (sampler.draw(index), None)[1]


def theirs(images: ClassImages, kind: tuple[int, int, int]) -> Callable[[int], None] | None:
    """Draws one of learn2learn's tasks a call; None where it is not installed."""
    l2l = learn2learn()
    if l2l is None:
        return None
    way, shots, queries = kind
    values = images.values(torch.arange(len(images), device=images.x.device))
    source = l2l.data.MetaDataset(TensorDataset(values, images.y))
    transforms = [
        l2l.data.transforms.NWays(source, way),
        l2l.data.transforms.KShots(source, shots + queries),
        l2l.data.transforms.LoadData(source),
        l2l.data.transforms.RemapLabels(source),
        l2l.data.transforms.ConsecutiveLabels(source),
    ]
    tasks = l2l.data.TaskDataset(source, task_transforms=transforms, num_tasks=-1)
    return lambda _: (l2l.data.partition_task(*tasks.sample(), shots=shots), None)[1]


def learn2learn():  # noqa: ANN201 - a module
    """The library, or None. Its torchvision may be of another build than torch, and then lacks two operators."""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            if not hasattr(torch.ops.torchvision, "nms"):
                _OPERATORS.append(torch.library.Library("torchvision", "DEF"))
                for name in ("nms", "qnms"):
                    _OPERATORS[-1].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            import learn2learn as l2l  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    return l2l


_OPERATORS: list[torch.library.Library] = []
"""Operators are forgotten with the library that defines them."""


def milliseconds(draw: Callable[[int], None], *, calls: int, tasks: int, device: str) -> float:
    """Of one task."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    for index in range(calls):
        draw(index)
    if device != "cpu":
        torch.cuda.synchronize()
    return (clock() - start) * 1000 / (calls * tasks)


def benchmark(images: ClassImages, kind: tuple[int, int, int], device: str, n: int) -> dict[str, object]:
    """All ways to draw one kind of task, in turn."""
    ways = {
        "batch": (ours(images, kind, tasks=32, apart=False), 32),
        "single": (ours(images, kind, tasks=1, apart=False), 1),
        "apart": (ours(images, kind, tasks=32, apart=True), 32),
        "learn2learn": (theirs(images, kind), 1),
    }
    found: dict[str, list[float]] = {name: [] for name, (draw, _) in ways.items() if draw}
    for round_ in range(ROUNDS + 1):
        for name, (draw, tasks) in ways.items():
            if draw:
                took = milliseconds(draw, calls=max(1, n // tasks), tasks=tasks, device=device)
                found[name] += [took] if round_ else []  # the first is to warm up
    result: dict[str, object] = {name: round(statistics.median(rounds), 4) for name, rounds in found.items()}
    if "learn2learn" in found:
        ratios = [their / our for their, our in zip(found["learn2learn"], found["batch"], strict=True)]
        result["ratio"] = round(statistics.median(ratios), 1)
    return result


def main() -> None:
    """Measure every kind of task and append a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tasks", type=int, default=320, help="tasks a round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = data(arguments.device)
    name = torch.cuda.get_device_name() if arguments.device != "cpu" else platform.processor() or platform.machine()
    RESULTS.parent.mkdir(exist_ok=True)
    for kind in KINDS:
        way, shots, queries = kind
        line = {"way": way, "shots": shots, "queries": queries, "device": name, "torch": torch.__version__}
        line |= benchmark(images, kind, arguments.device, arguments.tasks)
        print(json.dumps(line), flush=True)
        with RESULTS.open("a") as stream:
            stream.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
