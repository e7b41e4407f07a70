"""`find` and `grown` of `tables` in compiled code (`compiled/live_history.cpp`): one call in place of many."""

from typing import Final

import torch
from torch import Tensor

from kt_fewshot.compiled import SOURCES, Kernel

from ..store import QUESTION_FEATURES
from .question import Question
from .tables import FIELDS, Found

KERNEL: Final = Kernel(
    SOURCES / "live_history.cpp",
    numbers=("students", "columns", "rows", "items", "doubles"),
    tensors=(
        *("member", "item", "time", "practice", "counts"),
        *("at", "item_at", "known", "counted", "features", "correct"),
    ),
)

_TYPES: Final = (torch.float32, torch.float64)


def serves(practice: Tensor, dtype: torch.dtype) -> bool:
    """Whether it can, on this machine, with features of this type."""
    return practice.device.type == "cpu" and dtype in _TYPES and KERNEL.is_there()


def find(practice: Tensor, counts: Tensor, question: Question, dtype: torch.dtype) -> Found:
    """See `tables.find`."""
    members, item, time = (
        part.contiguous() for part in (question.sets.members.long(), question.item.long(), question.time.double())
    )
    n, width = members.shape[0], members.shape[1] + 1
    found = Found(
        at=members.new_empty(n, width),
        known=practice.new_empty(n, width, FIELDS),
        item_at=members.new_empty(n),
        counted=counts.new_empty(n, 2),
        features=practice.new_empty(n, len(QUESTION_FEATURES), dtype=dtype),
    )
    sizes = (n, width - 1, len(practice) // n, len(counts) // n, int(dtype == torch.float64))
    given = {"member": members, "item": item, "time": time, "practice": practice, "counts": counts}
    if wrong := KERNEL.run("history_ask", *sizes, **given, **found._asdict()):
        raise question.outside(wrong - 1)
    return found


def grown(found: Found, correct: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
    """See `tables.grown`."""
    known, counted = found.known.clone(), found.counted.clone()
    n, width = found.at.shape
    right, now = (part.double().expand(n).contiguous() for part in (correct, time))
    KERNEL.run("history_answer", n, width - 1, 0, 0, 0, known=known, counted=counted, correct=right, time=now)
    return known, counted
