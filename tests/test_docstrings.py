"""Examples in docstrings run and tell the truth."""

import doctest
import importlib
import pkgutil

import pytest

import kt_fewshot
from kt_fewshot.errors import MissingExtraError

MODULES = sorted(module.name for module in pkgutil.walk_packages(kt_fewshot.__path__, "kt_fewshot."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str):
    try:
        module = importlib.import_module(name)
    except MissingExtraError as missing:
        pytest.skip(str(missing))
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    assert any(found.examples for found in finder.find(importlib.import_module("kt_fewshot.data.splits")))
