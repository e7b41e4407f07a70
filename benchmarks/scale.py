"""Measure cost as work grows: `python benchmarks/scale.py [SIZE ...] [--steps N] [--folder FOLDER] [--draw]`.

For each size (1e4, 1e5, 1e6 and 1e7 answers unless named otherwise; about 100 a student, 50 skills, 500 items) the
toolkit's simulator writes a log in buckets of Parquet, and three processes follow one another, imports included:

- `read`: the log in buckets becomes the stores of training, validation and test, on disk;
- `train`: the default deep tracer, one epoch over the training store (70 % of the answers) mapped from disk, timed from
  its first step to its last; then validation and calibration. With --steps only so many batches of the epoch, which is
  enough to see the memory of a store of any size: it is looked up at random from the first batch on;
- `predict`: every answer of the test store (20 %).

Seconds are the processor's, on one thread. Memory is told twice: `own`, the peak of what the process holds itself, and
`mapped`, the most of the store's files that happened to be mapped besides; the system takes those pages back whenever
somebody else needs the room. Written to `results/scale.json`; --draw makes `scale.svg` of it.
"""

import argparse
import json
import math
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import torch

from kt_fewshot.data import PackedRows, SequenceStore, simulate, write_buckets
from kt_fewshot.recipes import TrainSettings
from kt_fewshot.recipes.study import Study
from kt_fewshot.reports import Picture
from kt_fewshot.reports.drawing import Axis, Drawing
from kt_fewshot.training import Silence

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "scale.json"
PIECE = 1_000_000
SETTINGS = {"epochs": 1}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=float, default=[1e4, 1e5, 1e6, 1e7], metavar="SIZE")
    parser.add_argument("--steps", type=int, help="batches of the epoch; all by default")
    parser.add_argument("--folder", type=Path, help="where logs and stores are kept; a temporary one by default")
    parser.add_argument("--draw", action="store_true", help="only draw what was measured")
    parser.add_argument("--stage", choices=list(STAGES), help="what the processes are started with")
    told = parser.parse_args()
    if told.stage:
        STAGES[told.stage](told.folder, int(told.sizes[0]), told.steps)
    elif told.draw:
        draw()
    else:
        for size in told.sizes:
            keep(measured(int(size), told.steps, told.folder))


def measured(size: int, steps: int | None, folder: Path | None) -> dict[str, Any]:
    """All stages on a log of about so many answers."""
    with tempfile.TemporaryDirectory() as temporary:
        place = (folder or Path(temporary)) / str(size)
        place.mkdir(parents=True, exist_ok=True)
        found = {name: stage(name, size, steps, place) for name in STAGES}
    row = {"answers": found["make"]["answers"], "steps": steps, "date": time.strftime("%Y-%m-%d"), **found}
    print(json.dumps(row), flush=True)
    return row


def stage(name: str, size: int, steps: int | None, place: Path) -> dict[str, Any]:
    """One stage in a process of its own."""
    command = [sys.executable, __file__, str(size), "--stage", name, "--folder", str(place)]
    command += ["--steps", str(steps)] if steps else []
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def make(place: Path, size: int, _: int | None) -> None:
    """Simulate, a million answers at a time, and write buckets; a log that is there already is kept."""
    log = place / "log"
    buckets = min(max(size // 250_000, 1), 256)
    with memory() as used:
        if not log.exists():
            for number, first in enumerate(range(0, size, PIECE)):
                table = _piece(number, min(PIECE, size - first))
                write_buckets(place / "piece", table, buckets)
                for bucket in range(buckets):
                    home = place / "unfinished" / f"bucket={bucket}"
                    home.mkdir(parents=True, exist_ok=True)
                    part = place / "piece" / f"bucket={bucket}" / "part.parquet"
                    part.rename(home / f"part-{number:05}.parquet")
                shutil.rmtree(place / "piece")
            (place / "unfinished").rename(log)
    answers = pl.scan_parquet(f"{log}/*/*.parquet", hive_partitioning=False).select(pl.len()).collect().item()
    tell({"answers": answers, "buckets": buckets, "gigabytes": gigabytes(log), **used()})


def _piece(number: int, answers: int) -> pl.DataFrame:
    table = simulate("bkt", n_students=answers // 100, n_answers=100, n_skills=50, seed=number).interactions.table
    return table.with_columns(student=pl.format("{}-{}", pl.lit(number), "student"))


def read(place: Path, _size: int, _steps: int | None) -> None:
    """The log as stores on disk."""
    torch.set_num_threads(1)
    shutil.rmtree(place / "stores", ignore_errors=True)
    settings = TrainSettings.assemble(None, {"data": {"log": [place / "log"]}})
    with memory() as used:
        study = Study.of(settings.data.load(in_buckets=True), min_item_answers=2, folder=place / "stores")
    (place / "vocabulary").write_bytes(pickle.dumps(study.vocabulary))
    tell({"gigabytes": gigabytes(place / "stores"), **used()})


def train(place: Path, _size: int, steps: int | None) -> None:
    """An epoch of the default model, or the first steps of one."""
    torch.set_num_threads(1)
    store, valid = (SequenceStore.load(place / "stores" / name) for name in ("train", "valid"))
    tracer = TrainSettings.assemble(None, {"model": SETTINGS}).make(pickle.loads((place / "vocabulary").read_bytes()))
    clock = Clock()
    with memory() as used, first_steps(steps):
        history = tracer.fit(store, valid, progress=clock)
    tracer.save(place / "model")
    row = history.rows[0]
    tell(
        {
            "store": len(store),
            "answers": clock.answers,
            "epoch_seconds": clock.last - clock.first,
            "microseconds_an_answer": 1e6 * (clock.last - clock.first) / clock.answers,
            "valid_answers": len(valid),
            "auc": row.metrics["auc"],
            **used(),
        }
    )


def predict(place: Path, _size: int, _steps: int | None) -> None:
    """Every answer of the test's students, from what came before it."""
    from kt_fewshot.tracing import load_tracer

    torch.set_num_threads(1)
    store, tracer = SequenceStore.load(place / "stores" / "test"), load_tracer(place / "model")
    with memory() as used:
        tracer.predict_log(store)
    tell({"answers": len(store), **used()})


class Clock(Silence):
    """The processor's time of the epoch's steps, from the first to the last, and what they were on."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.answers = 0

    def start(self, total_steps: int) -> None:  # noqa: ARG002 - the contract's
        """The first step begins."""
        self.first = time.process_time()

    def advance(self, steps: int, items: int, metrics: Mapping[str, float]) -> None:  # noqa: ARG002
        """Some steps are done; the last ones before validation."""
        self.last, self.answers = time.process_time(), self.answers + items


@contextmanager
def first_steps(steps: int | None) -> Iterator[None]:
    """Inside, an epoch ends after so many batches."""
    whole = PackedRows.epoch
    PackedRows.epoch = lambda self, epoch, first=0: islice(whole(self, epoch, first), steps)  # pyright: ignore
    yield
    PackedRows.epoch = whole


@contextmanager
def memory() -> Iterator[Callable[[], dict[str, float]]]:
    """The processor's seconds inside, and the peaks of memory, looked at twenty times a second."""
    peaks, done, began = [0.0, 0.0], threading.Event(), time.process_time()

    def look() -> None:
        while not done.wait(0.05):
            lines = Path("/proc/self/status").read_text().splitlines()
            status = dict(line.split(":", 1) for line in lines)
            for k, name in enumerate(("RssAnon", "RssFile")):
                peaks[k] = max(peaks[k], int(status[name].split()[0]) * 1024 / 1e9)

    watch = threading.Thread(target=look)
    watch.start()
    found = {}
    try:
        yield lambda: found
    finally:
        done.set()
        watch.join()
        found |= {"seconds": time.process_time() - began, "own_gigabytes": peaks[0], "mapped_gigabytes": peaks[1]}


def keep(row: dict[str, Any]) -> None:
    """Add a row to the results, in place of one of as many answers."""
    rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    rows = [old for old in rows if old["answers"] != row["answers"]] + [row]
    RESULTS.write_text(json.dumps(sorted(rows, key=lambda one: one["answers"]), indent=1) + "\n")


def draw() -> None:
    """Time and memory against the number of answers, as `scale.svg`."""
    rows = json.loads(RESULTS.read_text())
    pace = [row["train"]["microseconds_an_answer"] for row in rows]
    own = [row["train"]["own_gigabytes"] for row in rows]
    drawing = Drawing(
        700,
        290,
        "Cost as work grows",
        f"From {rows[0]['answers']:,} to {rows[-1]['answers']:,} answers, training takes {min(pace):.0f} to "
        f"{max(pace):.0f} microseconds of the processor an answer and holds {min(own):.2f} to {max(own):.2f} GB.",
    )
    whole = [row for row in rows if row["steps"] is None]
    seconds = Panel(drawing, 44, (10**-1, 10**3), "An epoch, seconds of the processor")
    seconds.curve([(row["answers"], row["train"]["epoch_seconds"]) for row in whole], "observed", "measured")
    first = whole[0]
    per_answer = whole[-1]["train"]["epoch_seconds"] / whole[-1]["answers"]
    straight = [(size, per_answer * size) for size in (first["answers"], whole[-1]["answers"])]
    seconds.curve(straight, "predicted", "in proportion", named_at=0)
    held = Panel(drawing, 404, (10**-3, 10**2), "Training, gigabytes")
    held.curve([(row["answers"], row["train"]["own_gigabytes"]) for row in rows], "observed", "held")
    held.curve([(row["answers"], row["read"]["gigabytes"]) for row in rows], "predicted", "stores on disk", named_at=1)
    Picture.of(drawing, heading="Cost as work grows").save(HERE / "scale.svg")


class Panel:
    """One plot, answers to the right and something upwards, both by powers of ten."""

    def __init__(self, drawing: Drawing, left: float, span: tuple[float, float], title: str) -> None:
        self.drawing = drawing
        self.x = Axis(4, 8, left, left + 250)
        self.y = Axis(math.log10(span[0]), math.log10(span[1]), 240, 34)
        drawing.text(left - 30, 14, title, "label strong")
        for power in range(round(self.y.first), round(self.y.last) + 1):
            drawing.line([(left, self.y(power)), (left + 250, self.y(power))], "grid")
            drawing.text(left - 6, self.y(power) + 3.5, f"{10**power:g}", "label end")
        for power in range(4, 9):
            drawing.text(self.x(power), 258, f"10^{power}", "label middle")
        drawing.text(left + 125, 278, "answers in the log", "label middle")

    def curve(self, points: Sequence[tuple[float, float]], kind: str, name: str, *, named_at: int = -1) -> None:
        """Points joined by a line, and its name beside one of them."""
        places = [(self.x(math.log10(x)), self.y(math.log10(y))) for x, y in points]
        self.drawing.line(places, kind)
        if kind == "observed":
            self.drawing.dots(places, 3, "ink")
        x, y = places[named_at]
        self.drawing.text(min(x + 10, self.x(8) + 6), y + 3.5, name, "label")


def tell(found: Mapping[str, Any]) -> None:
    """One line for the process that asked."""
    print(json.dumps(found))


def gigabytes(folder: Path) -> float:
    """What the files below a folder take."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9


STAGES: dict[str, Callable[[Path, int, int | None], None]] = {
    "make": make,
    "read": read,
    "train": train,
    "predict": predict,
}


if __name__ == "__main__":
    main()
