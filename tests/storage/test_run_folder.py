import os
import threading
from datetime import datetime

import pytest

from kt_fewshot.errors import CheckpointError, StorageError
from kt_fewshot.storage import RunFolder, save_checkpoint

NOW = datetime(2026, 1, 31, 14, 5, 9)


def finished(run, part="model"):
    save_checkpoint(run.path / part, {}, kind="test")
    return run


def test_named_by_time_and_never_twice(tmp_path):
    runs = [RunFolder.create(tmp_path / "runs", now=NOW) for _ in range(3)]
    assert [run.path.name for run in runs] == ["2026-01-31_14-05-09", "2026-01-31_14-05-09-2", "2026-01-31_14-05-09-3"]
    assert all(run.path.is_dir() for run in runs)


def test_named_by_the_local_time_unless_told(tmp_path):
    before = datetime.now().replace(microsecond=0)
    name = RunFolder.create(tmp_path).path.name
    assert before <= datetime.strptime(name, "%Y-%m-%d_%H-%M-%S") <= datetime.now()


def test_many_at_the_same_second_get_different_folders(tmp_path):
    made = []
    start = threading.Barrier(8)

    def create():
        start.wait()
        made.extend(RunFolder.create(tmp_path, now=NOW).path for _ in range(5))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 40


def test_out_may_be_new_or_empty_but_not_used(tmp_path):
    (tmp_path / "empty").mkdir()
    assert RunFolder.create(out=tmp_path / "empty").path == tmp_path / "empty"
    assert RunFolder.create(out=tmp_path / "a" / "b").path.is_dir()
    with pytest.raises(StorageError, match="empty is not empty. Choose another --out"):
        RunFolder.create(out=tmp_path / "empty")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file is a file. Choose another --out"):
        RunFolder.create(out=tmp_path / "file")


def test_of_two_who_want_the_same_out_one_gets_it(tmp_path):
    results = []
    start = threading.Barrier(8)

    def create():
        start.wait()
        try:
            RunFolder.create(out=tmp_path / "same")
            results.append("made")
        except StorageError:
            results.append("refused")

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made"] + ["refused"] * 7


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot make a run folder in .*: "):
        RunFolder.create(tmp_path / "file")
    with pytest.raises(StorageError, match="Cannot make a run folder in .*: "):
        RunFolder.create(out=tmp_path / "file" / "x")


def test_latest_is_the_newest_that_is_complete(tmp_path):
    times = [NOW.replace(year=year) for year in (2027, 2025, 2026)]
    first, _, _ = (finished(RunFolder.create(tmp_path, now=now)) for now in times)
    finished(RunFolder.create(tmp_path, now=NOW.replace(year=2028)), "checkpoint")
    RunFolder.create(tmp_path, now=NOW.replace(year=2029))
    assert RunFolder.open("latest", tmp_path) == first
    assert RunFolder.open("latest", tmp_path, having="checkpoint").path.name.startswith("2028")


def test_suffixes_are_ordered_as_numbers(tmp_path):
    runs = [finished(RunFolder.create(tmp_path, now=NOW)) for _ in range(11)]
    assert RunFolder.open("latest", tmp_path) == runs[-1]
    assert RunFolder.all(tmp_path) == runs


def test_a_named_folder_among_them_is_ordered_by_its_own_time(tmp_path):
    early = finished(RunFolder.create(tmp_path, now=datetime(2020, 1, 1)))
    named = finished(RunFolder.create(out=tmp_path / "mine"))
    late = finished(RunFolder.create(tmp_path, now=datetime(2026, 1, 1)))
    os.utime(named.path, (NOW.replace(year=2023).timestamp(),) * 2)
    assert RunFolder.all(tmp_path) == [early, named, late]


def test_a_run_is_opened_by_path_or_by_name(tmp_path):
    run = finished(RunFolder.create(tmp_path, now=NOW))
    assert RunFolder.open(run.path, tmp_path / "elsewhere") == run
    assert RunFolder.open("2026-01-31_14-05-09", tmp_path) == run


def test_what_cannot_be_opened_is_told_with_what_there_is(tmp_path):
    with pytest.raises(CheckpointError, match="There is no run with a model in .*nowhere. Train a model first"):
        RunFolder.open("latest", tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="no run 'x'.*newest first: none"):
        RunFolder.open("x", tmp_path)
    for year in (2025, 2026):
        finished(RunFolder.create(tmp_path, now=NOW.replace(year=year)))
    with pytest.raises(CheckpointError) as caught:
        RunFolder.open("x", tmp_path)
    assert str(caught.value).endswith("newest first: 2026-01-31_14-05-09, 2025-01-31_14-05-09.")
    empty = RunFolder.create(tmp_path, now=NOW.replace(year=2027))
    with pytest.raises(CheckpointError, match=r"holds no model \(model/manifest.json is missing\)"):
        RunFolder.open(empty.path, tmp_path)


def test_a_run_can_be_found_by_its_settings_alone(tmp_path):
    finished(RunFolder.create(tmp_path, now=NOW))
    with pytest.raises(CheckpointError, match=r"holds no config \(config.yaml is missing\)"):
        RunFolder.open("2026-01-31_14-05-09", tmp_path, having="config")
    begun = RunFolder.create(tmp_path, now=NOW.replace(year=2025))
    begun.config.write_text("")
    assert RunFolder.open("latest", tmp_path, having="config") == begun


def test_a_discarded_run_is_gone_with_all_it_held(tmp_path):
    run = finished(RunFolder.create(tmp_path, now=NOW))
    run.discard()
    assert list(tmp_path.iterdir()) == []
    run.discard()  # twice does no harm


def test_two_trainings_never_write_one_run(tmp_path):
    run = RunFolder.create(tmp_path, now=NOW)
    with run.writing(), pytest.raises(StorageError, match="Another training writes .*14-05-09"), run.writing():
        pass
    with run.writing():
        pass


def test_every_part_has_its_place(tmp_path):
    run = RunFolder(tmp_path)
    parts = [run.config, run.model, run.checkpoint, run.history, run.results, run.ingest]
    assert [path.relative_to(tmp_path).as_posix() for path in parts] == [
        "config.yaml",
        "model",
        "checkpoint",
        "history.csv",
        "results.json",
        "ingest.json",
    ]
