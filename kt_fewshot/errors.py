"""The errors a user can cause, each told in one line: what was wanted, what was found, what to do."""

import os
import shlex
import subprocess
from collections.abc import Sequence


class KTError(Exception):
    """A user's file, option or command is at fault; the commands print it as one line and exit with code 2."""

    def __str__(self) -> str:
        """One line, whatever stood in the user's file."""
        return one_line(super().__str__())


def one_line(text: str, most: int = 3000) -> str:
    r"""Text that may quote a file, without what would break or colour a line, and not too long.

    >>> one_line("Found 'a\nb\x1b[31m'.")
    "Found 'a b [31m'."
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 4]} ..."


class LogError(KTError):
    """A log cannot be read, or cannot be read unambiguously."""


class UnclearLogError(LogError):
    """A log could be read in several ways, and its user should say which.

    Args:
        question: what is unclear, and what it could be.
        request: what to do about it, as in "Choose one".
        options: how to do it on a command line, the first candidate filled in: `("--kc", "Area")`.
    """

    def __init__(self, question: str, request: str, options: Sequence[str]) -> None:
        super().__init__(f"{question} {request}: {as_typed(options)}")
        self.question, self.request, self.options = question, request, tuple(options)

    def asking(self, command: Sequence[str]) -> str:
        """The same in one line, with the whole command to run."""
        return f"{self.question} {self.request}: {as_typed(command)}"


class DatasetError(KTError):
    """Images or a table for few-shot tasks are missing, damaged, or too few for the tasks asked for."""


class CheckpointError(KTError):
    """A saved model or run is missing, damaged, of another version or of another kind."""


class TrainingError(KTError):
    """Training cannot start or cannot go on (nothing to learn from, a loss that is not finite)."""


class MissingExtraError(KTError):
    """A feature needs an optional package that is not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(f"{feature} needs {package}: pip install 'kt-fewshot[{extra}]'.")


class StorageError(KTError):
    """A file or folder cannot be written or read (disk full, no permission, already there)."""


class Interrupted(KTError):  # noqa: N818 - to be stopped is no error
    """Training was stopped from outside (Ctrl-C); the message says what was kept and how to go on."""


def as_typed(words: Sequence[str]) -> str:
    """Words of a command line, quoted where the shell would take them for something else."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
