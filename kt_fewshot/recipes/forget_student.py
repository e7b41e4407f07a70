"""Forget a student: out of converted logs, caches and the tables of runs, wherever this program wrote them."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kt_fewshot.data import is_cached_log, pseudonym, quoted, rows_in_cache
from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.storage import RunFolder, write_json

from .key_file import read_key
from .student_tables import StudentTable, student_table

GONE: Final = "(forgotten)"
ACCOUNT: Final = "ingest.json"
REPORT: Final = "report.html"
STORES: Final = ".stores"
"""What a training that was killed leaves of the answers; it writes them anew when it goes on."""
BESIDE: Final = ".ingest"
"""How the folder is called that has the account of a converted log: its name and this."""


@dataclass(frozen=True)
class Trace:
    """A place that has the student: how many rows (None where nobody can tell), and how to be rid of them."""

    path: Path
    what: str
    rows: int | None
    remove: Callable[[], None]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"path": str(self.path), "what": self.what, "rows": self.rows}


def forget_student(
    student: str, paths: Sequence[Path] = (), *, key: Path | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Remove a student's rows from everything that this program wrote, and whole cached logs that have such rows.

    Looked for are the id as it was written, its pseudonym by the key, and its pseudonym without a key, which e-mail
    addresses get. First everything is looked through; then each file is replaced at once. Logs that the program did not
    write are never changed. A run's report goes if it shows the student; `dkt report` makes another. What a model
    learned stays in its weights: it is told which ones.

    Args:
        student: the id.
        paths: converted logs, buckets, caches, runs, tables, or folders with these in them; the working folder if none.
        key: key file of the pseudonyms.
        dry_run: only say what would be removed.

    Returns:
        plain JSON values: `removed` (path, what it is, rows), `rows`, `models` that learned from the student, `logs`
        that outputs with the student were made of and that are still there; `dry_run`.

    Raises:
        KTError: if a path is missing or has nothing to do with this program, or the student is found nowhere.
        StorageError: if a file is damaged or cannot be written, or a run is being written.
    """
    ids = {student, pseudonym(student), *([pseudonym(student, read_key(key))] if key else [])}
    search = _Search(ids)
    for path in paths or (Path(),):
        search.look(path)
    if not search.traces:
        places = ", ".join(map(str, paths)) or "the working folder"
        raise KTError(
            f"Student '{student}' was found nowhere in {places} ({search.seen:,} tables and cached logs were looked "
            f"through). Ids are taken as they are written: '007' is not '7'."
        )
    if not dry_run:
        with ExitStack() as held:
            for run in search.runs:
                held.enter_context(run.writing())
            for trace in search.traces:
                trace.remove()
    return {
        "removed": [trace.to_dict() for trace in search.traces],
        "rows": sum(trace.rows or 0 for trace in search.traces),
        "models": [str(model) for model in search.models],
        "logs": search.logs,
        "dry_run": dry_run,
    }


class _Search:
    """What was found of some ids; nothing is changed by looking."""

    def __init__(self, ids: Collection[str]) -> None:
        self.ids = ids
        self._looked: set[Path] = set()
        self._shown: set[Path] = set()  # folders whose report shows one of the ids
        self.traces: list[Trace] = []
        self.runs: list[RunFolder] = []
        self.models: list[Path] = []
        self._accounts: list[tuple[Path, list[str]]] = []

    @property
    def seen(self) -> int:
        """How many tables and cached logs were looked through."""
        return len(self._looked)

    @property
    def logs(self) -> list[str]:
        """Logs that outputs with the student were made of, those that are still there."""
        found = [trace.path for trace in self.traces]
        files = {file for owner, files in self._accounts for file in files if _holds(owner, found)}
        return sorted(file for file in files if Path(file).exists())

    def look(self, path: Path) -> None:
        """Look through a file or folder that the user named.

        Raises:
            KTError: if it is missing, or a file that this program did not write.
            StorageError: if it is damaged.
        """
        if path.is_dir():
            self._walk(path, None)
        elif not path.exists():
            raise KTError(f"There is no file or folder {path}.")
        elif (table := student_table(path.resolve())) is not None:  # or a link would be replaced instead of its target
            self._table(table)
        else:
            raise KTError(
                f"{path} is no table that this program wrote, and other logs are never changed. "
                f"Remove the student's rows from it, then read it again."
            )
        self._account(path.with_name(f"{path.name}{BESIDE}") / ACCOUNT if path.name else path, path.resolve())

    def _walk(self, folder: Path, run: RunFolder | None) -> None:
        if is_cached_log(folder):
            self._cached(folder)
            return
        before = len(self.traces)
        here = RunFolder(folder) if RunFolder(folder).has("config") else None
        run = here or run
        for entry in _entries(folder):
            path = folder / entry.name
            if entry.is_dir():
                self._walk(path, run)
            elif entry.name == ACCOUNT:
                beside = folder.with_name(folder.name.removesuffix(BESIDE))
                self._account(path, run.path if run is not None else beside)
            elif (table := student_table(path, in_run=run is not None)) is not None:
                self._table(table)
        if here is not None and len(self.traces) > before:
            self.runs.append(here)
            report, stores = folder / REPORT, folder / STORES
            if folder.resolve() in self._shown and report.is_file():
                self.traces.append(Trace(report, "report", 0, report.unlink))
            if stores.is_dir():
                self.traces.append(Trace(stores, "answers as numbers", 0, lambda: shutil.rmtree(stores)))

    def _table(self, table: StudentTable) -> None:
        if self._again(table.path):
            return
        if rows := table.count(self.ids):
            self.traces.append(Trace(table.path, table.what, rows, lambda: table.remove(self.ids)))
            folder = table.path.parent
            parts = table.parts(self.ids) if table.what == "split" else set()
            if parts - {"test"} and RunFolder(folder).has("config"):
                self.models.append(folder)
            if "test" in parts or table.what == "mastery":
                self._shown.add(folder.resolve())

    def _again(self, path: Path) -> bool:
        """Whether a path was looked at before, since folders that the user names may overlap."""
        place = path.resolve()
        known = place in self._looked
        self._looked.add(place)
        return known

    def _cached(self, folder: Path) -> None:
        if self._again(folder):
            return
        rows = rows_in_cache(folder, self.ids)
        if rows != 0:
            self.traces.append(Trace(folder, "cached log", rows, lambda: shutil.rmtree(folder)))
            self._accounts.append((folder, _told(folder / ACCOUNT).get("files", [])))

    def _account(self, path: Path, owner: Path) -> None:
        """Find the ids in an account's warnings, and remember the logs that it tells of."""
        told = _told(path)
        self._accounts.append((owner, told.get("files", [])))
        warnings = [_without(warning, self.ids) for warning in told.get("warnings", ())]
        known = path.resolve() in {trace.path.resolve() for trace in self.traces}
        if warnings != told.get("warnings", []) and not known:
            self.traces.append(Trace(path, "warning", 0, lambda: write_json(path, told | {"warnings": warnings})))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, in order of names; what is hidden, still being written or elsewhere is left out."""
    try:
        entries = [entry for entry in os.scandir(folder) if not (entry.is_symlink() or entry.name.startswith("."))]
    except OSError as error:
        raise StorageError(f"{folder} cannot be looked through: {error.strerror or error}.") from error
    return sorted(entries, key=lambda entry: entry.name)


def _holds(owner: Path, found: list[Path]) -> bool:
    return any(path.resolve().is_relative_to(owner.resolve()) for path in found)


def _told(path: Path) -> dict[str, Any]:
    """An account of how a log was read; nothing if there is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _without(text: str, ids: Collection[str]) -> str:
    for name in ids:
        text = text.replace(quoted(name), quoted(GONE))
    return text
