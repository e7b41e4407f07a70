"""What a user can get wrong: one clear line on standard error, exit code 2, nothing written half."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from _cli import REPOSITORY, TINY, cli, small_log

from kt_fewshot.storage import RunFolder

HEADER = "user_id,skill,correct,timestamp\n"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with a good log and nothing else."""
    monkeypatch.chdir(tmp_path)
    small_log().write_csv("good.csv")
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run."""
    folder = tmp_path_factory.mktemp("trained")
    small_log().write_csv(folder / "good.csv")
    assert cli("dkt", "train", folder / "good.csv", *TINY, "--out", folder / "run").code == 0
    return folder / "run"


def answers(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


LOGS = {
    "empty": (b"", "bad.csv is empty."),
    "only a header": (HEADER.encode(), "bad.csv has no records, only a header."),
    "binary": (bytes(range(256)) * 20, "bad.csv is not a text file"),
    "no outcome": (b"user_id,skill\n1,a\n1,b\n2,a\n", "bad.csv: the correct is not clear"),
    "no skill": (b"user_id,correct\n1,1\n1,0\n2,1\n2,0\n", "bad.csv: the skill is not clear"),
    "no skill and no item in any row": (answers(*(f"{k % 4},,{k % 2},{k}" for k in range(12))), "names neither skills"),
    "one student": (answers("1,a,1,1", "1,a,0,2", "1,b,1,3"), "Found 1 student for the fractions"),
    "two students": (answers("1,a,1,1", "1,a,0,2", "2,b,1,3"), "Found 2 students for the fractions"),
    "outcomes that are none": (answers("1,a,x,1", "1,a,y,2", "2,b,z,3"), "bad.csv"),
    "cut gzip": (bytes.fromhex("1f8b08000000000000ff4b"), "bad.csv"),
}


@pytest.mark.parametrize("name", LOGS)
def test_logs_that_cannot_be_learned_from(here, name):
    content, error = LOGS[name]
    Path("bad.csv").write_bytes(content)
    assert error in cli("dkt", "train", "bad.csv", *TINY).error
    assert not Path("runs").exists() or list(Path("runs").iterdir()) == []
    assert cli("dkt", "train", "bad.csv", *TINY, "--out", "mine").code == 2
    assert not Path("mine").exists()


@pytest.mark.parametrize("name", ["empty", "only a header", "binary", "no outcome", "cut gzip"])
def test_logs_that_cannot_be_used(here, trained, name):
    content, error = LOGS[name]
    Path("bad.csv").write_bytes(content)
    before = set(Path().iterdir())
    for command in (
        ["dkt", "evaluate", trained, "bad.csv", "--out", "out.json"],
        ["dkt", "predict", trained, "bad.csv", "--out", "out.csv"],
        ["dkt", "mastery", trained, "bad.csv", "--out", "out.csv"],
        ["data", "describe", "bad.csv"],
        ["data", "convert", "bad.csv", "out.csv"],
    ):
        assert error in cli(*command).error
    assert set(Path().iterdir()) == before


WRONG = {
    "log": (["nowhere.csv"], "There is no file nowhere.csv."),
    "folder": (["."], "."),
    "option": (["good.csv", "--epoch", 3], "No such option: --epoch (Possible options: --epochs). See"),
    "number": (["good.csv", "--epochs", "many"], "Invalid value for '--epochs'"),
    "split": (["good.csv", "--split", "random"], "`data.split` should be 'student' or 'time'. Found 'random'."),
    "protocol": (["good.csv", "--protocol", "x"], "`protocol` should be 'carried' or 'pykt-window'. Found 'x'."),
    "device": (["good.csv", "--device", "tpu"], "Unknown device 'tpu'. Choose auto, cpu or cuda."),
    "device that torch knows": (["good.csv", "--device", "meta"], "Unknown device 'meta'."),
    "device number": (["good.csv", "--device", "cuda:x"], "Unknown device 'cuda:x'."),
    "no such device": (["good.csv", "--device", "cuda:99"], "There is no CUDA device 'cuda:99' on this machine."),
    "simulator": (["--simulator", "elo"], "Unknown simulator 'elo'. Choose one of: bkt, dash, irt."),
    "too few students": (["--students", 2], "`data.students` should be greater than or equal to 3. Found 2."),
    "format": (["good.csv", "--format", "xls"], "Unknown format 'xls'. Choose one of: assistments2009,"),
    "column": (["good.csv", "--student", "nobody"], "nobody"),
    "threshold": (["good.csv", "--threshold", 2], "`data.read.threshold` should be less than or equal to 1."),
    "share of bad records": (
        ["good.csv", "--max-bad", -1],
        "`data.read.max_bad` should be greater than or equal to 0.",
    ),
    "epochs": (["good.csv", "--epochs", 0], "`model.epochs` should be greater than or equal to 1. Found 0."),
    "seed": (["good.csv", "--seed", -1], "`data.seed` should be greater than or equal to 0. Found -1."),
    "threads": (["good.csv", "--threads", 0], "`threads` should be greater than or equal to 1. Found 0."),
    "misspelt model option": (
        ["good.csv", "--set", "hiden=8"],
        "There is no setting `model.hiden`. Did you mean `hidden`?",
    ),
    "model option of nothing": (["good.csv", "--set", "zzz=8"], "There is no setting `model.zzz`."),
    "size": (["good.csv", "--set", "hidden=0"], "`model.hidden` should be greater than or equal to 1. Found 0."),
    "share": (["good.csv", "--set", "dropout=1"], "`model.dropout` should be less than 1. Found 1."),
    "type": (["good.csv", "--set", "hidden=big"], "`model.hidden` should be a valid integer"),
    "task": (["good.csv", "--set", "tasks=[correct, tennis]"], "`model.tasks` should be 'correct', 'mastery',"),
    "contradiction": (["good.csv", "--set", "waviness=1"], "The DKT+ regularisers belong to the plain model."),
    "no value": (["good.csv", "--set", "hidden"], "--set wants name=value, such as --set hidden=64. Found 'hidden'."),
    "no name": (["good.csv", "--set", "=8"], "--set wants name=value"),
    "no YAML": (["good.csv", "--set", "tasks=[correct"], "--set wants name=value"),
    "run": (["--resume", "nothing"], "There is no run 'nothing'. Runs with a config in runs, newest first: none."),
    "newest of none": (["--resume", "latest"], "There is no run with a checkpoint in runs."),
    "settings beside a run": (["--resume", "latest", "--epochs", 3], "--resume goes on with the run's own settings"),
    "out": (["good.csv", "--out", "good.csv"], "good.csv is a file. Choose another --out."),
    "out with something in it": (["good.csv", "--out", "."], ". is not empty. Choose another --out"),
    "fraction": (
        ["good.csv", "--test", "t.csv", "--valid-fraction", 1],
        "`data.valid_fraction` should be less than 1.",
    ),
    "folds without logs": (
        ["--fold-files", "--test-fold", 1],
        "--fold-files says that the logs are one fold each, but",
    ),
    "folds without a test": (["--fold-files", "good.csv"], "Setting `fold_files` needs `test_fold` beside it."),
    "fold without folds": (
        ["good.csv", "--test-fold", 1],
        "Setting `test_fold` needs `fold_files` or `valid_fold` beside it.",
    ),
    "two folds of a kind": (
        ["good.csv", "--valid-fold", 1, "--test-fold", 1],
        "`valid` and `test` should be different folds. Found 1 for both.",
    ),
    "no folds in the log": (["good.csv", "--valid-fold", 1], "A split by fold needs the fold of every answer."),
    "fraction of nothing": (["good.csv", "--valid-fraction", 0.2], "Setting `valid_fraction` needs `test` beside it."),
    "split of simulated students": (["--split", "time"], "Setting `split` needs `log` beside it."),
    "simulated students and a log": (
        ["good.csv", "--students", 30],
        "Settings `log` and `students` exclude each other. Leave one out.",
    ),
    "two splits": (
        ["good.csv", "--test", "good.csv", "--split", "time"],
        "Settings `test` and `split` exclude each other.",
    ),
    "test log with the same students": (["good.csv", "--test", "good.csv"], "Found 24 students in both the log and"),
}


@pytest.mark.parametrize("name", WRONG)
def test_options_that_make_no_sense(here, name):
    arguments, error = WRONG[name]
    settings = [] if name == "settings beside a run" or "--resume" in arguments else TINY
    assert error in cli("dkt", "train", *settings, *arguments).error
    assert [path for path in (here / "runs").glob("*")] == []


@pytest.mark.parametrize(
    ("fold", "error"),
    [(6, "`test_fold` should be from 1 to 3. Found `test_fold = 6`."), (0, "`test_fold` should be from 1 to 3.")],
)
def test_fold_numbers_out_of_range(here, fold, error):
    for name in "abc":
        small_log(3).with_columns(student=name + pl.col("student")).write_csv(f"{name}.csv")
    names = ("a.csv", "b.csv", "c.csv")
    assert error in cli("dkt", "train", "--fold-files", *names, "--test-fold", fold, *TINY).error
    assert "needs at least 3 logs" in cli("dkt", "train", "--fold-files", *names[:2], "--test-fold", 1, *TINY).error
    shared = ("a.csv", "b.csv", "a.csv")
    assert "in several fold files" in cli("dkt", "train", "--fold-files", *shared, "--test-fold", 1, *TINY).error


def test_a_fold_the_log_does_not_have(here):
    small_log().with_columns(fold=pl.col("student").str.tail(1).cast(pl.Int32) % 3 - 1).write_csv("folds.csv")
    error = cli("dkt", "train", "folds.csv", "--valid-fold", 7, *TINY).error
    assert error == "Fold 7 is not in the log (found: -1, 0, 1)."


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("model: {hidden: 8}\nepoch: 3\n", "There is no setting `epoch`."),
        ("data: {logs: [good.csv]}\n", "There is no setting `data.logs`. Did you mean `log`?"),
        ("data: {read: {columns: {pupil: x}}}\n", "There is no setting `data.read.columns.pupil`."),
        ("model: {hiden: 8}\n", "There is no setting `model.hiden`. Did you mean `hidden`?"),
        ("data: 3\n", "`data` should be a valid dictionary or instance of DataSettings. Found 3."),
        ("tracer: sakt\n", "Unknown tracer 'sakt'. Choose one of: "),
        ("3: 4\n", "keys"),
        ("- 1\n- 2\n", "settings.yaml should hold settings as `name: value`. Found a list."),
        ("a: [1,\n", "settings.yaml is not YAML: while parsing"),
        ("a: !!python/object/apply:os.system [echo]\n", "settings.yaml is not YAML: could not determine a constructor"),
        ("\0", "settings.yaml is not YAML: "),
    ],
)
def test_settings_files_that_make_no_sense(here, text, error):
    Path("settings.yaml").write_text(text)
    assert error in cli("dkt", "train", "--config", "settings.yaml").error
    assert not Path("runs").exists()


def test_settings_files_that_cannot_be_read(here):
    assert (
        cli("dkt", "train", "--config", "no.yaml").error
        == "Cannot read the settings in no.yaml: No such file or directory."
    )
    Path("latin.yaml").write_bytes(b"a: \xe9\n")
    assert "latin.yaml is not YAML: " in cli("dkt", "train", "--config", "latin.yaml").error


@pytest.mark.usefixtures("here")
class TestRuns:
    @pytest.mark.parametrize("command", ["evaluate", "predict", "mastery"])
    def test_no_run(self, command):
        assert cli("dkt", command, "latest", "good.csv").error == (
            "There is no run with a model in runs. Train a model first, or name a folder."
        )
        assert cli("dkt", command, "good.csv", "good.csv").error.startswith("There is no run 'good.csv'.")
        Path("folder").mkdir()
        error = cli("dkt", command, "folder", "good.csv").error
        assert error == "folder holds no model (model/manifest.json is missing)."

    def test_another_kind(self, trained):
        shutil.copytree(trained / "checkpoint", "run/model")
        error = cli("dkt", "predict", "run", "good.csv").error
        assert error == "run/model holds a saved 'training-state'; 'tracer' is wanted."

    @pytest.mark.parametrize("place", ["manifest", "start", "middle", "end"])
    def test_a_flipped_bit(self, trained, place):
        shutil.copytree(trained, "run")
        (tensors,) = Path("run/model").glob("tensors-*")
        path = Path("run/model/manifest.json") if place == "manifest" else tensors
        content = bytearray(path.read_bytes())
        content[{"start": 9, "middle": len(content) // 2, "manifest": len(content) // 2, "end": -1}[place]] ^= 16
        path.write_bytes(content)
        before = set(Path().iterdir())
        for command in ("evaluate", "predict", "mastery"):
            assert "is damaged" in cli("dkt", command, "run", "good.csv").error
        assert set(Path().iterdir()) == before

    def test_a_missing_file(self, trained):
        shutil.copytree(trained, "run")
        next(Path("run/model").glob("tensors-*")).unlink()
        assert "cannot be read, although the manifest names it" in cli("dkt", "predict", "run", "good.csv").error

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            (["--device", "tpu"], "Unknown device 'tpu'."),
            (["--threads", 0], "`threads` should be at least 1. Found 0."),
            (["--max-bad", 7], "`max_bad` should be less than or equal to 1. Found 7.0."),
            (["--out", "x.xlsx"], "Cannot tell from its name how to write x.xlsx."),
            (["--out", "no/x.csv"], "There is no folder no to write x.csv to."),
            (["--mastered-at", 0], "`mastered_at` should be in (0, 1]. Found `mastered_at = 0.0`."),
        ],
    )
    def test_options_of_mastery(self, trained, options, error):
        assert error in cli("dkt", "mastery", trained, "good.csv", *options).error
        assert not Path("mastery.csv").exists()

    def test_protocol(self, trained):
        error = cli("dkt", "evaluate", trained, "good.csv", "--protocol", "x", "--out", "out.json").error
        assert error == "`protocol` should be 'carried' or 'pykt-window'. Found 'x'."
        assert not Path("out.json").exists()

    def test_a_model_of_items_alone_has_no_mastery_to_tell(self):
        rows = [f"{k % 9},q{k % 4},,{k % 2},{k}" for k in range(90)]
        Path("items.csv").write_text("\n".join(["user_id,problem_id,skill,correct,timestamp", *rows]) + "\n")
        assert cli("dkt", "train", "items.csv", *TINY, "--out", "run").code == 0
        assert cli("dkt", "predict", "run", "items.csv").code == 0
        error = cli("dkt", "mastery", "run", "items.csv").error
        assert error == "The model in run knows items but no skills, so it has no mastery to tell."
        assert "it knows 4 items, such as 'q0'" in cli("dkt", "predict", "run", "good.csv").error

    def test_a_log_that_changed_since_is_not_resumed(self):
        assert cli("dkt", "train", "good.csv", *TINY, "--out", "run").code == 0
        small_log(seed=1).write_csv("good.csv")
        error = cli("dkt", "train", "--resume", "run").error
        assert error.startswith("The training in run/checkpoint was begun on other answers than those there are now.")


FULL = """
import resource, sys
sys.path.insert(0, {repository!r})
from kt_fewshot.commands import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
main(sys.argv[1:])
"""


def test_a_full_disk(here):
    code = FULL.format(repository=str(REPOSITORY), limit=20_000)
    command = [sys.executable, "-c", code, "dkt", "train", "good.csv", *TINY, "--out", "run"]
    # Coverage writes files too, and is not what is tested here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Error: Cannot write run")
    assert line.endswith("the file would be larger than allowed here.")
    assert "Traceback" not in done.stderr
    assert not Path("run").exists() or RunFolder(Path("run")).has("checkpoint")
    assert not list(Path().rglob(".tmp-*"))


class FullAt:
    """Takes the place of `Path.write_bytes`; the disk is full at call `number`, counted from 0."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.write = Path.write_bytes

    def __call__(self, path: Path, content: bytes) -> int:
        self.left -= 1
        if self.left == -1:
            raise OSError(28, "No space left on device", str(path))
        return self.write(path, content)


@pytest.mark.usefixtures("here")
def test_a_disk_that_fills_up_at_any_file(monkeypatch):
    """The first write of a training fails, then the second ...: never a traceback, never a run taken for a good one."""
    number = 0
    while True:
        full = FullAt(number)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", lambda path, content, full=full: full(path, content))
            done = cli("dkt", "train", "good.csv", *TINY, "--out", f"run-{number}", "--json")
        if done.code == 0:
            break
        assert done.error.endswith("the disk is full.")
        run = RunFolder(Path(f"run-{number}"))
        assert not run.has("model")
        assert run.has("checkpoint") or not run.path.exists()
        number += 1
    assert number >= 10


@pytest.mark.parametrize("command", ["predict", "mastery"])
def test_a_disk_that_fills_up_leaves_old_tables_as_they_were(here, trained, monkeypatch, command):
    Path("out.csv").write_text("old")

    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    error = cli("dkt", command, trained, "good.csv", "--out", "out.csv").error
    assert error == "Cannot write out.csv: the disk is full."
    assert Path("out.csv").read_text() == "old"


def test_a_loss_that_is_not_finite_stops_and_leaves_no_model(here):
    options = ("--set", "learning_rate=1e30", "--set", "clip_norm=1e30", "--epochs", 5)
    done = cli("dkt", "train", "good.csv", *TINY, *options)
    assert "is not finite" in done.error
    assert cli("dkt", "predict", "latest", "good.csv").error.startswith("There is no run with a model in runs.")


def test_text_from_a_file_cannot_steer_the_terminal(here):
    Path("evil.csv").write_text("user_id,\x1b[2Jx\n1,2\n1,3\n")
    assert "\x1b" not in cli("data", "describe", "evil.csv").err
