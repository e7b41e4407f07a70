"""How a log is read, as settings."""

from pathlib import Path

import pytest
from _cli import small_log

from kt_fewshot.data import pseudonym
from kt_fewshot.errors import KTError, LogError
from kt_fewshot.recipes import ReadSettings
from kt_fewshot.recipes.key_file import make_key
from kt_fewshot.recipes.settings import checked


def test_what_is_read_was_looked_through(tmp_path: Path):
    small_log(5).write_csv(tmp_path / "log.csv")
    log = ReadSettings().read(tmp_path / "log.csv")
    assert log.ingest.contents["students"] == log.interactions.n_students == 5
    assert ReadSettings().read_compact(tmp_path / "log.csv").ingest.contents == {}


def test_addresses_are_hashed_with_the_key_of_a_file(tmp_path: Path):
    log = small_log(3).with_columns(student="student" + small_log(3)["student"].str.slice(-1) + "@school.org")
    log.write_csv(tmp_path / "log.csv")
    key = make_key(tmp_path / "key")
    hashed = ReadSettings(key=tmp_path / "key").read(tmp_path / "log.csv")
    assert set(hashed.interactions.table["student"]) == {pseudonym(name, key) for name in log["student"]}
    assert hashed.ingest.warnings == ()
    assert "without a key" in ReadSettings().read(tmp_path / "log.csv").ingest.warnings[0]
    kept = ReadSettings(keep_names=True).read(tmp_path / "log.csv")
    assert set(kept.interactions.table["student"]) == set(log["student"])
    with pytest.raises(KTError, match="There is no key file"):
        ReadSettings(key=tmp_path / "none").read(tmp_path / "log.csv")


def test_options_of_a_format_reach_its_reader(tmp_path: Path):
    small_log(3).write_csv(tmp_path / "log.csv")
    for values in ({"kc": "Area"}, {"hint": "drop"}, {"side": [tmp_path / "questions.csv"]}):
        with pytest.raises(LogError, match=f"Option `{next(iter(values))}` means nothing for format 'generic'"):
            checked(ReadSettings, values).read(tmp_path / "log.csv")
    with pytest.raises(KTError, match="`hint` should be 'wrong' or 'drop'. Found 'right'."):
        checked(ReadSettings, {"hint": "right"})


def test_settings_survive_being_written_and_paths_hold_anywhere(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = checked(ReadSettings, {"side": ["a.csv"], "key": "key", "hint": "drop", "kc": "A", "keep_names": True})
    assert checked(ReadSettings, settings.model_dump(mode="json")) == settings
    assert settings.absolute().side == (tmp_path / "a.csv",)
    assert settings.absolute().key == tmp_path / "key"
    assert ReadSettings().absolute() == ReadSettings()
