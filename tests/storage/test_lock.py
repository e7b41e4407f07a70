import threading
from pathlib import Path

import pytest
from _toys import fork_context, hold_lock

from kt_fewshot.errors import StorageError
from kt_fewshot.storage import locked


def test_only_one_holds_it(tmp_path):
    path = tmp_path / "new" / ".lock"
    taken = pytest.raises(StorageError, match="is being written by another process")
    with locked(path, wait=False), taken, locked(path, wait=False):
        pass
    with locked(path, wait=False):
        pass


def test_it_is_free_after_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / ".lock", wait=False):
        raise KeyError
    with locked(tmp_path / ".lock", wait=False):
        pass


def test_who_waits_gets_it_when_it_is_free(tmp_path):
    order = []

    def wait():
        with locked(tmp_path / ".lock", wait=True):
            order.append("second")

    with locked(tmp_path / ".lock", wait=False):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_killed_process_frees_it(tmp_path):
    context = fork_context()
    held, release = context.Event(), context.Event()
    child = context.Process(target=hold_lock, args=(tmp_path / ".lock", held, release))
    child.start()
    assert held.wait(60)
    with pytest.raises(StorageError), locked(tmp_path / ".lock", wait=False):
        pass
    child.kill()
    child.join(60)
    with locked(tmp_path / ".lock", wait=False):
        pass


def test_a_lock_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write"), locked(Path(tmp_path / "file" / ".lock"), wait=True):
        pass
