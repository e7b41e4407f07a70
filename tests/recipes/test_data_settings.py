"""Which answers: what excludes or needs what, what is read, what is told."""

from pathlib import Path

import pytest
from _cli import small_log

from kt_fewshot.data import ColumnChoice
from kt_fewshot.errors import KTError, LogError
from kt_fewshot.recipes import DataSettings
from kt_fewshot.recipes.data_settings import told
from kt_fewshot.recipes.settings import checked


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"log": ["a"], "fold_files": ["b"], "test_fold": 1}, "Settings `log` and `fold_files` exclude each other."),
        ({"log": ["a"], "simulator": "irt"}, "Settings `log` and `simulator` exclude each other."),
        ({"fold_files": ["a"], "test_fold": 1, "students": 9}, "Settings `fold_files` and `students` exclude"),
        ({"log": ["a"], "test": "b", "valid_fold": 1}, "Settings `test` and `valid_fold` exclude each other."),
        ({"log": ["a"], "valid_fold": 1, "split": "time"}, "Settings `valid_fold` and `split` exclude each other."),
        ({"test": "b"}, "Setting `test` needs `log` beside it."),
        ({"valid_fold": 0}, "Setting `valid_fold` needs `log` beside it."),
        ({"fold_files": ["a"]}, "Setting `fold_files` needs `test_fold` beside it."),
        ({"log": ["a"], "test_fold": 0}, "Setting `test_fold` needs `fold_files` or `valid_fold` beside it."),
        ({"log": ["a"], "valid_fraction": 0.2}, "Setting `valid_fraction` needs `test` beside it."),
    ],
)
def test_no_setting_is_silently_without_effect(values, problem):
    with pytest.raises(KTError) as caught:
        checked(DataSettings, values)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"students": 5, "simulator": "irt", "seed": 3},
        {"log": ["a", "b"], "split": "time"},
        {"log": ["a"], "test": "b", "valid_fraction": 0.2},
        {"log": ["a"], "valid_fold": 0, "test_fold": 1},
        {"fold_files": ["a", "b", "c"], "test_fold": 1},
        {"log": ["a"], "split": "student", "simulator": "bkt"},  # defaults said aloud
    ],
)
def test_what_makes_sense_survives_being_written_and_read(values):
    settings = checked(DataSettings, values)
    assert checked(DataSettings, settings.model_dump(mode="json")) == settings


def test_paths_can_be_made_to_hold_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = checked(DataSettings, {"log": ["a.csv", "/b.csv"], "test": "c.csv"}).absolute()
    assert settings.log == (tmp_path / "a.csv", Path("/b.csv"))
    assert settings.test == tmp_path / "c.csv"
    assert checked(DataSettings, {"log": ["a"]}).absolute().test is None


def test_simulated_students_are_split_and_counted():
    data = checked(DataSettings, {"students": 10, "seed": 1}).load()
    assert data.describe()[0] == "No log was named: 10 simulated students (bkt)."
    assert data.split.train.interactions.n_students == 7
    assert data.ingests == ()


def test_a_log_is_read_as_it_is_told(tmp_path):
    small_log(10).rename({"student": "kid"}).write_csv(tmp_path / "log.csv", separator=";")
    read = {"columns": {"student": "kid"}, "max_bad": 0.0}
    settings = checked(DataSettings, {"log": [tmp_path / "log.csv"], "read": read})
    assert settings.read.columns == ColumnChoice(student="kid")
    data = settings.load()
    lines = data.describe()
    assert lines[0].startswith(f"{tmp_path / 'log.csv'}: table, utf-8, 10 students, ")
    assert lines[1].startswith("Columns: student = kid, item, ")
    assert lines[-1] == data.split.describe()


def test_a_mistake_of_a_reader_stays_a_mistake_of_the_log(tmp_path):
    with pytest.raises(LogError):
        checked(DataSettings, {"log": [tmp_path / "none.csv"]}).load()


def test_warnings_are_told(tmp_path):
    small_log(10).write_csv(tmp_path / "log.csv")
    (ingest,) = checked(DataSettings, {"log": [tmp_path / "log.csv"]}).load().ingests
    warned = type(ingest)(**{**vars(ingest), "warnings": ("look at this",), "columns": {}})
    assert told(warned)[1:] == ["Warning: look at this"]
