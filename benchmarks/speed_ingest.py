"""Measure how a raw log becomes what a trainer reads: `python benchmarks/speed_ingest.py --peer FOLDER`.

ASSIST2015 as its publishers lay it out (a row an answer: user, log id, problem set, correct), rebuilt from pyKT's split
in `KT_DATA`. Theirs: pyKT's preprocessing as it is (`pip download --no-deps pykt-toolkit`, unpacked into FOLDER), which
writes padded windows as text, and reading those into arrays as its data set does; it wants pandas 1.5, so `--python`
names the interpreter of an environment that has it. Ours: the log is read, proved and split, the three stores are saved
and mapped again. CPU seconds, in turn, without imports and with them. Written to `results/speed_ingest.json`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

RESULTS = Path(__file__).parent / "results" / "speed_ingest.json"
AIM: Final = 20

AROUND: Final = """
import resource, sys, time
from pathlib import Path
log, room = Path(sys.argv[1]), Path(sys.argv[2])
{imports}
began = time.process_time()
{program}
seconds = time.process_time() - began
used = resource.getrusage(resource.RUSAGE_SELF)
size = sum(path.stat().st_size for path in room.rglob("*") if path.is_file())
print("measured", seconds, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, size // 1000000)
"""

THEIRS: Final = {
    "imports": """
import types
import numpy, pandas
package = types.ModuleType("pykt")
package.__path__ = [sys.argv[3] + "/pykt"]  # its face would import every model
sys.modules["pykt"] = package
from pykt.preprocess.assist2015_preprocess import read_data_from_csv
from pykt.preprocess import split_datasets
split_datasets.write_config = lambda **_: None
""",
    "program": """
read_data_from_csv(str(log), str(room / "data.txt"))
split_datasets.main(str(room), str(room / "data.txt"), "assist2015", "")
for part in ("train_valid", "test"):
    read = {column: [] for column in ("concepts", "responses", "selectmasks")}
    for _, row in pandas.read_csv(room / f"{part}_sequences.csv").iterrows():
        for column, values in read.items():
            values.append([int(value) for value in row[column].split(",")])
    arrays = [numpy.array(values) for values in read.values()]
""",
}

OURS: Final = {
    "imports": """
import torch
torch.set_num_threads(1)
from kt_fewshot.data import SequenceStore
from kt_fewshot.recipes.study import Study
from kt_fewshot.recipes.train_dkt import TrainSettings
""",
    "program": """
settings = TrainSettings.assemble(None, {"data": {"log": [log]}})
study = Study.of(settings.data.load(), min_item_answers=settings.min_item_answers)
for part in ("train", "valid", "test"):
    getattr(study, part).save(room / part)
    SequenceStore.load(room / part)
""",
}


def main() -> None:
    """Measure both sides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, help="folder of the unpacked pykt-toolkit")
    parser.add_argument("--python", default=sys.executable, help="their interpreter")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "2015.csv"
        answers = write_log(log)
        turns = [(cost(THEIRS, log, chosen.python, chosen.peer), cost(OURS, log)) for _ in range(chosen.rounds)]
    ratio = statistics.median(theirs["cpu_seconds"] / ours["cpu_seconds"] for theirs, ours in turns)
    found = {"ratio": round(ratio, 1), "aim": AIM, "answers": answers, "theirs": turns[-1][0], "ours": turns[-1][1]}
    print(json.dumps(found))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def write_log(path: Path) -> int:
    """The raw file; how many answers it has."""
    data = Path(os.environ["KT_DATA"]) / "assist2015/pykt"
    names = ("train_valid.csv.gz", "test.csv.gz")
    columns = ["uid", "concepts", "responses"]
    students = pl.concat([pl.read_csv(data / name, columns=columns, infer_schema=False) for name in names])
    rows = (
        students.select(
            user_id="uid", sequence_id=pl.col("concepts").str.split(","), correct=pl.col("responses").str.split(",")
        )
        .explode("sequence_id", "correct")
        .with_row_index("log_id", offset=100_000)
        .select("user_id", "log_id", "sequence_id", "correct")
    )
    rows.write_csv(path)
    return rows.height


def cost(program: Mapping[str, str], log: Path, python: str = sys.executable, *given: str) -> dict[str, float]:
    """CPU seconds and peak memory of a process, and what it wrote."""
    with tempfile.TemporaryDirectory() as room:
        command = [python, "-c", AROUND.format_map(program), str(log), room, *given]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, whole, megabytes, written = map(float, out.rpartition("measured")[2].split())
    return {
        "cpu_seconds": round(seconds, 2),
        "with_imports": round(whole, 2),
        "megabytes": int(megabytes),
        "megabytes_written": int(written),
    }


if __name__ == "__main__":
    main()
