"""What became of every record of a log: kept, merged, set aside for a reason, or rejected."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from kt_fewshot.errors import one_line
from kt_fewshot.storage import plain_json, write_text

from ..interactions import Interactions

FATE_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "file": pl.UInt32(),
    "row": pl.Int64(),
    "fate": pl.String(),
    "reason": pl.String(),
    "into": pl.Int64(),
}
MERGED_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "file": pl.UInt32(),
    "row": pl.Int64(),
    "into": pl.Int64(),
    "reason": pl.String(),
}
REJECTED_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "file": pl.UInt32(),
    "row": pl.Int64(),
    "line": pl.Int64(),
    "reason": pl.String(),
}

MOST_REASONS: Final = 20


@dataclass(frozen=True)
class Ingest:
    """How a log was read.

    - `format`: the reader's name; `title`: its name for people; `files`: the files read;
    - `encoding`, `separator`, `compression`: as found;
    - `columns`: canonical column -> column of the log it was taken from;
    - `rows_read` = `kept` + `merged` + sum of `set_aside` (reason -> number) + `n_rejected`;
    - `rejected`: file, row, line and reason of every record that could not be read;
    - `fates`: file, row, fate ("merged", "set_aside" or "rejected"), reason and, for a merged record, the `row` of the
      kept record of the same file it went `into` (null if that is in another); records simply kept are not in it;
    - `hashed`: students whose id became a pseudonym, since it was an e-mail address or a name;
    - `decisions`: what was decided, in the words shown to the user; `warnings`: what the user should look at;
    - `contents`: what the log holds, plain JSON values of `data/log_contents.py`; empty until it was looked through.

    Raises:
        ValueError: if the numbers do not add up.
    """

    format: str
    title: str
    files: tuple[str, ...]
    encoding: str
    separator: str
    compression: str
    columns: Mapping[str, str]
    rows_read: int
    kept: int
    merged: int
    set_aside: Mapping[str, int]
    rejected: pl.DataFrame
    fates: pl.DataFrame
    hashed: int = 0
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    contents: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """No record is lost, none counted twice."""
        others = self.merged + sum(self.set_aside.values()) + self.n_rejected
        if self.rows_read != self.kept + others:
            raise ValueError(
                f"Records read should be kept + merged + set aside + rejected. Found {self.rows_read} = {self.kept} + "
                f"{self.merged} + {sum(self.set_aside.values())} + {self.n_rejected}."
            )
        if self.fates.height != others:
            raise ValueError(f"`fates` should tell of {others} records. Found {self.fates.height}.")

    @property
    def n_rejected(self) -> int:
        """Number of records that could not be read."""
        return self.rejected.height

    @property
    def sentence(self) -> str:
        """The decisions in one line."""
        return one_line(", ".join(self.decisions))

    @property
    def rejected_because(self) -> dict[str, int]:
        """Why records could not be read, and how many for each of the most frequent reasons."""
        reasons = self.rejected.group_by("reason").len().sort(["len", "reason"], descending=[True, False])
        return dict(reasons.head(MOST_REASONS).iter_rows())

    def to_dict(self) -> dict[str, Any]:
        """The content of `ingest.json`."""
        return {
            "format": self.format,
            "title": self.title,
            "files": list(self.files),
            "encoding": self.encoding,
            "separator": self.separator,
            "compression": self.compression,
            "columns": dict(self.columns),
            "rows_read": self.rows_read,
            "kept": self.kept,
            "merged": self.merged,
            "set_aside": dict(self.set_aside),
            "rejected": self.n_rejected,
            "rejected_because": self.rejected_because,
            "hashed": self.hashed,
            **self.contents,
            "decisions": list(self.decisions),
            "warnings": list(self.warnings),
        }

    def to_json(self) -> str:
        """The text of `ingest.json`."""
        return json.dumps(plain_json(self.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)

    def rejects_csv(self) -> str:
        """The text of `rejects.csv`: file, line, reason."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("file", "line", "reason"))
        for file, line, reason in self.rejected.select("file", "line", "reason").iter_rows():
            writer.writerow((self.files[file], line, reason))
        return text.getvalue()

    def save(self, folder: Path) -> None:
        """Write `ingest.json` and `rejects.csv`.

        Raises:
            StorageError: if they cannot be written.
        """
        write_text(folder / "ingest.json", self.to_json() + "\n")
        write_text(folder / "rejects.csv", self.rejects_csv())


@dataclass(frozen=True)
class Log:
    """A log as read: its answers, and how it was read."""

    interactions: Interactions
    ingest: Ingest
