"""Faces that load a file when something of it is first asked for, so that reading a log does not wait for torch."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType


class _Face(ModuleType):
    """A folder of which some files are loaded when they are needed."""

    _homes: dict[str, str]

    def __getattr__(self, name: str) -> object:
        """Load the file that a name is at home in. Called for names that are not there yet."""
        home = self.__dict__["_homes"].get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        self.__dict__[name] = found = getattr(import_module(f".{home}", self.__name__), name)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        """Python puts every loaded file here by its name; what a file offers under the same name goes before."""
        if not (isinstance(value, ModuleType) and name in self._homes):
            super().__setattr__(name, value)


def load_later(face: str, files: Mapping[str, Sequence[str]]) -> None:
    """Let a face offer names whose files are not loaded yet.

    Args:
        face: the `__name__` of the folder.
        files: file -> the names it offers. The face imports the same under `TYPE_CHECKING`, for tools that only read.
    """
    module = sys.modules[face]
    module.__dict__["_homes"] = {name: file for file, names in files.items() for name in names}
    module.__class__ = _Face
