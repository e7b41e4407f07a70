"""How a log is read, as settings."""

from pathlib import Path

import pytest
from _cli import TINY, cli, small_log

from kt_fewshot.data import log_cache, pseudonym
from kt_fewshot.errors import KTError, LogError
from kt_fewshot.recipes import ReadSettings, read_settings
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


def test_a_large_log_is_read_once_and_told_of_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log.csv"
    small_log(15).write_csv(log)
    log.write_text(log.read_text() + "one too few\n")
    anew = ReadSettings(cache=False).read(log)
    assert not (tmp_path / "cache").exists()
    assert ReadSettings().read(log).ingest.to_json() == anew.ingest.to_json()
    assert not (tmp_path / "cache").exists()  # it is small
    monkeypatch.setattr(read_settings, "LEAST", log.stat().st_size)
    ReadSettings().read(log)
    monkeypatch.setattr(log_cache, "read_compact", None)
    again = ReadSettings().read(log)
    assert again.ingest.to_json() == anew.ingest.to_json()
    assert again.ingest.rejects_csv() == anew.ingest.rejects_csv()
    assert again.interactions.table.equals(anew.interactions.table)


def test_every_command_takes_it_from_the_cache_and_forgetting_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(read_settings, "LEAST", 0)
    small_log().write_csv("log.csv")
    assert cli("dkt", "train", "log.csv", "--out", "run", "--no-report", "--no-cache", *TINY).code == 0
    assert not Path("cache").exists()
    assert cli("dkt", "train", "log.csv", "--out", "other", "--no-report", *TINY).code == 0
    assert Path("run/ingest.json").read_bytes() == Path("other/ingest.json").read_bytes()
    monkeypatch.setattr(log_cache, "read_compact", None)
    for told in (("evaluate", "run"), ("predict", "run"), ("mastery", "run"), ("compare", "--tracers", "skill-mean")):
        done = cli("dkt", told[0], *told[1:2], "log.csv", *(["--out", "third", *told[1:]] if len(told) > 2 else []))
        assert done.code == 0, done
    assert cli("data", "audit", "log.csv", "--draws", "9", "--json").code in (0, 1)
    found = cli("data", "forget", small_log()["student"][0], "--json").json["removed"]
    assert [Path(one["path"]).parent.name for one in found if one["what"] == "cached log"] == ["cache"]
    assert not list(Path("cache").glob("*/log.parquet"))
