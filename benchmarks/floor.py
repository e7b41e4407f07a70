"""The arithmetic floor of a plain training step: `python benchmarks/floor.py`.

An answer costs the recurrence of an LSTM of 200 units three products of 4 * 200 * 200 multiplications: h U on the way
forward, and on the way back the gradients of h and of U. Here is what they take at the speed of torch's own product of
large square matrices, one thread, CPU time, beside what a training step takes of ours, and what it may take to be as
many times as fast as pyKT's loop as is aimed at (`results/speed.json`). Written to `results/floor.json`.
"""

import json
import time
from pathlib import Path
from typing import Final

import torch

RESULTS: Final = Path(__file__).parent / "results"
HIDDEN: Final = 200
PRODUCTS: Final = 3 * 4 * HIDDEN * HIDDEN
"""Multiplications an answer."""
SIZE: Final = 2048
ROUNDS: Final = 7
LOG: Final = "assist2009"
TYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    """Measure, and print a table."""
    torch.set_num_threads(1)
    speed = json.loads((RESULTS / "speed.json").read_text())
    found = {}
    print("| training, ASSIST2009 | floor us | ours us | needed us | aim | pyKT us / floor us |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, dtype in TYPES.items():
        row, floor = speed[f"{LOG}-{name}"], 1e6 * PRODUCTS * seconds_each(dtype)
        theirs = row["theirs_microseconds"]
        needed = theirs / row["aim"]
        found[name] = {"floor_microseconds": round(floor, 2), "ours": row["ours_microseconds"], "needed": needed}
        numbers = f"{floor:.1f} | {row['ours_microseconds']:.1f} | {needed:.1f} | {row['aim']} | {theirs / floor:.1f}"
        print(f"| plain DKT, {name} | {numbers} |")
    (RESULTS / "floor.json").write_text(json.dumps(found, indent=1) + "\n")


def seconds_each(dtype: torch.dtype) -> float:
    """CPU seconds a multiplication, in the best of some products of large square matrices."""
    left, right = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        torch.mm(left, right)
        taken.append(time.process_time() - began)
    return min(taken) / SIZE**3


if __name__ == "__main__":
    main()
