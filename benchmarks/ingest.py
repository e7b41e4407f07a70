"""Measure the reading of a large log: `python benchmarks/ingest.py [--rows N] [--only sorted|unsorted]`.

Made in a temporary folder: N rows (ten million) of 30 columns, 1.8 GB at the default, once sorted by student with times
in milliseconds, once in no order with dates. Each measurement is a process of its own, its imports included (of
compiled code, as an installed package is). `plain`, `convert` and `again` run three times in turn, and their ratios to
each other are medians of the three turns; what is told of each alone is its best time. CPU seconds are of all threads,
user and system; on a machine that others use too they tell more than the time that went by. Written to
`results/ingest.jsonl`:

- `plain`: polars reads the seven columns needed as text and sorts them by student and time;
- `plain_typed`: the same, ids and times as polars guesses them;
- `convert`: `data convert` to Parquet, everything proved and accounted for; `buckets`: into 64 buckets;
- `again`: the converted file is read as a log; `cached`: the log is read a second time, its bytes hashed.
"""

import argparse
import compileall
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import kt_fewshot

RESULTS = Path(__file__).parent / "results" / "ingest.jsonl"
NEEDED = ["student_id", "problem_id", "skill", "correct", "timestamp", "ms_first_response", "attempt_count"]
STEP = 500_000
TURNS = 3

PROGRAMS = {
    "plain": f"""
import polars as pl
frame = pl.read_csv(log, columns={NEEDED}, infer_schema=False)
frame.sort("student_id", "timestamp", maintain_order=True)
""",
    "plain_typed": f"""
import polars as pl
frame = pl.read_csv(log, columns={NEEDED}, try_parse_dates=True)
frame.sort("student_id", "timestamp", maintain_order=True)
""",
    "convert": """
from kt_fewshot.recipes import convert_log
convert_log([log], folder / "own.parquet")
""",
    "buckets": """
import shutil
from kt_fewshot.recipes import convert_log
shutil.rmtree(folder / "buckets", ignore_errors=True)
convert_log([log], folder / "buckets", buckets=64)
""",
    "again": """
from kt_fewshot.data import read_log
read_log(folder / "own.parquet")
""",
    "cached": """
from kt_fewshot.data import read_cached
read_cached([log], folder / "cache")
""",
}
"""What is measured; `log` is the file, `folder` a place to write to."""

AROUND = """
import resource, sys, time
from pathlib import Path
start = time.perf_counter()
log, folder = Path(sys.argv[1]), Path(sys.argv[2])
{program}
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9)
"""


def make(path: Path, rows: int, *, in_order: bool) -> None:
    """Write a log of 100 answers a student."""
    generator = np.random.default_rng(0)
    with path.open("wb") as stream:
        for start in range(0, rows, STEP):
            part = _rows(np.arange(start, min(start + STEP, rows)), rows, generator, in_order=in_order)
            part.write_csv(stream, include_header=start == 0)


def _rows(numbers: np.ndarray, rows: int, generator: np.random.Generator, *, in_order: bool) -> pl.DataFrame:
    count = len(numbers)
    student = numbers // 100 if in_order else generator.integers(0, rows // 100, count)
    time_of = numbers * 1000 if in_order else generator.integers(0, 10**11, count)
    columns = {
        "row_id": numbers,
        "student_id": pl.Series(student).cast(pl.String).str.zfill(7),
        "problem_id": generator.integers(100_000, 150_000, count),
        "skill": generator.integers(0, 300, count),
        "correct": generator.integers(0, 2, count),
        "timestamp": time_of + 1_500_000_000_000,
        "ms_first_response": generator.integers(500, 60_000, count),
        "attempt_count": generator.integers(1, 5, count),
        **{f"digit_{k}": generator.integers(0, 10, count) for k in range(11)},
        **{f"number_{k}": generator.integers(1_000, 1_000_000, count) for k in range(6)},
        **{f"fraction_{k}": generator.random(count).round(6) for k in range(3)},
        **{f"text_{k}": generator.integers(0, 1_000, count) for k in range(2)},
    }
    text = pl.format
    frame = pl.DataFrame(columns).with_columns(
        text("stu{}", "student_id").alias("student_id"),
        text("skill {}", "skill").alias("skill"),
        *(text("some text {}", f"text_{k}").alias(f"text_{k}") for k in range(2)),
    )
    if in_order:
        return frame
    return frame.with_columns(pl.from_epoch("timestamp", time_unit="ms").dt.strftime("%Y-%m-%d %H:%M:%S"))


def measure(name: str, log: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak memory in GB of one program in a process of its own."""
    code = AROUND.format(program=PROGRAMS[name])
    done = subprocess.run([sys.executable, "-c", code, log, folder], capture_output=True, text=True, check=True)
    seconds, cpu, memory = map(float, done.stdout.split()[-3:])
    return seconds, cpu, memory


def benchmark(rows: int, *, in_order: bool) -> dict:
    """All measurements on one log."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "log.csv"
        maker = multiprocessing.get_context("spawn").Process(
            target=make, args=(log, rows), kwargs={"in_order": in_order}
        )
        maker.start()  # a process of its own: what is started from a large process counts as large
        maker.join()
        result = {"log": "sorted" if in_order else "unsorted", "rows": rows, "gigabytes": log.stat().st_size / 1e9}
        result["date"] = time.strftime("%Y-%m-%d")
        found: dict[str, list[tuple[float, float, float]]] = {}
        for program in (*("plain", "convert", "again") * TURNS, "plain_typed", "buckets", "cached", "cached"):
            found.setdefault(program, []).append(measure(program, log, folder))
            print(program, found[program][-1], flush=True)
        found["first"] = [found["cached"].pop(0)]  # read for the cache
        for program, runs in found.items():
            seconds, cpu, memory = zip(*runs, strict=True)
            result[program] = {"seconds": min(seconds), "cpu_seconds": min(cpu), "gigabytes": max(memory)}
        for place, kind in enumerate(("seconds", "cpu_seconds")):
            for name, (ours, theirs) in {"": ("convert", "plain"), "again_": ("again", "convert")}.items():
                turns = zip(found[ours], found[theirs], strict=True)
                result[f"{name}ratios_of_{kind}"] = [one[place] / other[place] for one, other in turns]
                result[f"{name}ratio_of_{kind}"] = statistics.median(result[f"{name}ratios_of_{kind}"])
        return result


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", choices=("sorted", "unsorted"))
    told = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    compileall.compile_dir(Path(kt_fewshot.__file__).parent, quiet=1)
    for name in ("sorted", "unsorted"):
        if told.only in (None, name):
            result = benchmark(told.rows, in_order=name == "sorted")
            print(json.dumps(result, indent=2))
            with RESULTS.open("a") as stream:
                stream.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
