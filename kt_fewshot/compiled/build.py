"""C++ compiled at first use and kept: a shared library from one source file, by the machine's own compiler."""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent
"""Where the source files are."""

COMPILERS: Final = ("c++", "g++", "clang++")
FLAGS: Final = (
    "-std=c++17",
    "-O3",
    "-shared",
    "-fPIC",
    "-pthread",
    "-fno-math-errno",
    "-ffp-contract=fast",
    "-fno-exceptions",
    "-fno-rtti",
    "-w",
)
FOR_THIS_CPU: Final = (("-march=native",), ("-mcpu=native",), ())
"""What compilers call it; the first that a compiler takes."""

_log = logging.getLogger(__name__)


@cache
def library(source: Path) -> ctypes.CDLL | None:
    """The library of a C++ source file, compiled if need be; None, and one line in the log, where that fails.

    It is kept in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`, in `kt-fewshot`) under a name that stands
    for source, headers beside it, compiler and processor, so a home folder may be shared by unlike machines. It
    appears there at once and whole, so processes may compile at the same time. `$CXX` names another compiler.
    """
    try:
        return _load(source)
    except (OSError, subprocess.SubprocessError) as error:
        _log.info("%s was not compiled, so plain torch does its work, more slowly: %s", source.name, error)
        return None


def _load(source: Path) -> ctypes.CDLL:
    compiler = _compiler()
    name = f"{source.stem}-{_key(source, compiler)}.so"
    try:
        folder = _cache_folder()
        kept = folder / name
        if not kept.is_file():
            _compile(source, compiler, folder, name)
        return ctypes.CDLL(str(kept))
    except PermissionError:  # a home that cannot be written to: for this process alone
        with tempfile.TemporaryDirectory() as folder:
            _compile(source, compiler, Path(folder), name)
            return ctypes.CDLL(str(Path(folder) / name))


def _compiler() -> str:
    for name in (os.environ.get("CXX"), *COMPILERS):
        if name and (found := shutil.which(name)):
            return found
    raise FileNotFoundError("there is no C++ compiler")


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(root) if root else Path.home() / ".cache") / "kt-fewshot"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _key(source: Path, compiler: str) -> str:
    """A text that changes with all that decides the machine code."""
    known = Path(compiler).resolve().stat()
    texts = [path.read_bytes() for path in (source, *sorted(source.parent.glob("*.h")))]
    parts = (*texts, repr((compiler, known.st_size, known.st_mtime_ns, FLAGS, _processor())).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def _processor() -> str:
    """What tells processors apart that understand different instructions."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.is_file() else []
    names = ("model name", "flags", "Features", "CPU part")
    return "\n".join([platform.machine(), platform.processor(), *sorted({x for x in lines if x.startswith(names)})])


def _compile(source: Path, compiler: str, folder: Path, name: str) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as room:
        made = Path(room) / name
        complaint = ""
        for processor in FOR_THIS_CPU:
            command = [compiler, *FLAGS, *processor, "-o", str(made), str(source)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode == 0:
                made.replace(folder / name)
                return
            complaint = complaint or done.stderr.strip().partition("\n")[0]
        raise OSError(f"{compiler} says: {complaint}")
