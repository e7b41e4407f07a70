"""Keys: made once, readable by their owner only, never in the output's folder."""

import os
import re
from pathlib import Path

import pytest

from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.recipes.key_file import check_apart, make_key, read_key


def test_a_new_key_is_32_bytes_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "key"
    key = make_key(path)
    assert len(key) == 32
    assert re.fullmatch("[0-9a-f]{64}\n", path.read_text())
    assert read_key(path) == key != make_key(tmp_path / "other")
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_file_is_never_replaced(tmp_path: Path):
    path = tmp_path / "key"
    path.write_text("mine")
    with pytest.raises(StorageError, match="Cannot write the key file .*key: File exists"):
        make_key(path)
    with pytest.raises(StorageError, match="No such file or directory"):
        make_key(tmp_path / "no" / "key")
    assert path.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"mine", b"\xff", b"ab" * 15, b"abc"])
def test_what_holds_no_key(tmp_path: Path, content: bytes):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(KTError, match="holds no key: 64 hexadecimal digits are wanted"):
        read_key(path)


def test_a_missing_key_and_a_folder(tmp_path: Path):
    with pytest.raises(KTError, match=r"There is no key file .*key. `data convert LOG OUT --pseudonymise .*key` makes"):
        read_key(tmp_path / "key")
    with pytest.raises(KTError, match="Cannot read the key file"):
        read_key(tmp_path)


@pytest.mark.parametrize(
    ("paths", "apart"),
    [
        ("key out/own.parquet log.csv", True),
        ("out/key out/own.parquet log.csv", False),
        ("out/deep/key out/own.parquet log.csv", False),
        ("out/../key out/own.parquet log.csv", True),
        ("key own.parquet log.csv", True),  # a folder with the log in it tells who is who anyway
        ("key own.parquet deep/log.csv", True),
        ("own.parquet own.parquet log.csv", False),
        ("own.parquet.ingest/key own.parquet log.csv", False),
        ("buckets/key buckets log.csv", False),
    ],
)
def test_a_key_lies_apart_from_what_is_handed_on(tmp_path: Path, monkeypatch, paths, apart):
    monkeypatch.chdir(tmp_path)
    key, out, log = map(Path, paths.split())
    if apart:
        check_apart(key, out, [log])
    else:
        with pytest.raises(KTError, match="would lie in the output's folder"):
            check_apart(key, out, [log])
