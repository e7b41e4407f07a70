import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from kt_fewshot.data import read_cached
from kt_fewshot.data.log_key import log_key
from kt_fewshot.data.readers import Log, Options, containers, read_log
from kt_fewshot.data.readers.containers import archive_of
from kt_fewshot.errors import LogError

HEADER = "student,item,skill,correct\n"
PARTS = {
    "a.csv": HEADER + "ann,i,k,1\nbob,i,k,0\n",
    "b.csv": HEADER + "ann,j,k,0\n",
    "deep/c.csv": HEADER + "bob,j,k,1\n",
}
ROWS = [("ann", "i", 1, 0, 1), ("ann", "j", 0, 1, 1), ("bob", "i", 0, 0, 2), ("bob", "j", 1, 2, 1)]
BESIDE = {
    "README.md": "about",
    ".hidden/x.csv": "no",
    "__MACOSX/._a.csv": b"\x00\x05",
    "LICENSE": "mine",
    "Thumbs.db": b"\x00",
}


def folder(path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def packed(path: Path, files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def rows(log: Log) -> list[tuple]:
    return log.interactions.table.select("student", "item", "correct", "file", "row").rows()


def test_a_folder_of_files_is_one_log(tmp_path: Path):
    log = read_log(folder(tmp_path / "logs", {**PARTS, **BESIDE}))
    assert rows(log) == ROWS
    assert [Path(file).relative_to(tmp_path).as_posix() for file in log.ingest.files] == [
        f"logs/{name}" for name in PARTS
    ]
    assert log.ingest.format == "generic"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_is_one_log(tmp_path: Path, method: int):
    log = read_log(packed(tmp_path / "logs.zip", {**dict(reversed(PARTS.items())), **BESIDE}, method))
    assert rows(log) == ROWS
    assert [Path(file).relative_to(tmp_path).as_posix() for file in log.ingest.files] == [
        f"logs.zip/{name}" for name in PARTS
    ]
    assert log.ingest.compression == "zip"


def test_compressed_files_in_an_archive(tmp_path: Path):
    files = {f"{name}.gz": gzip.compress(content.encode(), mtime=0) for name, content in PARTS.items()}
    log = read_log(packed(tmp_path / "logs.zip", files))
    assert rows(log) == ROWS
    assert log.ingest.compression == "zip, gzip"


def test_a_file_in_an_archive(tmp_path: Path):
    archive = packed(tmp_path / "logs.zip", {**PARTS, "questions.csv": "question,skill\ni,k\n"})
    log = read_log([archive / "a.csv", archive / "deep"])
    assert log.ingest.files == (str(archive / "a.csv"), str(archive / "deep" / "c.csv"))
    with pytest.raises(LogError, match=r"There is no d.csv in logs.zip"):
        read_log(archive / "d.csv")


def test_bad_records_are_told_with_the_name_of_their_file(tmp_path: Path):
    files = {**PARTS, "b.csv": HEADER + "ann,j,k,0\nann,j,k\n"}
    log = read_log(packed(tmp_path / "logs.zip", files), max_bad=0.5)
    assert log.ingest.rejects_csv().splitlines()[1] == f"{tmp_path / 'logs.zip' / 'b.csv'},3,3 fields instead of 4"


def test_folders_that_a_reader_takes_whole(tmp_path: Path):
    files = {
        "EdNet/KT1/u1.csv": "timestamp,solving_id,question_id,user_answer,elapsed_time\n1,1,q1,a,5\n2,2,q2,b,5\n",
        "EdNet/contents/questions.csv": "question_id,correct_answer,tags\nq1,a,1\nq2,a,2\n",
    }
    for path in (packed(tmp_path / "ednet.zip", files), folder(tmp_path / "x", files) / "EdNet"):
        log = read_log(path)
        assert log.ingest.format == "ednet"
        assert log.interactions.table["correct"].to_list() == [1, 0]
    assert read_log(tmp_path / "ednet.zip").ingest.files == (str(tmp_path / "ednet.zip" / "EdNet"),)


def test_files_of_several_formats_are_not_one_log(tmp_path: Path):
    statement = (
        '[{"actor": {"openid": "a"}, "verb": {"id": "answered"}, "object": {"id": "q"}, "result": {"success": true}}]'
    )
    with pytest.raises(
        LogError, match=r"a.csv is of format 'generic', .*x.json of format 'xapi': they are not one log"
    ):
        read_log(packed(tmp_path / "logs.zip", {**PARTS, "x.json": statement}))
    with pytest.raises(LogError, match=r"Cannot tell the format of notes.txt"):
        read_log(packed(tmp_path / "logs.zip", {**PARTS, "notes.txt": "some words\n"}))
    with pytest.raises(LogError, match="There is no log in logs.zip"):
        read_log(packed(tmp_path / "logs.zip", BESIDE))
    with pytest.raises(LogError, match=r"inner.zip is a zip archive. Unpack it"):
        read_log(packed(tmp_path / "logs.zip", {"inner.zip": packed(tmp_path / "in.zip", PARTS).read_bytes()}))


def linked() -> zipfile.ZipInfo:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return link


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../a.csv", "would be written elsewhere"),
        ("x/../../a.csv", "would be written elsewhere"),
        ("..\\a.csv", "would be written elsewhere"),
        ("/etc/a.csv", "would be written elsewhere"),
        ("C:\\a.csv", "would be written elsewhere"),
        ("c:a.csv", "would be written elsewhere"),
        (linked(), "is a link"),
    ],
)
def test_dangerous_archives_are_not_unpacked(tmp_path: Path, name: str | zipfile.ZipInfo, problem: str):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("good.csv", PARTS["a.csv"])
        archive.writestr(name, PARTS["b.csv"])
    with pytest.raises(LogError, match=f"logs.zip is not unpacked: .* {problem}") as caught:
        read_log(tmp_path / "logs.zip")
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs.zip"]


def test_bombs_are_not_unpacked(tmp_path: Path):
    bomb = packed(tmp_path / "bomb.zip", {"a.csv": HEADER + "ann,i,k,1\n" * 10**6})
    with pytest.raises(LogError, match=r"'a.csv' would grow more than 100 times"):
        read_log(bomb)
    content = bytearray(packed(tmp_path / "logs.zip", {"a.csv": PARTS["a.csv"]}, zipfile.ZIP_STORED).read_bytes())
    entry = content[
        content.index(b"PK\x01\x02") : content.index(b"PK\x05\x06")
    ]  # the same bytes listed again and again
    many = b"".join(entry.replace(b"a.csv", b"%05d" % number) for number in range(2000))
    end = bytearray(content[content.index(b"PK\x05\x06") :])
    end[8:12] = (2000).to_bytes(2, "little") * 2
    end[12:16] = len(many).to_bytes(4, "little")
    (tmp_path / "logs.zip").write_bytes(content[: content.index(b"PK\x01\x02")] + many + end)
    with pytest.raises(LogError, match=r"logs.zip is (not unpacked: it would grow|cut off or damaged)"):
        read_log(tmp_path / "logs.zip")


def damaged(content: bytes) -> dict[str, bytes]:
    encrypted = bytearray(content)
    encrypted[content.index(b"PK\x01\x02") + 8] |= 1
    method = bytearray(content)
    method[content.index(b"PK\x01\x02") + 10] = 9  # Deflate64
    method[8] = 9
    wrong = bytearray(content)
    wrong[60] ^= 255
    return {
        "is encrypted": bytes(encrypted),
        "packed in a way that cannot be read": bytes(method),
        "cut off or damaged": content[:-30],
        "logs.zip is cut off or damaged": bytes(wrong),
        "There is no log in": packed_bytes({}),
        "it has two files": packed_bytes({"a.csv": "1"}, twice=True),
    }


def packed_bytes(files: dict[str, str], *, twice: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    content = out.getvalue()
    if not twice:
        return content
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, tail = content[start:end], bytearray(content[end:])
    tail[8:12] = (2).to_bytes(2, "little") * 2
    tail[12:16] = (2 * len(entry)).to_bytes(4, "little")
    return content[:start] + entry * 2 + bytes(tail)


@pytest.mark.parametrize("message", damaged(packed_bytes({"a.csv": "1"})).keys())
def test_archives_that_cannot_be_read(tmp_path: Path, message: str):
    content = packed(tmp_path / "x.zip", {"a.csv": PARTS["a.csv"] * 20}).read_bytes()
    (tmp_path / "logs.zip").write_bytes(damaged(content)[message])
    with pytest.raises(LogError, match=message) as caught:
        read_log(tmp_path / "logs.zip")
    assert "\n" not in str(caught.value)


def test_an_archive_larger_than_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(containers.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(LogError, match=r"logs.zip needs 0.0 GB in .*. Make room there, or set TMPDIR"):
        read_log(packed(tmp_path / "logs.zip", PARTS))


def test_a_folder_that_leads_to_itself(tmp_path: Path):
    folder(tmp_path / "logs", PARTS)
    (tmp_path / "logs" / "again").symlink_to(tmp_path / "logs")
    assert rows(read_log(tmp_path / "logs")) == ROWS


def test_what_is_an_archive(tmp_path: Path):
    archive = packed(tmp_path / "logs.zip", PARTS)
    assert archive_of(archive) == archive_of(archive / "a.csv") == archive
    assert archive_of(tmp_path) is None
    book = tmp_path / "book.xlsx"
    archive.rename(book)
    assert archive_of(book) is None
    with pytest.raises(LogError, match="Excel workbook"):
        read_log(book)


def test_cached(tmp_path: Path):
    archive = packed(tmp_path / "logs.zip", PARTS)
    files = [folder(tmp_path / "logs", PARTS), archive, archive / "a.csv"]
    assert len({log_key([path], None, Options()) for path in files}) == 3
    for path in files:
        first, again = (read_cached([path], tmp_path / "cache") for _ in range(2))
        assert again.ingest.files == first.ingest.files
        assert again.interactions.table.equals(first.interactions.table)
    moved = archive.rename(tmp_path / "moved.zip")
    (tmp_path / "new").mkdir()
    moved = moved.rename(tmp_path / "new" / "logs.zip")
    assert read_cached([moved], tmp_path / "cache").ingest.files[0] == str(moved / "a.csv")
