import errno
import json
import os
import resource
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import atomic_path, plain_json, write_bytes, write_json, write_text


@contextmanager
def largest_file(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_what_it_is_given(tmp_path):
    write_bytes(tmp_path / "a" / "b" / "c.bin", b"\x00\r\n\xff")
    write_text(tmp_path / "t.txt", "grün\n")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"\x00\r\n\xff"
    assert (tmp_path / "t.txt").read_bytes() == "grün\n".encode()
    assert names(tmp_path) == ["a", "t.txt"]


def test_the_old_file_stands_until_the_block_is_over(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert temporary.suffix == ".csv"
        assert temporary.parent == tmp_path
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failing_block_leaves_nothing(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(StorageError, match="No such file"), atomic_path(tmp_path / "x"):
        pass


def test_an_error_about_another_file_passes(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"elsewhere\.csv"), atomic_path(tmp_path / "x") as temporary:
        temporary.write_text((tmp_path / "elsewhere.csv").read_text())
    assert names(tmp_path) == []


def test_permissions_of_the_old_file_are_kept_and_a_new_one_follows_the_umask(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("old")
    path.chmod(0o600)
    write_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o600
    mask = os.umask(0o027)
    try:
        write_text(tmp_path / "new.txt", "")
    finally:
        os.umask(mask)
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640


def test_no_permission_is_one_line_with_path_and_reason(tmp_path, monkeypatch):
    def refuse(self, *args):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StorageError) as caught:
        write_bytes(tmp_path / "x.bin", b"1")
    assert str(caught.value) == f"Cannot write {tmp_path / 'x.bin'}: permission is missing."


def test_a_parent_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write .*x.txt: "):
        write_text(tmp_path / "file" / "x.txt", "")


@pytest.mark.parametrize("size", [0, 1, 4096, 99_999])
def test_a_file_the_system_cuts_leaves_the_old_one(tmp_path, size):
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    with largest_file(size), pytest.raises(StorageError) as caught:
        write_bytes(path, bytes(100_000))
    assert str(caught.value) == f"Cannot write {path}: the file would be larger than allowed here."
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x.bin"]


class FailsAt:
    """The call number `number` to a file function fails as on a full disk."""

    def __init__(self, monkeypatch, number, *, error=errno.ENOSPC):
        self.left, self.error = number, error
        for module, name in ((os, "open"), (os, "fsync"), (os, "replace")):
            monkeypatch.setattr(module, name, self._wrap(getattr(module, name)))
        monkeypatch.setattr(Path, "write_bytes", self._wrap(Path.write_bytes, half=True))

    def _wrap(self, function, *, half=False):
        def wrapped(*args, **kwargs):
            self.left -= 1
            if self.left == -1:
                if half:
                    function(args[0], args[1][: len(args[1]) // 2])
                raise OSError(self.error, os.strerror(self.error))
            return function(*args, **kwargs)

        return wrapped


@pytest.mark.parametrize(("error", "reason"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "Input/output error")])
def test_a_full_disk_at_any_call_leaves_the_old_file_or_the_new_one(tmp_path, error, reason):
    path = tmp_path / "x.bin"
    for number in range(20):
        path.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            fault = FailsAt(patch, number, error=error)
            try:
                write_bytes(path, b"new content")
            except StorageError as caught:
                assert str(caught) == f"Cannot write {path}: {reason}."
        assert path.read_bytes() in {b"old", b"new content"}
        assert names(tmp_path) == ["x.bin"]
        if fault.left >= 0:
            break
    assert number == 6  # write, open and flush the file, rename it, open and flush the folder: each has failed once
    assert path.read_bytes() == b"new content"


def test_json_is_strict_and_readable(tmp_path):
    write_json(tmp_path / "x.json", {"b": float("nan"), "a": [1, 2.5, True, None, "ü"], "inf": -np.inf})
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=pytest.fail) == {"b": None, "a": [1, 2.5, True, None, "ü"], "inf": None}
    assert list(json.loads(text)) == ["b", "a", "inf"]
    assert '"ü"' in text
    assert text.endswith("}\n")


def test_plain_json_knows_numpy_tuples_and_paths():
    value = {"n": np.int64(3), "x": np.float32(0.5), "nan": np.float32("nan"), "t": (1, Path("a/b")), "b": True}
    found = plain_json(value)
    assert found == {"n": 3, "x": 0.5, "nan": None, "t": [1, "a/b"], "b": True}
    assert [type(found[key]) for key in ("n", "x", "b")] == [int, float, bool]


def test_plain_json_names_the_place_of_what_it_does_not_know():
    with pytest.raises(TypeError, match=r"no set\. Found one at meta\['a'\]\[1\]"):
        plain_json({"a": [0, {1}]}, "meta")
    with pytest.raises(TypeError, match="Keys of a JSON object should be text. Found 1 at value"):
        plain_json({1: 2})
