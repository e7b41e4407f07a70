"""Read logs made worse at random: `python benchmarks/fuzz_readers.py [--minutes M | --inputs N] [--start S]`.

The sample of every format is changed (bytes, lines, columns, cells, separators, quotes, line ends, encodings ...) and
read: what comes out must add up and be the same read fast, by hand and in small pieces; where it is refused, that is
one line. An input is a function of its number, so a failing one can be made again (`--start S --inputs 1`); its bytes
are kept too (`--keep FOLDER`). The last result is told in `fuzz_readers.md`.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from _fuzz import Fuzzer  # noqa: E402 (tests are no package)

PATIENCE = 30
"""Seconds of CPU time after which a reading counts as hanging."""


def run(fuzzer: Fuzzer, start: int, *, inputs: int | None, minutes: float, keep: Path) -> int:
    """Check inputs until enough are done; the number of bad surprises."""
    became, kinds = Counter[str](), Counter[str]()
    began, number = time.process_time(), start
    while number < start + inputs if inputs else time.process_time() - began < 60 * minutes:
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        try:
            became[fuzzer.check(number)] += 1
        except Exception as error:  # noqa: BLE001 (anything may be wrong, that is the point)
            became["FAILED"] += 1
            kinds[_place(error)] += 1
            _keep(fuzzer, number, error, keep)
        signal.setitimer(signal.ITIMER_PROF, 0)
        number += 1
    spent = time.process_time() - began
    print(
        f"{number - start:,} inputs from {start:,} on, {spent / 60:.1f} CPU minutes, {(number - start) / spent:.0f}/s"
    )
    for name, count in became.most_common():
        print(f"{count:8,} {name}")
    for place, count in kinds.most_common():
        print(f"FAILED {count:,} x {place}")
    return became["FAILED"]


def _place(error: Exception) -> str:
    """What went wrong, and where."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    own = [found for found in traceback.extract_tb(error.__traceback__) if "kt_fewshot" in found.filename]
    frame = own[-1] if own and not isinstance(error, AssertionError) else frame
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno} ({frame.name})"


def _keep(fuzzer: Fuzzer, number: int, error: Exception, folder: Path) -> None:
    """Write down a failing input."""
    sample, data, options, done = fuzzer.make(number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.input").write_bytes(data)
    told = f"{sample}\n{options}\n{done}\n" + "".join(traceback.format_exception(error))
    (folder / f"{number}.txt").write_text(told, encoding="utf-8", errors="replace")


def _hanging(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError(f"more than {PATIENCE} s of CPU time")


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="CPU time to spend")
    parser.add_argument("--inputs", type=int, help="how many inputs, instead")
    parser.add_argument("--start", type=int, default=0, help="number of the first input")
    parser.add_argument("--keep", type=Path, default=Path("runs/fuzz"), help="folder for failing inputs")
    given = parser.parse_args()
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _hanging)
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder))
        return min(run(fuzzer, given.start, inputs=given.inputs, minutes=given.minutes, keep=given.keep), 1)


if __name__ == "__main__":
    sys.exit(main())
