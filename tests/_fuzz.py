"""Logs made worse on purpose, and what has to hold of whatever a reader makes of them."""

import gzip
import lzma
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from _mutations import MILD, MUTATIONS

from kt_fewshot.data.readers import READERS, Log, read_log, text_pass
from kt_fewshot.errors import KTError

CARDS = Path(__file__).parents[1] / "datasets"
TO_BE_NAMED = {"synthetic-matrix": "matrix.csv", "logicmuse": "lists.csv"}
"""Formats that are only read when named, and their samples."""

ONE_A_LINE = (
    *("generic", "datashop", "datashop-steps", "duolingo-hlr", "eedi", "junyi", "kdd-cup", "oatutor", "riiid"),
    *(f"assistments{year}" for year in (2009, 2012, 2015, 2017)),
)
"""Formats whose records are lines of a table."""

SMALL = 50
PIECES = 400
"""Bytes in a small piece; a large input is read in so many pieces at most, or it would take minutes."""


@dataclass(frozen=True)
class Sample:
    """A sound log: a card's folder, the file of it that is changed, what is read, and the format to be named."""

    card: str
    victim: str
    log: str
    format: str | None


def samples() -> list[Sample]:
    """Every file of every card's sample."""
    found = []
    for card in sorted({*READERS, "gervet", "simulated"}):
        folder = CARDS / card
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        logs = [name for name in files if name.startswith("sample")] or [TO_BE_NAMED.get(card, ".")]
        named = card if card in TO_BE_NAMED else None
        for victim in files:
            if victim != "README.md":
                found.append(Sample(card, victim, victim if victim in logs else logs[0], named))
    return found


class Fuzzer:
    """Makes bad logs in a folder, the same for the same numbers, and reads them.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples = samples()
        self.sound = {sample: (CARDS / sample.card / sample.victim).read_bytes() for sample in self.samples}
        for card in {sample.card for sample in self.samples}:
            shutil.copytree(CARDS / card, folder / card)

    def make(self, number: int) -> tuple[Sample, bytes, dict[str, Any], list[str]]:
        """Input `number`: a sample, its victim's new bytes, options to read it with, and what was done."""
        rng = np.random.default_rng((20, number))
        sample = self.samples[number % len(self.samples)]
        data, done = self.sound[sample], []
        for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
            name = str(rng.choice(list(MUTATIONS if rng.random() < 0.4 else MILD)))
            data = MUTATIONS[name](data, rng)
            done.append(name)
        options: dict[str, Any] = {"max_bad": float(rng.choice([0.01, 1.0, 1.0, 1.0])), "format": sample.format}
        if rng.random() < 0.3 and sample.card in READERS:
            options["format"] = sample.card
        if rng.random() < 0.2:
            options["threshold"] = 0.5
        if rng.random() < 0.2:
            options["skill_separator"] = str(rng.choice([";", "_", ",", "|", ""]))
        return sample, data, options, done

    def check(self, number: int) -> str:
        """What became of input `number`: the format it was read as, or "refused".

        Raises:
            AssertionError: if it was read wrongly, or refused badly.
            Exception: anything a reader lets slip.
        """
        sample, data, options, _ = self.make(number)
        victim = self.folder / sample.card / sample.victim
        victim.write_bytes(data)
        try:
            return self._read(sample, data, options)
        finally:
            victim.write_bytes(self.sound[sample])

    def check_sound(self, sample: int) -> str:
        """`check` of a sample as it is."""
        one = self.samples[sample]
        return self._read(one, self.sound[one], {"format": one.format})

    def _read(self, sample: Sample, data: bytes, options: dict[str, Any]) -> str:
        path = self.folder / sample.card / sample.log
        return check(path, data if sample.log == sample.victim else None, options)


def check(path: Path, data: bytes | None, options: dict[str, Any]) -> str:
    """Read a log and look whether it was read right, or refused well.

    Args:
        path: what is read.
        data: its bytes, if it is the one file that was changed.
        options: of `read_log`.
    """
    log, told = attempt(path, options)
    with patch.object(text_pass, "count_regular", lambda *_: None):
        assert_same((log, told), attempt(path, options))
    if data is not None and b'"' not in data:  # a quote that is never closed ends with the piece it is read in
        small = max(SMALL, len(data) // PIECES)
        with patch.object(text_pass, "READ_SIZE", small), patch.object(text_pass, "PARSE_SIZE", 2 * small):
            assert_same((log, told), attempt(path, options))
    if log is None:
        return "refused"
    assert_accounted(log)
    if data is not None and b'"' not in data and log.ingest.format in ONE_A_LINE and log.ingest.encoding:
        assert_lines_are_records(log, data)
    return log.ingest.format


def attempt(path: Path, options: dict[str, Any]) -> tuple[Log | None, str]:
    """The log, or the line that tells why there is none."""
    try:
        return read_log(path, **options), ""
    except KTError as error:
        message = str(error)
        assert message.strip(), "an error says something"
        assert len(message.splitlines()) == 1, f"an error is one line: {message!r}"
        assert len(message) < 4000, f"a line that can be read: {message[:200]!r}"
        return None, message


def assert_same(one: tuple[Log | None, str], other: tuple[Log | None, str]) -> None:
    """A log read in two ways is one log."""
    assert one[1] == other[1], (one[1], other[1])
    if one[0] and other[0]:
        assert one[0].interactions.table.equals(other[0].interactions.table, null_equal=True)
        assert one[0].ingest.rejected.equals(other[0].ingest.rejected)
        assert one[0].ingest.to_json() == other[0].ingest.to_json()


def assert_accounted(log: Log) -> None:
    """Every record is kept, merged, set aside or rejected, once."""
    told = log.ingest
    assert told.rows_read == told.kept + told.merged + sum(told.set_aside.values()) + told.n_rejected
    assert told.kept == len(log.interactions)
    kept = log.interactions.table.select("file", "row").rows()
    others = told.fates.select("file", "row").rows()
    assert sorted(kept + others) == [(0, row) for row in range(1, told.rows_read + 1)]
    assert told.sentence
    assert len(told.sentence.splitlines()) == 1, told.sentence
    assert told.rejects_csv()
    assert told.to_json()


def assert_lines_are_records(log: Log, data: bytes) -> None:
    """A table without quotes has as many records as lines that are not blank, and each id stands in its line."""
    told = log.ingest
    data = {"gzip": gzip.decompress, "xz": lzma.decompress}.get(told.compression, bytes)(data)
    text = data.decode(told.encoding).removeprefix("\ufeff")
    text = re.sub("\r+(\n|$)", r"\1", text) if "\n" in text else text
    lines = text.split("\n" if "\n" in text else "\r")
    records = [line for line in lines if line.strip() and not line.startswith("sep=")]
    names, *records = (line.split(told.separator) for line in records)
    assert told.rows_read == len(records)
    bad = {row for _, row, _, reason in told.rejected.rows() if " fields instead of " in reason}
    assert bad == {row for row, record in enumerate(records, start=1) if len(record) != len(names)}
    names = [name.strip().lstrip("\ufeff") for name in names]
    kept = log.interactions.table
    for column in ("student", "item"):
        source = told.columns.get(column)
        if names.count(source) != 1 or (column == "student" and told.hashed):
            continue
        place = names.index(source)
        expected = pl.Series([records[row - 1][place] or None for row in kept["row"]], dtype=pl.String)
        assert kept[column].equals(expected, null_equal=True), (column, kept[column].to_list(), expected.to_list())
