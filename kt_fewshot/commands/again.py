"""The command that was run, with something added to it: a line to paste, where a log could be read in several ways."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

NAME = "kt-fewshot"


def completed(arguments: Sequence[str] | None, options: Sequence[str]) -> list[str]:
    """The words of a command line that runs the same command again with more options.

    Args:
        arguments: of the command; those of the process if None.
        options: flags and their values, in pairs; what the command has already is not said twice.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    named = {word.partition("=")[0] for word in given}
    pairs = list(zip(options[::2], options[1::2], strict=True))
    more = [word for flag, value in pairs if flag not in named for word in (flag, value)]
    end = given.index("--") if "--" in given else len(given)
    return [*(_program() if arguments is None else [NAME]), *given[:end], *more, *given[end:]]


def _program() -> list[str]:
    """How this process was started, as its user would type it."""
    script = sys.argv[0]
    if Path(script).stem == NAME and (found := shutil.which(NAME)) and Path(found).samefile(script):
        return [NAME]
    return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
