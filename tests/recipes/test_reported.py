"""What a report is about: whose answers test a tracer, and that none that it learned from does."""

import polars as pl
import pytest
from _cli import small_log

from kt_fewshot.errors import KTError
from kt_fewshot.recipes import TracedLog, TrainSettings, train_dkt
from kt_fewshot.recipes.reported import LATER, NEVER_MET, Reported, asked_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of the skill mean, with the log that it learned from and another."""
    folder = tmp_path_factory.mktemp("reported")
    log = small_log(40).with_columns(student=pl.lit("=") + pl.col("student"))  # ids that a spreadsheet would run
    log.write_csv(folder / "log.csv")
    log.with_columns(student="other" + pl.col("student")).write_csv(folder / "other.csv")
    train_dkt(TrainSettings(data={"log": [folder / "log.csv"]}, tracer="skill-mean"), out=folder / "run")
    return folder


def reported(folder, log) -> Reported:
    return Reported.of_log(TracedLog.open(folder / "run", [log]))


def test_only_students_it_has_not_learned_from_test_it(folder):
    told = reported(folder, folder / "log.csv")
    split = pl.read_csv(folder / "run/split.csv")
    assert set(split["student"].str.slice(0, 2)) == {"'="}
    test = split.filter(pl.col("part") == "test")["student"].str.slice(1)
    scored = told.log.table["student"].filter(pl.Series(told.store.scored.numpy()))
    assert set(scored) == set(test)
    assert told.standings  # the very test of the run, so what is known of it holds
    assert told.results.counts["answers"] == len(scored)
    assert told.notes[0] == "The model learned from 32 of these students, or from others with their ids."


def test_other_students_all_test_it(folder):
    told = reported(folder, folder / "other.csv")
    assert bool(told.store.scored.all())
    assert told.results.counts["students"] == 40
    assert (told.standings, told.notes, told.asked) == ((), (), NEVER_MET)


def test_students_it_knows_do_not_test_it(folder, tmp_path):
    split = pl.read_csv(folder / "run/split.csv").filter(pl.col("part") == "train")
    known = pl.read_csv(folder / "log.csv").filter(pl.col("student").is_in(split["student"].str.slice(1).to_list()))
    known.write_csv(tmp_path / "known.csv")
    told = reported(folder, tmp_path / "known.csv")
    assert not bool(told.store.scored.any())
    assert told.results.counts["students"] == 8  # the run's own test
    assert told.notes[1] == "How good it is was measured on others."
    results = (folder / "run/results.json").read_text()
    try:
        (folder / "run/results.json").unlink()
        with pytest.raises(KTError, match="learned from every student"):
            reported(folder, tmp_path / "known.csv")
    finally:
        (folder / "run/results.json").write_text(results)


@pytest.mark.parametrize(
    ("parts", "asked"), [(["train", "valid", "test"], NEVER_MET), (["train", "train", "test"], LATER)]
)
def test_whose_answers_in_words(parts, asked):
    students = ["ann", "bob", "cat" if asked == NEVER_MET else "ann"]
    assert asked_of(pl.DataFrame({"student": students, "part": parts})) == asked
