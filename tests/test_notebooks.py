"""Every notebook runs from start to end in an empty folder, on simulated students."""

import time
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.py"))
LIMIT = 90
"""Seconds of a notebook on two slow cores; the machine may be shared by as much again."""


def test_there_are_notebooks():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(1, len(NOTEBOOKS) + 1)]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # of the kernel's own libraries
def test_it_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONPATH", str(path.parents[1]))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    notebook = jupytext.read(path)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    began = time.perf_counter()
    NotebookClient(
        notebook, timeout=2 * LIMIT, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    assert time.perf_counter() - began < 2 * LIMIT
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any(output.output_type == "execute_result" for output in shown)
    assert not any(output.output_type == "stream" and output.name == "stderr" for output in shown), shown
