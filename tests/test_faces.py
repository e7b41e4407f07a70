"""Faces that load a file when something of it is first asked for."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package of which `late.py` offers `late` and `other`."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from kt_fewshot.faces import load_later\nload_later(__name__, {'late': ('late', 'other')})\n"
    )
    (package / "late.py").write_text("other = 2\ndef late(): return 1\n")
    (package / "user.py").write_text("from .late import other\n")
    return tmp_path


def told(folder: Path, code: str) -> str:
    """What a new Python in that folder prints."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_file_is_loaded_when_something_of_it_is_asked_for(folder: Path):
    seen = "'package.late' in sys.modules"
    assert told(folder, f"import package; print({seen}); package.other; print({seen})").split() == ["False", "True"]


def test_a_file_does_not_stand_in_the_way_of_what_it_offers_under_its_name(folder: Path):
    assert told(folder, "import package.user; from package import late; print(late())") == "1"
    assert told(folder, "import package.late; from package import late; print(late())") == "1"


def test_a_file_that_offers_nothing_of_its_name_is_there_as_ever(folder: Path):
    assert told(folder, "import package.user; print(package.user.other)") == "2"


def test_an_unknown_name_is_an_attribute_error(folder: Path):
    assert told(folder, "import package; print(hasattr(package, 'nothing'))") == "False"
