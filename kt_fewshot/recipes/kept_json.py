"""JSON that a run may hold: what was kept, or nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Kept = TypeVar("Kept")


def kept_json(path: Path, understand: Callable[[Any], Kept]) -> Kept | None:
    """What `understand` makes of a JSON file; None if there is no such file or it is of another shape.

    Args:
        path: the file.
        understand: raises KeyError, TypeError or ValueError at content of another shape.
    """
    try:
        return understand(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError):
        return None
