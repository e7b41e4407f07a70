"""Tests of registries: the one of encoders stands for all."""

import pytest

from kt_fewshot.encoders import ENCODERS, MLP
from kt_fewshot.errors import KTError
from kt_fewshot.registry import Registry


def test_a_class_is_loaded_by_its_name() -> None:
    assert ENCODERS.load("mlp") is MLP


def test_it_is_a_mapping_of_names() -> None:
    registry: Registry[object] = Registry("package", "thing", {"b": "one:B", "a": "one:A", "c": "two:C"})
    assert (list(registry), len(registry), registry["a"], "d" in registry) == (["b", "a", "c"], 3, "one:A", False)
    assert registry.files() == {"one": ["B", "A"], "two": ["C"]}


def test_an_unknown_name_lists_all() -> None:
    registry: Registry[object] = Registry("package", "thing", {"b": "one:B", "a": "one:A"})
    with pytest.raises(KTError, match="Unknown thing 'c'. Choose one of: a, b."):
        registry.load("c")
