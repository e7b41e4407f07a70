"""Settings: checked values, one-line problems, YAML files, trees merged."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kt_fewshot.errors import KTError
from kt_fewshot.recipes.settings import checked, first_problem, merged, read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int = 3


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()
    share: float = Field(default=0.5, gt=0, lt=1)
    paths: tuple[Path, ...] = ()
    kind: Literal["a", "b"] = "a"


def test_values_become_settings():
    settings = checked(Outer, {"inner": {"width": 4}, "paths": ["x"]})
    assert (settings.inner.width, settings.paths) == (4, (Path("x"),))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"share": 2}, "`share` should be less than 1. Found 2."),
        ({"kind": "c"}, "`kind` should be 'a' or 'b'. Found 'c'."),
        ({"inner": {"width": "x"}}, "`inner.width` should be a valid integer, unable to parse string as an integer."),
        ({"inner": {"widht": 1}}, "There is no setting `inner.widht`. Did you mean `width`?"),
        ({"qqq": 1}, "There is no setting `qqq`."),
        ({"paths": ["a", 3]}, "`paths` is not a valid path"),
        ({"paths": 3}, "`paths` should be a valid tuple. Found 3."),
    ],
)
def test_the_first_problem_is_one_line_that_names_the_setting(values, problem):
    with pytest.raises(KTError) as caught:
        checked(Outer, values)
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


def test_a_group_of_settings_is_named_too():
    with pytest.raises(ValidationError) as caught:
        Inner.model_validate({"width": None})
    assert first_problem(caught.value, known=[], inside="model") == (
        "`model.width` should be a valid integer. Found None."
    )


def test_above_goes_before_below_at_every_depth():
    below = {"a": {"x": 1, "y": {"z": 2}}, "b": 3, "c": None}
    above = {"a": {"y": {"z": 4, "w": 5}}, "b": {"n": 6}, "c": {"m": 7}}
    assert merged(below, above) == {"a": {"x": 1, "y": {"z": 4, "w": 5}}, "b": {"n": 6}, "c": {"m": 7}}
    assert merged({}, above) == above
    assert merged(below, {}) == below


def test_yaml(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("a: {b: [1, 2]}\n")
    assert read_yaml(path) == {"a": {"b": [1, 2]}}
    path.write_text("# nothing\n")
    assert read_yaml(path) == {}
    with pytest.raises(KTError, match=r"Cannot read the settings in .*: Is a directory\."):
        read_yaml(tmp_path)
