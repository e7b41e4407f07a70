"""Tests of compiling at first use."""

import logging
import shutil
import stat
from pathlib import Path

import pytest

from kt_fewshot.compiled import build, library
from kt_fewshot.compiled.build import COMPILERS

needs_compiler = pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="there is no C++ compiler")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of one function, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "twice.cpp"
    path.write_text('extern "C" int twice(int n) { return 2 * n; }\n')
    return path


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "kt-fewshot").iterdir())


@needs_compiler
def test_compiled_once_and_kept(source: Path, tmp_path: Path) -> None:
    found = library(source)
    assert found is not None
    assert found.twice(21) == 42
    (first,) = kept(tmp_path)
    library.cache_clear()
    before = first.stat().st_mtime_ns
    assert library(source) is not None
    assert [path.stat().st_mtime_ns for path in kept(tmp_path)] == [before]


@needs_compiler
def test_another_text_is_another_library(source: Path, tmp_path: Path) -> None:
    assert library(source) is not None
    source.write_text('extern "C" int twice(int n) { return n + n; }\n')
    library.cache_clear()
    assert library(source) is not None
    assert len(kept(tmp_path)) == 2


@needs_compiler
def test_what_does_not_compile_is_told_in_one_line(
    source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source.write_text("no C++\n")
    with caplog.at_level(logging.INFO):
        assert library(source) is None
    assert len(caplog.records) == 1
    assert "twice.cpp was not compiled" in caplog.text
    assert kept(tmp_path) == []


def test_without_a_compiler_there_is_none(
    source: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with caplog.at_level(logging.INFO):
        assert library(source) is None
    assert "there is no C++ compiler" in caplog.text


@needs_compiler
def test_a_cache_that_cannot_be_written_to_is_done_without(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise PermissionError("read-only")

    monkeypatch.setattr(build, "_cache_folder", refuse)
    found = library(source)
    assert found is not None
    assert found.twice(4) == 8


def test_the_cache_is_the_users_own(source: Path, tmp_path: Path) -> None:
    library(source)
    folder = tmp_path / "cache" / "kt-fewshot"
    assert not folder.exists() or stat.S_IMODE(folder.stat().st_mode) == 0o700
