"""Sharing: which features each task sees, and what the tasks' towers have in common. One scheme a file."""

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Final

from kt_fewshot.errors import KTError
from kt_fewshot.registry import Registry

from .base import MakeTower, Sharing, Tower

SHARINGS: Final[Registry[Sharing]] = Registry(
    __name__,
    "sharing",
    {
        "attention": "attention:Attention",
        "cross-stitch": "cross_stitch:CrossStitch",
        "hard": "hard:Hard",
        "hierarchical": "hierarchical:Hierarchical",
        "mmoe": "mmoe:MMoE",
        "soft": "soft:Soft",
    },
)
"""Name -> file and class; every one takes `make_tower`, `tasks` and `width`, and options by keyword."""

sharing_class = SHARINGS.load
"""The class of a name; an unknown one is a `KTError`."""


def make_sharing(
    name: str, make_tower: MakeTower, tasks: Sequence[str], *, width: int, options: Mapping[str, Any] | None = None
) -> Sharing:
    """A sharing scheme by its name.

    Args:
        name: out of `SHARINGS`.
        make_tower: gives a new tower at each call.
        tasks: their names, those that others build on first.
        width: of a tower's features.
        options: of the scheme, such as `tie` of "soft".

    Raises:
        KTError: if there is no such scheme, or it has no such option, or the option is out of range.
    """
    kind = sharing_class(name)
    known = list(signature(kind).parameters)[3:]  # after make_tower, tasks and width
    if unknown := sorted(set(options or {}) - set(known)):
        has = f"It has: {', '.join(known)}." if known else "It has none."
        raise KTError(f"Sharing '{name}' has no option '{unknown[0]}'. {has}")
    try:
        return kind(make_tower, tasks, width=width, **(options or {}))  # pyright: ignore[reportCallIssue]
    except ValueError as error:
        raise KTError(f"Sharing '{name}': {error}") from error


__all__ = ["SHARINGS", "MakeTower", "Sharing", "Tower", "make_sharing", "sharing_class"]
