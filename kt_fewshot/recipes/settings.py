"""Settings: plain values become checked ones, and what is wrong with them is told in one line."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from kt_fewshot.errors import KTError
from kt_fewshot.storage import write_text

S = TypeVar("S", bound=BaseModel)


class RunSettings(BaseModel):
    """Everything that a run depends on; `config.yaml` in its folder holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def assemble(cls, config: Path | None, values: Mapping[str, Any]) -> Self:
        """Settings from a file, if there is one, and values that go before it.

        Raises:
            KTError: if the file is missing or no YAML mapping, or a setting is unknown or out of range.
        """
        settings = checked(cls, merged(read_yaml(config) if config else {}, values))
        settings.check_names()
        return settings

    def check_names(self) -> None:
        """Refuse what only the folder that has it can: a mistake is told before large data are read.

        Raises:
            KTError: if a name or an option of what is named is wrong.
        """

    def plain(self) -> dict[str, Any]:
        """Every setting as plain values, paths so that they hold in any working folder."""
        return self.model_dump(mode="json")

    def write(self, path: Path) -> None:
        """Write every setting as YAML."""
        write_text(path, yaml.safe_dump(self.plain(), sort_keys=False, allow_unicode=True))


def checked(kind: type[S], values: Mapping[str, Any]) -> S:
    """Settings of a kind from plain values.

    Raises:
        KTError: if a value is not what it should be; one line that names it.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise KTError(first_problem(error, known=_names(kind))) from error


def first_problem(error: ValidationError, *, known: list[str], inside: str = "") -> str:
    """What is wrong with settings first, in one line that names it.

    Args:
        error: what the check found.
        known: names of all settings, to propose one for a misspelt one.
        inside: dotted name of the group of settings that was checked.
    """
    problem = error.errors()[0]
    place = [part for part in problem["loc"] if isinstance(part, str)]  # a part of a list is named by the list
    name = ".".join([inside, *place]).strip(".")
    if problem["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        near = difflib.get_close_matches(place[-1], known, n=1)
        return f"There is no setting `{name}`.{f' Did you mean `{near[0]}`?' if near else ''}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    if problem["type"] == "value_error":  # a sentence of ours, which says all there is to say
        return f"{message}."
    return f"`{name}` {message[:1].lower()}{message[1:]}. Found {problem['input']!r}."


def read_yaml(path: Path) -> dict[str, Any]:
    """A tree of settings from a YAML file.

    Raises:
        KTError: if it cannot be read, or holds something else.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KTError(f"Cannot read the settings in {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise KTError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(values or {}, dict):
        raise KTError(f"{path} should hold settings as `name: value`. Found a {type(values).__name__}.")
    return values or {}


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of settings as one; where both have a value, that of `above`.

    >>> merged({"model": {"hidden": 8, "epochs": 3}}, {"model": {"epochs": 5}, "threads": 1})
    {'model': {'hidden': 8, 'epochs': 5}, 'threads': 1}
    """
    both = {
        name: merged(below[name], value) if isinstance(value, Mapping) and isinstance(below[name], Mapping) else value
        for name, value in above.items()
        if name in below
    }
    return {**below, **above, **both}


def _names(kind: type[BaseModel]) -> list[str]:
    """Names of all settings of a kind, those of nested kinds too."""
    names = []
    for name, field in kind.model_fields.items():
        names.append(name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _names(field.annotation)
    return names
