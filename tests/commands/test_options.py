"""Options declared once: how they look to typer, what tree of settings they become."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kt_fewshot.commands.options import READING, TRAINING, Option, gathers, inside, named_values
from kt_fewshot.errors import KTError
from kt_fewshot.recipes import ReadSettings, TrainSettings
from kt_fewshot.recipes.settings import checked

OPTIONS = (
    Option("--seed", "A number.", ("data.seed", "model.seed"), kind=int),
    Option("--valid-fold", "Another.", kind=int),
    Option("--plain", "A flag.", ("model.plain",), kind=bool),
    Option("--side", "Several.", kind=list[Path]),
)


def gathered(*arguments: str) -> tuple[dict, dict]:
    """What a command gets."""
    app, got = typer.Typer(rich_markup_mode=None), []

    @app.command()
    @gathers(first=OPTIONS, second=inside("read", (Option("--log", "A path.", kind=Path),)))
    def command(*, first: dict, own: int = 1, second: dict) -> None:
        got.append((first, second, own))

    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    ((first, second, own),) = got
    assert own == 1
    return first, second


def test_a_command_gets_what_the_user_gave_and_nothing_else():
    assert gathered() == ({}, {})
    first, second = gathered("--seed", "0", "--plain", "--log", "x")
    assert first == {"data": {"seed": 0}, "model": {"seed": 0, "plain": True}}
    assert second == {"read": {"log": Path("x")}}
    assert gathered("--valid-fold", "-1")[0] == {"valid_fold": -1}
    assert gathered("--side", "a", "--side", "b")[0] == {"side": [Path("a"), Path("b")]}


def test_options_stand_where_the_command_has_their_group():
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @gathers(group=OPTIONS)
    def command(*, before: int = 0, group: dict, after: int = 0) -> None: ...

    text = CliRunner().invoke(app, ["--help"]).output
    places = [text.index(flag) for flag in ("--before", "--seed", "--valid-fold", "--plain", "--after")]
    assert places == sorted(places)


def settings_of(options: tuple[Option, ...]) -> list[str]:
    return [name for option in options for name in option.sets or (option.name,)]


def test_every_option_sets_something_that_is_there():
    """A value of no sense is refused for itself, not because there were no such setting."""
    for kind, options in ((TrainSettings, (*TRAINING, *inside("data.read", READING))), (ReadSettings, READING)):
        for dotted in settings_of(options):
            tree: object = object()
            for name in reversed(dotted.split(".")):
                tree = {name: tree}
            if dotted.startswith("model."):
                continue
            with pytest.raises(KTError) as caught:
                checked(kind, tree)
            assert f"`{dotted}" in str(caught.value)
            assert "There is no setting" not in str(caught.value)


def test_values_are_read_as_yaml():
    pairs = ["hidden=64", "share=1e-3", "tasks=[correct, mastery]", "rows=null", "plain=true", "text=a=b", " x = y "]
    assert named_values(pairs) == {
        "hidden": 64,
        "share": "1e-3",  # YAML's idea of it; the settings make a number of it
        "tasks": ["correct", "mastery"],
        "rows": None,
        "plain": True,
        "text": "a=b",
        "x": "y",
    }
    assert named_values(None) == {}


@pytest.mark.parametrize("pair", ["hidden", "=1", " =1", "a=[1", "a=@x"])
def test_what_is_no_pair(pair):
    with pytest.raises(KTError, match="--set wants name=value, such as --set hidden=64. Found"):
        named_values([pair])
