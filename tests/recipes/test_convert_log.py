"""Any log in, the toolkit's own columns out: to the last value, however the log was written."""

import gzip
import json
import re
from pathlib import Path

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.data import pseudonym, read_log
from kt_fewshot.errors import KTError, LogError, StorageError
from kt_fewshot.recipes import ReadSettings, convert_log
from kt_fewshot.recipes.key_file import read_key

HEADER = "user_id,problem_id,skill,correct,timestamp,ms_first_response,hint_count,note"
ROWS = [
    f"u{k % 11:03},p{k % 7},k{k % 3},{k % 2},{1_500_000_000_000 + k * 7919 % 100_000},{k * 37},{k % 4},fine"
    for k in range(400)
]
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"
TWICE = "\n".join(
    [
        HEADER,
        *(
            row.replace(f",k{s},", f",{name},")
            for row in ROWS
            for s in range(3)
            if f",k{s}," in row
            for name in ("x", "y")
        ),
    ]
)

LOGS = {
    "in no order": PLAIN.encode(),
    "dates": "\n".join(
        [HEADER, *(re.sub(r"15000000(\d)(\d)\d*", r"2017-07-14 02:\1\2:00", row) for row in ROWS)]
    ).encode(),
    "a row a skill": TWICE.encode(),
    "latin-1": PLAIN.replace("fine", "schön").replace("u003", "ü").encode("latin-1"),
    "utf-16": PLAIN.encode("utf-16"),
    "semicolons, windows line ends": PLAIN.replace(",", ";").replace("\n", "\r\n").encode(),
    "line ends within fields": PLAIN.replace("fine", '"not\n""fine"", no"').encode(),
    "bad lines, no outcomes, no students": (
        PLAIN.replace(",1,1500000000990,", ",,1,") + "short,line\n" + "u1,p1,k1,maybe,1,1,1,x\n" + ",p1,k1,1,1,1,1,x\n"
    ).encode(),
    "ids that look alike": PLAIN.replace("u003", "007").replace("u004", "7").replace("u005", "NA").encode(),
    "no times": PLAIN.replace("timestamp", "other").encode(),
    "one time": "\n".join(
        [HEADER, *(",".join([*row.split(",")[:4], "5", *row.split(",")[5:]]) for row in ROWS)]
    ).encode(),
    "lists of skills": PLAIN.replace("k1", "k0~~k2").encode(),
    "gzip": gzip.compress(PLAIN.encode(), mtime=0),
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("out", ["own.csv", "own.parquet"])
def test_what_is_written_is_read_as_the_same_answers(out):
    small_log(4).write_csv("log.csv")
    convert_log([Path("log.csv")], Path(out))
    before, after = (ReadSettings().read(Path(name)).interactions.table for name in ("log.csv", out))
    same = ["student", "item", "skills", "correct", "time", "hints", "attempts", "group"]
    assert before.select(same).equals(after.select(same))


def test_parts_become_one_log_and_columns_can_be_named():
    log = small_log(4).rename({"skills": "what"})
    log.head(10).write_csv("a.csv")
    log.tail(-10).write_csv("b.csv")
    written = convert_log([Path("a.csv"), Path("b.csv")], Path("own.parquet"), read={"columns": {"skill": "what"}})
    assert written["rows"] == log.height == pl.read_parquet("own.parquet").height


def test_a_log_that_cannot_be_read_leaves_nothing():
    Path("empty.csv").write_text("")
    with pytest.raises(LogError):
        convert_log([Path("empty.csv")], Path("own.csv"))
    assert [path.name for path in Path().iterdir()] == ["empty.csv"]


@pytest.mark.parametrize("name", LOGS)
def test_what_is_written_is_what_is_read(tmp_path: Path, name: str):
    path, out = tmp_path / "log.csv", tmp_path / "own.parquet"
    path.write_bytes(LOGS[name])
    log = ReadSettings().read(path)
    told = convert_log([path], out)
    assert pl.read_parquet(out).equals(log.interactions.table)
    assert told["rows"] == len(log.interactions)
    assert told["read_as"] == log.ingest.sentence
    assert (tmp_path / "own.parquet.ingest" / "ingest.json").read_text() == log.ingest.to_json() + "\n"
    assert (tmp_path / "own.parquet.ingest" / "rejects.csv").read_text() == log.ingest.rejects_csv()
    assert read_log(out).interactions.table.drop("file", "row").equals(log.interactions.table.drop("file", "row"))


def test_the_samples_are_what_they_are_called(tmp_path: Path):
    """The logs above do come in another order, merged, set aside and rejected."""
    told = {}
    for name, content in LOGS.items():
        (tmp_path / "log.csv").write_bytes(content)
        convert_log([tmp_path / "log.csv"], tmp_path / "own.parquet")
        told[name] = json.loads((tmp_path / "own.parquet.ingest" / "ingest.json").read_text())
    assert (told["a row a skill"]["kept"], told["a row a skill"]["merged"]) == (400, 400)
    assert told["bad lines, no outcomes, no students"]["rejected"] == 3
    assert "in order of time" in told["in no order"]["decisions"]
    assert "in the order given" in told["one time"]["decisions"]
    assert any(decision.startswith("time read as dates") for decision in told["dates"]["decisions"])
    assert told["gzip"]["compression"] == "gzip"


def test_buckets_hold_the_same_answers(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text(PLAIN)
    told = convert_log([path], tmp_path / "own", buckets=4)
    assert (told["rows"], Path(told["out"])) == (400, tmp_path / "own")
    own, expected = read_log(tmp_path / "own").interactions, read_log(path).interactions
    assert own.n_students == expected.n_students == 11
    for student in expected.table["student"].unique():
        found, wanted = (log.table.filter(student=student).drop("file", "row") for log in (own, expected))
        assert found.equals(wanted)
    with pytest.raises(StorageError, match="own exists already"):
        convert_log([path], tmp_path / "own", buckets=4)


def test_progress_is_told(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text(PLAIN)
    heard: list[tuple[int, int]] = []
    convert_log([path], tmp_path / "own.parquet", watch=lambda records, size: heard.append((records, size)))
    assert sum(records for records, _ in heard) == 400
    assert sum(size for _, size in heard) == path.stat().st_size - len(HEADER) - 1


def test_a_header_alone_or_a_wrong_setting_leaves_nothing(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("student,skill,correct\n")
    with pytest.raises(LogError, match="no records"):
        convert_log([path], tmp_path / "own.parquet")
    with pytest.raises(KTError, match="no setting `kcs`"):
        convert_log([path], tmp_path / "own.parquet", read={"kcs": 1})
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.csv"]


class TestPseudonyms:
    @pytest.mark.parametrize("buckets", [None, 3])
    def test_every_student_is_hashed_by_the_key(self, tmp_path: Path, buckets):
        log, out, key = tmp_path / "log.csv", tmp_path / "own.parquet", tmp_path / "key"
        log.write_text(PLAIN)
        told = convert_log([log], out, buckets=buckets, pseudonymise=key)
        assert (told["key"], told["key_is_new"], told["rows"]) == (str(key), True, 400)
        plain, hidden = (read_log(path).interactions.table for path in (log, out))
        secret = read_key(key)
        expected = plain.with_columns(pl.col("student").map_elements(lambda s: pseudonym(s, secret), pl.String))
        order = ["student", "time", "item"]
        same = [name for name in plain.columns if name not in ("file", "row")]
        assert hidden.select(same).sort(order).equals(expected.select(same).sort(order))
        assert "11 students hashed" in told["read_as"]
        account = json.loads((tmp_path / "own.parquet.ingest" / "ingest.json").read_text())
        assert account["hashed"] == 11
        again = convert_log([log], tmp_path / "again.parquet", pseudonymise=key)
        assert again["key_is_new"] is False
        assert set(read_log(tmp_path / "again.parquet").interactions.table["student"]) == set(hidden["student"])

    def test_no_name_is_left_in_what_is_written(self, tmp_path: Path):
        log = tmp_path / "log.csv"
        names = PLAIN.replace("u003", "Ann@school.org").replace("u004", "Zoe").replace("u005", "zoe")
        log.write_text(names.replace("note", "class").replace("fine", "mr.x@school.org") + "Lone,p1,k1,1,1,1,1,c\n")
        out = tmp_path / "out"
        out.mkdir()
        convert_log([log], out / "own.csv", pseudonymise=tmp_path / "key")
        written = {path: path.read_text() for path in out.rglob("*") if path.is_file()}
        assert len(written) == 3
        warnings = json.loads(written[out / "own.csv.ingest" / "ingest.json"])["warnings"]
        secret = read_key(tmp_path / "key")
        assert f"such as '{pseudonym('Lone', secret)}'" in warnings[0]
        assert "student ids differ" in warnings[1]
        for name in ("Ann", "Zoe", "zoe", "mr.x", "Lone", "u006", "school.org"):
            assert not any(name in text for text in written.values()), name

    def test_a_key_within_the_output_is_refused_before_anything_is_read(self, tmp_path: Path):
        (tmp_path / "out").mkdir()
        with pytest.raises(KTError, match="would lie in the output's folder"):
            convert_log([tmp_path / "none.csv"], tmp_path / "out" / "own.csv", pseudonymise=tmp_path / "out" / "key")
        assert list(tmp_path.rglob("*")) == [tmp_path / "out"]

    def test_a_log_that_cannot_be_read_makes_no_key(self, tmp_path: Path):
        (tmp_path / "log.csv").write_text("student,skill,correct\n")
        with pytest.raises(LogError, match="no records"):
            convert_log([tmp_path / "log.csv"], tmp_path / "own.csv", pseudonymise=tmp_path / "key")
        assert not (tmp_path / "key").exists()

    @pytest.mark.parametrize("read", [{"keep_names": True}, {"key": "key"}])
    def test_other_settings_of_names_exclude_it(self, tmp_path: Path, read):
        (tmp_path / "log.csv").write_text(PLAIN)
        with pytest.raises(KTError, match=f"`pseudonymise` and `{next(iter(read))}` exclude each other."):
            convert_log([tmp_path / "log.csv"], tmp_path / "own.csv", read=read, pseudonymise=tmp_path / "key")

    def test_files_called_after_students_are_called_by_pseudonyms(self, tmp_path: Path):
        header, *rows = PLAIN.splitlines()
        for name in ("u003", "u004"):
            own = [row for row in rows if row.startswith(name)]
            (tmp_path / f"{name}.csv").write_text("\n".join([header, *own]) + "\n")
        (tmp_path / "out").mkdir()
        paths = [tmp_path / "u003.csv", tmp_path / "u004.csv"]
        convert_log(paths, tmp_path / "out" / "own.csv", pseudonymise=tmp_path / "key")
        files = json.loads((tmp_path / "out" / "own.csv.ingest" / "ingest.json").read_text())["files"]
        secret = read_key(tmp_path / "key")
        assert [Path(file).name for file in files] == [f"{pseudonym(n, secret)}.csv" for n in ("u003", "u004")]
