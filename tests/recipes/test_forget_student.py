"""A student is forgotten wherever this program wrote, and nowhere else."""

import json
from pathlib import Path

import polars as pl
import pytest
from _cli import TINY, cli, small_log

from kt_fewshot.data import pseudonym, read_cached, read_log
from kt_fewshot.errors import KTError, StorageError
from kt_fewshot.recipes import convert_log, forget_student
from kt_fewshot.recipes.key_file import read_key
from kt_fewshot.storage import RunFolder

LOG = Path("log.csv")
STUDENT = "student-007"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with a log of 24 students; the eighth is called as another but for a zero."""
    monkeypatch.chdir(tmp_path)
    log = small_log()
    first, other = log["student"].unique(maintain_order=True)[:2]
    log.with_columns(pl.col("student").replace({first: STUDENT, other: "student-7"})).write_csv(LOG)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run and its predictions."""
    folder = tmp_path_factory.mktemp("trained")
    small_log().write_csv(folder / "good.csv")
    assert cli("dkt", "train", folder / "good.csv", *TINY, "--out", folder / "run").code == 0
    assert cli("dkt", "predict", folder / "run", folder / "good.csv", "--out", folder / "run" / "said.csv").code == 0
    return folder


def rows(student: str = STUDENT, path: Path = LOG) -> int:
    return pl.read_csv(path, infer_schema=False).filter(student=student).height


def bytes_of(*paths: Path) -> bytes:
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return b"\n".join(file.read_bytes() for file in files)


def test_out_of_one_file_and_nothing_else():
    for name in ("own.parquet", "own.csv"):
        convert_log([LOG], Path(name))
        before = LOG.read_bytes()
        told = forget_student(STUDENT, [Path(name)])
        assert told["removed"] == [
            {"path": str(Path(name).resolve()), "what": "converted log", "rows": rows()},
            {"path": str(Path(f"{name}.ingest/ingest.json")), "what": "warning", "rows": 0},
        ]
        assert told["logs"] == ["log.csv"]
        assert LOG.read_bytes() == before
        found, whole = (read_log(path).interactions for path in (name, LOG))
        assert found.n_students == 23
        wanted = whole.where(pl.col("student") != STUDENT)
        assert found.table.drop("file", "row").equals(wanted.table.drop("file", "row"))
        assert STUDENT.encode() not in bytes_of(Path(name), Path(f"{name}.ingest"))
        assert b"(forgotten)" in bytes_of(Path(f"{name}.ingest"))


def test_out_of_buckets_and_cache():
    convert_log([LOG], Path("own"), buckets=4)
    read_cached([LOG], Path("cache"))
    others = small_log(3, seed=5)
    others.with_columns(student="other" + others["student"]).write_csv("other.csv")
    read_cached([Path("other.csv")], Path("cache"))
    told = forget_student(STUDENT, [Path("own"), Path("cache")])
    assert [(one["what"], one["rows"]) for one in told["removed"]] == [
        ("converted log", rows()),
        ("warning", 0),
        ("cached log", rows()),
    ]
    assert told["rows"] == 2 * rows()
    assert read_log("own").interactions.n_students == 23
    assert len(list(Path("cache").glob("*/log.parquet"))) == 1
    assert STUDENT.encode() not in bytes_of(Path("own"), Path("own.ingest"), Path("cache"))


def test_a_damaged_cache_that_may_hold_the_student_goes_too():
    read_cached([LOG], Path("cache"))
    next(Path("cache").glob("*/log.parquet")).write_bytes(b"PAR1")
    told = forget_student("anybody", [Path("cache")])
    assert [(one["what"], one["rows"]) for one in told["removed"]] == [("cached log", None)]
    assert not list(Path("cache").glob("*/"))


def test_the_working_folder_unless_told():
    convert_log([LOG], Path("own.parquet"))
    Path("deep/er").mkdir(parents=True)
    convert_log([LOG], Path("deep/er/own.csv"))
    told = forget_student(STUDENT)
    assert {one["path"] for one in told["removed"] if one["rows"]} == {"own.parquet", "deep/er/own.csv"}
    assert rows() > 0


def test_a_pseudonym_by_the_key_and_an_address_without():
    convert_log([LOG], Path("own.parquet"), pseudonymise=Path("key"))
    with pytest.raises(KTError, match="was found nowhere"):
        forget_student(STUDENT)
    hidden = pseudonym(STUDENT, read_key(Path("key")))
    assert hidden in set(pl.read_parquet("own.parquet")["student"])
    assert forget_student(STUDENT, key=Path("key"))["rows"] == rows()
    assert hidden not in set(pl.read_parquet("own.parquet")["student"])
    text = LOG.read_text().replace(STUDENT, "ann@school.org")
    LOG.write_text(text)
    convert_log([LOG], Path("own.parquet"))
    assert pseudonym("ann@school.org") in set(pl.read_parquet("own.parquet")["student"])
    assert forget_student("ann@school.org", [Path("own.parquet")])["rows"] == rows("ann@school.org")


def test_found_nowhere_changes_nothing():
    convert_log([LOG], Path("own.parquet"))
    before = bytes_of(Path())
    with pytest.raises(KTError) as caught:
        forget_student("student-0007", [Path("own.parquet"), Path()])
    assert str(caught.value) == (
        "Student 'student-0007' was found nowhere in own.parquet, . (1 tables and cached logs were looked through). "
        "Ids are taken as they are written: '007' is not '7'."
    )
    assert bytes_of(Path()) == before


def test_paths_that_overlap_are_looked_through_once():
    convert_log([LOG], Path("own.parquet"))
    read_cached([LOG], Path("cache"))
    told = forget_student(STUDENT, [Path("own.parquet"), Path(), Path("cache"), Path("cache").absolute()])
    assert told["rows"] == 2 * rows()


def test_a_dry_run_changes_nothing():
    convert_log([LOG], Path("own.parquet"))
    read_cached([LOG], Path("cache"))
    before = bytes_of(Path())
    told = forget_student(STUDENT, dry_run=True)
    assert (told["rows"], told["dry_run"]) == (2 * rows(), True)
    assert bytes_of(Path()) == before
    assert forget_student(STUDENT)["removed"] == told["removed"]


def test_what_this_program_did_not_write_is_refused_or_left():
    with pytest.raises(
        KTError, match=r"log.csv is no table that this program wrote, and other logs are never changed."
    ):
        forget_student(STUDENT, [LOG])
    with pytest.raises(KTError, match=r"There is no file or folder none\."):
        forget_student(STUDENT, [Path("none")])
    convert_log([LOG], Path("own.parquet"))
    Path("bad.parquet").write_bytes(b"PAR1")
    before = bytes_of(Path())
    with pytest.raises(StorageError, match=r"bad.parquet cannot be read"):
        forget_student(STUDENT)
    assert bytes_of(Path()) == before


def test_a_link_is_followed_where_it_is_named_and_left_where_it_is_not():
    Path("real").mkdir()
    convert_log([LOG], Path("real/own.parquet"))
    Path("link.parquet").symlink_to("real/own.parquet")
    assert len([one for one in forget_student(STUDENT, dry_run=True)["removed"] if one["rows"]]) == 1
    forget_student(STUDENT, [Path("link.parquet")])
    assert Path("link.parquet").is_symlink()
    assert STUDENT not in set(pl.read_parquet("real/own.parquet")["student"])


class TestRuns:
    def copied(self, trained: Path) -> tuple[Path, str, str]:
        """The run here, one of its training students and one of its test students."""
        import shutil

        shutil.copytree(trained / "run", "run")
        split = pl.read_csv("run/split.csv")
        return Path("run"), *(split.filter(part=part)["student"][0] for part in ("train", "test"))

    def test_tables_lose_the_student_and_models_are_named(self, trained):
        run, learned, _ = self.copied(trained)
        log = pl.read_csv(trained / "good.csv")
        told = forget_student(learned, [run])
        assert {one["path"]: one["what"] for one in told["removed"]} == {
            "run/said.csv": "predictions",
            "run/split.csv": "split",
        }
        assert told["models"] == ["run"]
        assert told["logs"] == [str(trained / "good.csv")]
        assert learned.encode() not in bytes_of(run)
        assert pl.read_csv("run/said.csv").height == log.filter(pl.col("student") != learned).height
        assert cli("dkt", "predict", run, trained / "good.csv").code == 0  # the model is whole

    def test_a_test_student_leaves_no_trace_in_the_weights_but_one_in_the_report(self, trained):
        run, learned, tested = self.copied(trained)
        (run / "report.html").write_text("whatever it tells")
        forget_student(learned, [Path()])
        assert (run / "report.html").exists()
        told = forget_student(tested, [Path()])
        assert {one["what"] for one in told["removed"]} == {"mastery", "predictions", "split", "report"}
        assert told["models"] == []
        assert not (run / "report.html").exists()
        assert tested.encode() not in bytes_of(run)

    def test_a_run_that_is_being_written_is_left_alone(self, trained):
        run, learned, _ = self.copied(trained)
        before = bytes_of(run)
        with RunFolder(run).writing(), pytest.raises(StorageError, match="Another training writes run"):
            forget_student(learned, [run])
        assert bytes_of(run) == before

    def test_what_a_killed_training_left_of_the_answers_goes(self, trained):
        run, learned, _ = self.copied(trained)
        (run / ".stores" / "train").mkdir(parents=True)
        assert "answers as numbers" in {one["what"] for one in forget_student(learned, [run])["removed"]}
        assert not (run / ".stores").exists()

    def test_a_table_of_any_name_in_a_run_is_one(self, trained):
        run, learned, _ = self.copied(trained)
        pl.DataFrame({"student": [learned, "x"], "odd": [1, 2]}).write_csv(run / "fold-1.csv")
        assert "table" in {one["what"] for one in forget_student(learned, [run])["removed"]}
        assert pl.read_csv(run / "fold-1.csv").rows() == [("x", 2)]


def test_accounts_of_other_outputs_say_nothing_of_logs():
    small_log(3, seed=4).with_columns(student="x" + small_log(3, seed=4)["student"]).write_csv("other.csv")
    convert_log([Path("other.csv")], Path("other.parquet"))
    convert_log([LOG], Path("own.parquet"))
    assert forget_student(STUDENT)["logs"] == ["log.csv"]
    assert json.loads(Path("own.parquet.ingest/ingest.json").read_text())["kept"] > 0
