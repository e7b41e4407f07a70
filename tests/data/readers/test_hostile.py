"""Files that make CSV engines stumble or lie: each is read right, or refused in one line."""

import gzip
import lzma
from pathlib import Path

import pytest

from kt_fewshot.data.readers import Log, read_log
from kt_fewshot.errors import LogError

HEADER = "student,item,skill,correct,note"
GOOD = [
    f"{student},i{number % 7},k{number % 3},{number % 2},fine" for number in range(150) for student in ("ann", "bob")
]
"""300 answers: one bad record more is below the 1 % that may be rejected."""


def read(tmp_path: Path, content: bytes, name: str = "log.csv") -> Log:
    path = tmp_path / name
    path.write_bytes(content)
    log = read_log(path)
    told = log.ingest
    assert told.rows_read == told.kept + told.merged + sum(told.set_aside.values()) + told.n_rejected
    return log


def text_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def plain(log: Log) -> list[tuple]:
    table = log.interactions.table.sort("row")
    return table.select("student", "item", "skills", "correct").rows()


EXPECTED = [
    (student, item, skill, int(correct)) for student, item, skill, correct, _ in (row.split(",") for row in GOOD)
]
GOOD_TEXT = text_of(*GOOD)

SAME = {
    "utf-8 with a mark": GOOD_TEXT.encode("utf-8-sig"),
    "utf-16": GOOD_TEXT.encode("utf-16"),
    "utf-16 without a mark": GOOD_TEXT.encode("utf-16-le"),
    "utf-32": GOOD_TEXT.encode("utf-32"),
    "semicolons": GOOD_TEXT.replace(",", ";").encode(),
    "tabs": GOOD_TEXT.replace(",", "\t").encode(),
    "bars": GOOD_TEXT.replace(",", "|").encode(),
    "carriage returns only": GOOD_TEXT.replace("\n", "\r").encode(),
    "windows line ends": GOOD_TEXT.replace("\n", "\r\n").encode(),
    "mixed line ends": GOOD_TEXT.replace("ann", "\nann").replace("\n\n", "\r\n").encode(),
    "no line end at the end": GOOD_TEXT.removesuffix("\n").encode(),
    "blank lines": GOOD_TEXT.replace("\nbob", "\n\n  \nbob").encode() + b"\n\n\n",
    "quotes everywhere": "\n".join(
        f'"{line.replace(",", chr(34) + "," + chr(34))}"' for line in GOOD_TEXT.split()
    ).encode(),
    "line ends within fields": GOOD_TEXT.replace("fine", '"not,\nso ""fine"""').encode(),
    "a quote within a field": GOOD_TEXT.replace("i1,k1,1,fine", 'i1,k1,1,5" screen').encode(),
    "a line that tells the separator": b"sep=,\n" + GOOD_TEXT.encode(),
    "blanks around the names": GOOD_TEXT.replace(HEADER, "student, item ,skill ,\ufeffcorrect,note").encode(),
    "an index column": "\n".join(f"{number or ''},{row}" for number, row in enumerate(GOOD_TEXT.split())).encode(),
    "a repeated column that does not matter": GOOD_TEXT.replace("note", "note,note").replace("fine", "a,b").encode(),
    "a stray byte": GOOD_TEXT.encode().replace(b"fine\nbob,i2", b"fi\xffne\nbob,i2"),
    "gzip": gzip.compress(GOOD_TEXT.encode(), mtime=0),
    "gzip in two members": gzip.compress(GOOD_TEXT[:99].encode(), mtime=0)
    + gzip.compress(GOOD_TEXT[99:].encode(), mtime=0),
    "xz": lzma.compress(GOOD_TEXT.encode()),
}


@pytest.mark.parametrize("kind", SAME)
def test_however_it_is_written_it_is_the_same_log(tmp_path: Path, kind: str):
    log = read(tmp_path, SAME[kind])
    assert plain(log) == EXPECTED
    assert log.interactions.table["row"].sort().to_list() == list(range(1, 301))


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-8", "utf-8")])
@pytest.mark.parametrize("far", [0, 20000])
def test_letters_beyond_ascii(tmp_path: Path, encoding: str, name: str, far: int):
    word = "Zoë\u2013" if encoding == "cp1252" else "Zoë"
    content = text_of(*GOOD, *["cid,i,k,1,"] * far, f"{word},i,k,1,", f"{word},i,k,0,")
    log = read(tmp_path, content.encode(encoding))
    assert log.interactions.table["student"].unique(maintain_order=True)[-1] == word
    assert log.ingest.encoding == name


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("cid,i,k,1,fine,more", "6 fields instead of 5"),
        ("cid,i,k", "3 fields instead of 5"),
        ('cid,i,k,1,"open', "a quote is not closed"),
        ('cid,i,k,1,"open"too', "text follows a closing quote"),
        ("cid,i,k,maybe,fine", "the outcome is 'maybe'"),
        ("cid,i,k,nan1,fine", "the outcome is 'nan1'"),
        ("cid,i,k,1e999,fine", "the outcome is '1e999'"),
        (",i,k,1,fine", "no student"),
    ],
)
def test_one_bad_record_is_rejected_and_costs_no_other(tmp_path: Path, row: str, reason: str):
    log = read(tmp_path, text_of(*GOOD[:150], row, *GOOD[150:]).encode())
    assert plain(log) == EXPECTED
    assert log.ingest.rejected.rows() == [(0, 151, 152, reason)]
    with pytest.raises(LogError, match=r"cannot be read .* in line 7: "):
        read(tmp_path, text_of(*GOOD[:5], row, *GOOD[5:9]).encode())


def test_a_forgotten_quote_in_the_first_lines(tmp_path: Path):
    log = read(tmp_path, text_of('cid,i,k,1,"open', *GOOD).encode())
    assert plain(log) == EXPECTED


def test_ids_are_names(tmp_path: Path):
    names = [
        "007",
        "7",
        "10.0",
        "10",
        "NA",
        "nan",
        "null",
        "None",
        "True",
        "1e5",
        "100000",
        "9" * 24,
        "9" * 23 + "8",
        "=1+1",
    ]
    log = read(tmp_path, text_of(*[f"{name},{name},{name},1," for name in names * 2]).encode())
    assert log.interactions.table["student"].unique(maintain_order=True).to_list() == names
    assert log.interactions.table["item"].unique(maintain_order=True).to_list() == names
    assert log.interactions.skill_names() == sorted(names)


def test_an_id_that_becomes_text_late(tmp_path: Path):
    rows = [f"{number // 2},i,k,1," for number in range(10001)] + ["x1,i,k,1,", "05,i,k,1,"]
    students = read(tmp_path, text_of(*rows).encode()).interactions.table["student"]
    assert students.to_list()[-2:] == ["x1", "05"]
    assert students[0] == "0"


def test_a_repeated_column_that_matters_is_told(tmp_path: Path):
    with pytest.raises(LogError, match="Column `skill` occurs 2 times in log.csv"):
        read(tmp_path, GOOD_TEXT.replace("note", "skill").encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "log.csv is empty"),
        (b"\xef\xbb\xbf\n", "log.csv is empty"),
        (HEADER.encode() + b"\n", "log.csv has no records, only a header"),
        (GOOD_TEXT.split("\n", 1)[1].encode(), "the columns have no names"),
        (b"student\nann\nbob\n", "Cannot tell the format of log.csv"),
        (b"\x00\x01\x02\x03" * 99, "not a text file"),
        (GOOD_TEXT.encode() + b"\x00" * 4096, "not a text file"),
        (GOOD_TEXT.encode() * 20 + b"\x00" * 4096, "not a text file"),
        (GOOD_TEXT.encode("utf-16") + b"\x00\xd8", "looks like utf-16 but is not"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a text file"),
        (gzip.compress(GOOD_TEXT.encode(), mtime=0)[:-5], "cut off or damaged"),
        (gzip.compress(GOOD_TEXT.encode(), mtime=0)[:40], "cut off or damaged"),
        (b"\x1f\x8b" + b"rubbish" * 9, "cut off or damaged"),
        (lzma.compress(GOOD_TEXT.encode())[:-20], "cut off or damaged"),
        (b'{"statements": []}', "Cannot tell the format of log.csv"),
        (b"<html><body>Please log in, friend</body></html>", "is an HTML or XML page"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str):
    with pytest.raises(LogError, match=message) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_folders_and_missing_files_are_told(tmp_path: Path):
    with pytest.raises(LogError, match="There is no log in"):
        read_log(tmp_path)
    with pytest.raises(LogError, match="There is no file"):
        read_log(tmp_path / "none.csv")
    with pytest.raises(LogError, match="No log was given"):
        read_log([])
