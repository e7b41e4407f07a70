"""What a person sees after a student was forgotten: what went, and what stays."""

from collections.abc import Mapping
from typing import Any, Final

from .output import print_table, say

SHOWN: Final = 5
"""Models and logs named one by one."""


def print_forgotten(forgotten: Mapping[str, Any]) -> None:
    """What was removed where; then, a line each, what could not be forgotten."""
    rows = [
        (trace["path"], trace["what"], "damaged" if trace["rows"] is None else trace["rows"] or "")
        for trace in forgotten["removed"]
    ]
    verb = "Would be removed" if forgotten["dry_run"] else "Removed"
    print_table(f"{verb}: {forgotten['rows']:,} rows", ("where", "what", "rows"), rows)
    if models := forgotten["models"]:
        say(f"Not forgotten: what models learned from the student. Train again without: {_listed(models)}.")
    if logs := forgotten["logs"]:
        say(f"Left as they are, and the student comes back with them: {_listed(logs)}.")


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
