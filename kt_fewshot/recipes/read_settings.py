"""`ReadSettings`: how a log is read, as far as its user says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from kt_fewshot.data import ColumnChoice, CompactLog, Log, Watch, read_cached, read_compact, unwatched

from .key_file import read_key

CACHE: Final = Path("cache")
"""Where large logs are kept that were read: beside `runs/`, where `data forget` looks for them."""

LEAST: Final = 32_000_000
"""Bytes from which on a log is kept; a smaller one is read in less than half a second."""


class ReadSettings(BaseModel):
    """How a log is read; everything left out is found out and said.

    `key` names the file of the secret that pseudonyms are made with; `cache`: whether a large log is kept, and taken
    from there when it is read again; the other fields are those of `read_log`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None = None
    columns: ColumnChoice = ColumnChoice()
    skill_separator: str | None = None
    threshold: float | None = Field(default=None, gt=0, le=1)
    max_bad: float = Field(default=0.01, ge=0, le=1)
    kc: str | None = None
    hint: Literal["wrong", "drop"] | None = None
    side: tuple[Path, ...] = ()
    keep_names: bool = False
    key: Path | None = None
    cache: bool = True

    def read(self, *paths: Path) -> Log:
        """Read a log, or the parts of one, and look through it; a large one that was read before comes from `CACHE`.

        Raises:
            KTError: if there is no such key file.
            LogError: if the log cannot be read.
        """
        return read_cached(paths, CACHE if self.cache else None, least=LEAST, **self._options())

    def read_compact(self, *paths: Path, watch: Watch = unwatched) -> CompactLog:
        """Read a log, or the parts of one, in little memory; it is not looked through yet.

        Args:
            paths: the log, or its parts.
            watch: told, again and again, how many records of how many bytes were read.

        Raises:
            KTError: if there is no such key file.
            LogError: if the log cannot be read.
        """
        return read_compact(list(paths), watch=watch, **self._options())

    def absolute(self) -> "ReadSettings":
        """The same settings, with paths that hold in any working folder."""
        side = tuple(path.absolute() for path in self.side)
        return self.model_copy(update={"side": side, "key": self.key and self.key.absolute()})

    def _options(self) -> Mapping[str, Any]:
        """Arguments of `read_log`."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in ("key", "cache")}
        return own | {"key": read_key(self.key) if self.key else b""}
