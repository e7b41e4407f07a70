"""Measure training steps and evaluation against pyKT's loop: `python benchmarks/speed.py [--rounds N] [ROW ...]`.

Two processes a row, one for each side, take turns, one thread each; told is the median of the rounds' ratios of CPU
seconds an answer, which other work on the machine disturbs less than the time that goes by, and each process's peak
memory. Both sides begin with the same weights; their loss on the same windows is compared first, and of an evaluation
the AUC. Needs the data sets' folder in `KT_DATA`. Written to `results/speed.json`.

- `<log>-fp32`, `<log>-bf16`: training the paper's model (lookup, LSTM of 200 units, linear) on either side;
- `<log>-default-fp32`, `-bf16`: our default model with five tasks, against the paper's model in pyKT's loop;
- `<log>-evaluation-windows`: P(correct) of a whole test set, cut every 200 answers on either side, and its AUC;
- `<log>-evaluation-windows-bf16`: the same, ours under torch's autocast;
- `<log>-evaluation-sliding`: pyKT's windows that end at each answer past the 200th, against our carried state.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import torch

RESULTS = Path(__file__).parent / "results" / "speed.json"
AIMS: Final = {"fp32": 9, "bf16": 11, "default": 5, "evaluation": 15}
MEMORY_AIM: Final = 0.5
LOGS: Final = ("assist2015", "assist2009")
EVALUATIONS: Final = ("evaluation-windows", "evaluation-windows-bf16", "evaluation-sliding")
KINDS: Final = ("fp32", "bf16", "default-fp32", "default-bf16", *EVALUATIONS)
ROWS: Final = [f"{log}-{kind}" for log in LOGS for kind in KINDS]


def main() -> None:
    """Measure the rows asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", choices=["theirs", "ours"], help="what the processes of a row are started with")
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.side:
        serve(chosen.rows[0], chosen.side, chosen.folder)
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as room:
        for row in chosen.rows or ROWS:
            found[row] = measured(row, chosen.rounds, Path(room))
            print(row, json.dumps(found[row]), flush=True)
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def measured(row: str, rounds: int, room: Path) -> dict[str, Any]:
    """Both sides in turn."""
    log, _, kind = row.partition("-")
    folder = room / log
    if not folder.exists():
        subprocess.run([sys.executable, Path(__file__).with_name("speed_data.py"), log, folder], check=True)
    sides = {side: start(row, side, folder) for side in ("theirs", "ours")}
    first = {side: ask(process) for side, process in sides.items()}
    turns = [{side: ask(process) for side, process in sides.items()} for _ in range(rounds)]
    for process in sides.values():
        process.communicate()
    cost = [{side: 1e6 * turn[side]["seconds"] / turn[side]["answers"] for side in sides} for turn in turns]
    memory = {side: turns[-1][side]["megabytes"] for side in sides}
    return {
        "ratio": round(statistics.median(turn["theirs"] / turn["ours"] for turn in cost), 2),
        "aim": AIMS[kind.partition("-")[0]],
        **{f"{side}_microseconds": round(statistics.median(turn[side] for turn in cost), 2) for side in sides},
        **{f"{side}_megabytes": memory[side] for side in sides},
        "memory_met": memory["ours"] <= MEMORY_AIM * memory["theirs"],
        **{f"{side}_{name}": value for side in sides for name, value in first[side].items() if name in {"loss", "auc"}},
        "rounds": rounds,
    }


def start(row: str, side: str, folder: Path) -> subprocess.Popen:
    """The process of one side, which answers each line with a measurement."""
    command = [sys.executable, __file__, row, "--side", side, "--folder", str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: subprocess.Popen) -> dict[str, float]:
    """One turn; the first one warms up and tells of equality."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def serve(row: str, side: str, folder: Path) -> None:
    """What the processes do."""
    torch.set_num_threads(1)
    _, _, kind = row.partition("-")
    if side == "theirs":
        from speed_peer import Peer as Side
    else:
        from speed_ours import Ours as Side
    taking_part = Side(kind, folder)
    for number, _ in enumerate(sys.stdin):
        equal = taking_part.equal() if number == 0 else {}
        began = time.process_time()
        answers = taking_part.turn()
        told = {"seconds": time.process_time() - began, "answers": answers}
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({**told, "megabytes": megabytes, **equal}), flush=True)


if __name__ == "__main__":
    main()
