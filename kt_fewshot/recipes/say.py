"""How a recipe tells what it decided: a line at a time, to whoever wants to hear it."""

from collections.abc import Callable

Say = Callable[[str], None]


def silent(line: str) -> None:
    """Nobody listens."""
