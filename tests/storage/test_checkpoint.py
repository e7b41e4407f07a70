import json
import threading

import pytest
import torch
from _toys import fork_context, save_and_die_at_every_call

from kt_fewshot.errors import CheckpointError, StorageError
from kt_fewshot.storage import MANIFEST, has_checkpoint, load_checkpoint, save_checkpoint

TENSORS = {
    "whole": torch.arange(3),
    "half": torch.tensor([0.1, float("nan"), -0.0], dtype=torch.bfloat16),
    "number": torch.tensor(3.5, dtype=torch.float64),
    "none": torch.empty(0, 4),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "bool": torch.tensor([True, False]),
}


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def save(folder, value, **options):
    save_checkpoint(folder, {"x": torch.full((4,), value)}, {"value": value}, kind="test", **options)


def load(folder, **options):
    tensors, meta = load_checkpoint(folder, kind="test", **options)
    assert tensors["x"].tolist() == [meta["value"]] * len(tensors["x"])
    return meta["value"]


def test_everything_comes_back(tmp_path):
    meta = {"options": {"hidden": 3}, "names": ["a", "ü"], "rate": 0.1, "nan": float("nan")}
    save_checkpoint(tmp_path / "c", TENSORS, meta, kind="test")
    tensors, found = load_checkpoint(tmp_path / "c", kind="test")
    assert found == meta | {"nan": None}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert (tensors[name].dtype, tensors[name].shape) == (tensor.dtype, tensor.shape)
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0, equal_nan=True)


def test_tensors_that_share_memory_and_none_at_all(tmp_path):
    x = torch.arange(4.0)
    save_checkpoint(tmp_path, {"a": x, "b": x[:2]}, kind="test")
    assert load_checkpoint(tmp_path, kind="test")[0]["b"].tolist() == [0.0, 1.0]
    save_checkpoint(tmp_path, {}, kind="test")
    assert load_checkpoint(tmp_path, kind="test") == ({}, {})


def test_loaded_tensors_are_our_own(tmp_path):
    save(tmp_path, 1.0)
    load_checkpoint(tmp_path, kind="test")[0]["x"].add_(1)
    assert load(tmp_path) == 1.0


def test_only_what_a_manifest_names_stays_and_strangers_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".tmp-0123456789abcdef.safetensors").write_text("left by a killed process")
    (tmp_path / "tensors-0123456789abcdef.safetensors").write_text("the same")
    save(tmp_path, 1.0)
    first = names(tmp_path)
    assert first[:2] == [MANIFEST, "notes.txt"]
    assert len(first) == 3
    save(tmp_path, 2.0)
    assert len(names(tmp_path)) == 3
    assert names(tmp_path) != first
    assert load(tmp_path) == 2.0


def test_earlier_generations_stay_as_long_as_wanted(tmp_path):
    for value in (1.0, 2.0, 3.0, 4.0):
        save(tmp_path, value, keep=3)
    assert [load(tmp_path, generation=generation) for generation in range(3)] == [4.0, 3.0, 2.0]
    with pytest.raises(CheckpointError, match="no such file"):
        load(tmp_path, generation=3)
    save(tmp_path, 5.0)
    assert load(tmp_path) == 5.0
    assert len(names(tmp_path)) == 2
    with pytest.raises(ValueError, match="`keep` should be at least 1. Found `keep = 0`"):
        save(tmp_path, 6.0, keep=0)


def test_every_flipped_bit_of_the_tensors_is_found(tmp_path):
    save(tmp_path, 1.5)
    (path,) = tmp_path.glob("tensors-*")
    content = path.read_bytes()
    for byte in range(len(content)):
        path.write_bytes(content[:byte] + bytes([content[byte] ^ 1 << byte % 8]) + content[byte + 1 :])
        with pytest.raises(CheckpointError, match="SHA-256"):
            load(tmp_path)


@pytest.mark.parametrize("length", [0, 1, 50, -1])
def test_a_cut_file_is_found(tmp_path, length):
    save(tmp_path, 1.5)
    (path,) = tmp_path.glob("tensors-*")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match="it should have .* bytes"):
        load(tmp_path)


def test_a_manifest_of_another_checkpoint_is_found(tmp_path):
    save(tmp_path / "a", 1.0)
    save(tmp_path / "b", 2.0)
    (tmp_path / "a" / MANIFEST).write_bytes((tmp_path / "b" / MANIFEST).read_bytes())
    with pytest.raises(CheckpointError, match="it is missing"):
        load(tmp_path / "a")


def test_well_hashed_bytes_that_are_no_safetensors_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("safetensors.torch.save", lambda _: b"not safetensors")
    save(tmp_path, 1.0)
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        load(tmp_path)


def test_another_kind_and_nothing_are_refused(tmp_path):
    assert not has_checkpoint(tmp_path / "c")
    with pytest.raises(CheckpointError, match="no such file"):
        load(tmp_path / "c")
    save(tmp_path / "c", 1.0)
    assert has_checkpoint(tmp_path / "c")
    with pytest.raises(CheckpointError, match="'other' is wanted"):
        load_checkpoint(tmp_path / "c", kind="other")


def test_meta_that_is_no_json_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(TypeError, match=r"meta\['x'\]"):
        save_checkpoint(tmp_path / "c", {}, {"x": {1, 2}}, kind="test")
    assert not (tmp_path / "c").exists()


def test_a_process_killed_at_any_call_leaves_the_old_checkpoint_or_the_new_one(tmp_path):
    child = fork_context().Process(target=save_and_die_at_every_call, args=(tmp_path / "c", tmp_path / "answer"))
    child.start()
    child.join(60)
    codes, values = zip(*json.loads((tmp_path / "answer").read_text()), strict=True)
    last = len(codes) - 1
    assert codes == (9,) * last + (0,)
    assert last > 20  # a save makes more than 20 calls, and each was the last one once
    known = None
    for number, value in enumerate(values):
        assert value in {known, number}
        known = value
    assert known == last
    assert len(set(values)) > 3  # some died before the new checkpoint was there, some after
    assert load_checkpoint(tmp_path / "c", kind="test", generation=1)[1]["value"] == values[-2]
    assert len(names(tmp_path / "c")) == 4  # no leftovers of the killed ones


def test_a_full_disk_while_saving_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    save(tmp_path, 1.0, keep=2)
    real = type(tmp_path).write_bytes

    def full(path, content):
        real(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(StorageError, match="the disk is full"):
        save(tmp_path, 2.0, keep=2)
    monkeypatch.undo()
    assert load(tmp_path) == 1.0
    assert len(names(tmp_path)) == 2


def test_readers_never_see_a_half_saved_checkpoint(tmp_path):
    save(tmp_path, 0.0)
    done = threading.Event()
    seen, errors = [], []

    def read():
        try:
            while not done.is_set():
                seen.append(load(tmp_path))
        except (CheckpointError, AssertionError) as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    writers = [
        threading.Thread(target=lambda first=first: [save(tmp_path, float(v)) for v in range(first, 20, 2)])
        for first in (1, 2)
    ]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert errors == []
    assert len(set(seen)) > 1
    assert load(tmp_path) in {18.0, 19.0}
