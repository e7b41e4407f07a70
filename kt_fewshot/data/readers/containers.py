"""Zip archives and folders: several files that are one log.

An archive is unpacked beside everything else, into a folder that is gone when the log has been read, and only if
nothing in it could do harm.
"""

import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from kt_fewshot.errors import LogError

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".ods"})
"""Archives to those who look inside, but not logs in archives."""

MOST: Final = 100
"""Times that an archive may grow when it is unpacked."""

NO_LOGS: Final = (".md", ".pdf", ".html", ".htm", ".doc", ".docx", ".png", ".jpg")
NO_LOG_NAMES: Final = ("readme", "license", "licence", "copying", "thumbs.db", "desktop.ini")
"""What lies beside logs: endings, and beginnings of names."""

CACHE_TAG: Final = "CACHEDIR.TAG"

Parts = list[tuple[Path, str]]
"""Files (or folders) to read, in order, and what to call them."""


@contextmanager
def opened(paths: Sequence[Path], takes: Callable[[Path], bool]) -> Iterator[Parts]:
    """The parts of a log, archives unpacked and folders opened, in order of their names.

    Args:
        paths: files, folders, archives, or files in archives (`logs.zip/answers.csv`).
        takes: whether the reader wants a folder as it is.

    Raises:
        LogError: if an archive is damaged, dangerous or has no such file, or there is nothing in it.
    """
    with ExitStack() as stack:
        parts: Parts = []
        for path in paths:
            archive = archive_of(path)
            if archive is None:
                found = [(part, str(part)) for part in _listed(path, takes)]
            else:
                folder = stack.enter_context(_unpacked(archive))
                start = folder / path.relative_to(archive)
                if not start.exists():
                    raise LogError(f"There is no {path.relative_to(archive).as_posix()} in {archive.name}.")
                found = [(part, str(archive / part.relative_to(folder))) for part in _listed(start, takes)]
            if not found:
                raise LogError(f"There is no log in {path.name}.")
            parts += found
        yield parts


def archive_of(path: Path) -> Path | None:
    """The zip archive that a path is, or leads into; None if there is none.

    Raises:
        LogError: if it cannot be read.
    """
    found = next((one for one in (path, *path.parents) if one.is_file()), None)
    if found is None or found.suffix.lower() in WORKBOOKS:
        return None
    try:
        with found.open("rb") as stream:
            return found if stream.read(4) in MAGIC else None
    except OSError as error:
        raise LogError(f"{found.name} cannot be read: {error.strerror or error}.") from error


def is_cache(folder: Path) -> bool:
    """Whether a folder says of itself that it is a cache, ours or another's (https://bford.info/cachedir/)."""
    return (folder / CACHE_TAG).is_file()


def _listed(path: Path, takes: Callable[[Path], bool]) -> list[Path]:
    """What to read of a path.

    Raises:
        LogError: if a folder cannot be looked into.
    """
    try:
        return list(_within(path, takes))
    except OSError as error:
        raise LogError(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error


def _within(path: Path, takes: Callable[[Path], bool]) -> Iterator[Path]:
    """What to read of a path: itself, or the files in a folder that no reader takes whole."""
    if not path.is_dir() or takes(path):
        yield path
        return
    inside = sorted((entry for entry in path.iterdir() if _may_be_log(entry)), key=lambda entry: entry.name)
    for entry in inside:
        if not (entry.is_dir() and (entry.is_symlink() or is_cache(entry))):  # a link may lead to itself
            yield from _within(entry, takes)


def _may_be_log(path: Path) -> bool:
    """Whether a file or folder within another may be a part of the log, by its name."""
    name = path.name.lower()
    return not name.startswith((".", "_", "~", *NO_LOG_NAMES)) and not name.endswith(NO_LOGS)


@contextmanager
def _unpacked(archive: Path) -> Iterator[Path]:
    """A folder with what is in an archive."""
    with tempfile.TemporaryDirectory(prefix="kt-fewshot-") as temporary:
        folder = Path(temporary) / archive.stem
        try:
            folder.mkdir()
            with zipfile.ZipFile(archive) as packed:
                members = _checked(packed, archive)
                _check_room(archive, sum(member.file_size for member in members), folder)
                for member in members:
                    packed.extract(member, folder)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
            raise LogError(f"{archive.name} is cut off or damaged.") from error
        except (NotImplementedError, RuntimeError) as error:
            raise LogError(f"{archive.name} is packed in a way that cannot be read. Unpack it first.") from error
        except OSError as error:
            raise LogError(f"{archive.name} cannot be unpacked: {error.strerror or error}.") from error
        yield folder


def _checked(packed: zipfile.ZipFile, archive: Path) -> list[zipfile.ZipInfo]:
    """The members that may be parts of the log, if no member of the archive is dangerous."""
    seen: set[str] = set()
    for member in packed.infolist():
        if problem := _problem(member):
            raise LogError(f"{archive.name} is not unpacked: {member.filename[:60]!r} {problem}.")
        if member.filename in seen:
            raise LogError(f"{archive.name} is not unpacked: it has two files {member.filename[:60]!r}.")
        seen.add(member.filename)
    members = [member for member in packed.infolist() if not member.is_dir()]
    if sum(member.file_size for member in members) > MOST * archive.stat().st_size:
        raise LogError(f"{archive.name} is not unpacked: it would grow more than {MOST} times.")
    return [member for member in members if all(map(_may_be_log, map(Path, PurePosixPath(member.filename).parts)))]


def _problem(member: zipfile.ZipInfo) -> str:
    """Why a member must not be unpacked; empty if it may."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", str(path)):
        return "would be written elsewhere"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 0x1:
        return "is encrypted; unpack it with its password"
    if member.file_size > MOST * max(member.compress_size, 1):
        return f"would grow more than {MOST} times"
    return ""


def _check_room(archive: Path, size: int, folder: Path) -> None:
    """Whether there is room for what will be unpacked."""
    if size > shutil.disk_usage(folder).free:
        where = folder.parent.parent
        raise LogError(f"{archive.name} needs {size / 1e9:.1f} GB in {where}. Make room there, or set TMPDIR.")
