"""`Finding`: one thing that lets answers be known before they are given, and what to do about it."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["leak", "risk"]
"""`leak`: scores made with these rows are too good. `risk`: they are if the file is used in the way that is told."""


@dataclass(frozen=True)
class Finding:
    """What an audit found.

    - `kind`: what it is, in one or two words ("expanded-skills");
    - `severity`: see `Severity`;
    - `rows`: records it concerns; `share`: their part of all records, in [0, 1];
    - `sentence`: what was found, with its numbers;
    - `example`: where to look; records are named by their number in the file, students never;
    - `advice`: what to do.
    """

    kind: str
    severity: Severity
    rows: int
    share: float
    sentence: str
    example: str
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return dict(vars(self))
