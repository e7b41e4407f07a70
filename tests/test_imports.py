"""Faces: a folder says what it offers, other folders ask only there, and asking is cheap.

Which folder may import which is held by import-linter (`make imports`); here is what it does not see.
"""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import kt_fewshot

ROOT = Path(kt_fewshot.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
FACES = sorted(path for path in ROOT.rglob("__init__.py") if path.parent != ROOT)
HEAVY = ("torch", "pandas", "polars", "sklearn", "scipy", "matplotlib")


def named(path: Path) -> str:
    """The path as seen from the package: `data/splits.py`."""
    return str(path.relative_to(ROOT))


def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_there_is_something_to_check():
    assert {named(path) for path in SOURCES} >= {"errors.py", "data/splits.py"}
    assert "data/__init__.py" in map(named, FACES)


def test_the_root_holds_the_version_and_nothing_else():
    tree = ast.parse((ROOT / "__init__.py").read_text())
    assert [type(node) for node in tree.body] == [ast.Expr, ast.Assign]
    assert ast.unparse(tree.body[1]).startswith("__version__ = ")


@pytest.mark.parametrize("path", [path for path in SOURCES if path not in FACES], ids=named)
def test_no_file_is_a_drawer_for_everything(path: Path):
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", FACES, ids=named)
def test_a_face_lists_what_it_offers_and_has_it(path: Path):
    module = importlib.import_module(".".join(["kt_fewshot", *path.parent.relative_to(ROOT).parts]))
    assert module.__doc__
    if not imports(path):
        return  # a folder that offers nothing by name
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_neighbours_are_imported_relatively_and_others_through_their_face(path: Path):
    folder = path.relative_to(ROOT).parts[0]
    for node in imports(path):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for module in modules:
            if isinstance(node, ast.ImportFrom) and node.level:
                depth = len(path.relative_to(ROOT).parts)
                assert node.level < depth, f"line {node.lineno} leaves the folder by dots; write kt_fewshot.<folder>"
            elif module.split(".")[0] == "kt_fewshot" and module != "kt_fewshot":
                other = module.split(".")[1]
                assert other != folder, f"line {node.lineno} names its own folder; write `from .file import name`"
                target = ROOT.joinpath(*module.split(".")[1:])
                is_face = (target / "__init__.py").exists() or target.parent == ROOT
                assert is_face, f"line {node.lineno} reaches behind the face of {other}: {module}"


@pytest.mark.parametrize("path", FACES, ids=named)
def test_what_a_face_loads_later_is_what_it_imports_for_those_who_only_read(path: Path):
    module = importlib.import_module(".".join(["kt_fewshot", *path.parent.relative_to(ROOT).parts]))
    later = [node for node in ast.parse(path.read_text()).body if ast.unparse(node).startswith("if TYPE_CHECKING")]
    named = {
        alias.name: node.module
        for block in later
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert getattr(module, "_homes", named) == named


def test_reading_a_log_needs_no_torch():
    code = "import sys, kt_fewshot.recipes as r; r.convert_log, r.describe_log; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("module", ["kt_fewshot", "kt_fewshot.errors", "kt_fewshot.commands"])
def test_these_are_imported_without_anything_heavy(module: str):
    code = f"import sys, {module}; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
