"""A sequence store that grows on disk: no more of it than one piece is in memory while it is made."""

from dataclasses import fields
from pathlib import Path
from typing import BinaryIO, Final, Self

import numpy as np
import torch
from torch import Tensor

from .store import SequenceStore

BUNDLED: Final = ("place", "heard")
"""Columns without rows where no two answers share a bundle."""


class GrowingStore:
    """Pieces of a store, written one after the other to the files that `SequenceStore.save` writes.

    A context manager. Every piece holds whole students; its `sets` are those of the pieces before and its own
    (`encode` with `numbered`).

    Args:
        folder: where; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._columns: dict[str, _Column] = {}
        self._sets: Tensor | None = None
        self._answers = 0
        self._bundled = False

    def __enter__(self) -> Self:
        """Open the files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [column.name for column in fields(SequenceStore) if column.name != "sets"]
        self._columns = {name: _Column(self.folder / f"{name}.npy") for name in names}
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files; from then on they can be loaded."""
        for name, column in self._columns.items():
            column.close(empty=name in BUNDLED and not self._bundled)
        if self._sets is not None:
            np.save(self.folder / "sets.npy", self._sets.numpy())

    def add(self, piece: SequenceStore) -> None:
        """Write a piece."""
        bundled = len(piece.place) > 0
        alone = {} if bundled else {"place": torch.zeros(len(piece), dtype=piece.place.dtype), "heard": piece.question}
        starts = piece.starts + self._answers
        rows = {name: getattr(piece, name) for name in self._columns} | alone
        rows["starts"] = starts[1:] if self._answers else starts
        for name, column in self._columns.items():
            column.add(rows[name].numpy())
        self._answers += len(piece)
        self._bundled |= bundled
        self._sets = piece.sets.members


class _Column:
    """A `.npy` file that grows: its header keeps room for any length, and is written again in the end."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self._kind = np.zeros(0)
        self._rows = 0

    def add(self, rows: np.ndarray) -> None:
        if not self._file.tell():
            self._kind = rows[:0]
            self._write_header()
        np.ascontiguousarray(rows).tofile(self._file)
        self._rows += len(rows)

    def close(self, *, empty: bool) -> None:
        """Write the length.

        Args:
            empty: whether what was written shall count as nothing.
        """
        self._rows = 0 if empty else self._rows
        self._file.seek(0)
        self._write_header()
        if empty:
            self._file.truncate()
        self._file.close()

    def _write_header(self) -> None:
        kind = self._kind
        header = {"descr": kind.dtype.str, "fortran_order": False, "shape": (self._rows, *kind.shape[1:])}
        np.lib.format.write_array_header_1_0(self._file, header)
        self._file.flush()
