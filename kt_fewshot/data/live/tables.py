"""The tables of a live history: what a question finds in them, and what stands there after its answer; in torch.

There are two, of n students each: practice (n * rows, FIELDS), a row a skill and one of all answers behind them; and
counts (n * items, 2), right and wrong answers to each item.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..encode import log_gap
from ..history_features import N_FEATURES, Tally, after, describe
from ..vocabulary import UNKNOWN
from .question import Question

DESCRIBED: Final = len(Tally._fields)
"""Where a row has the features of its tally, after the fields of the tally."""

TIME: Final = DESCRIBED + N_FEATURES
"""Where it has the time of the last answer."""

FIELDS: Final = TIME + 1


class Found(NamedTuple):
    """What the tables say of a question.

    - `at: (n, largest + 1)`: the rows of its skills, that of all answers behind them; what pads is that one too, and so
      has the same written to it;
    - `known: (n, largest + 1, FIELDS)`: what stands there;
    - `item_at: (n,)`, `counted: (n, 2)`: the same of the item;
    - `features: (n, QUESTION_FEATURES)` as the store has them.
    """

    at: Tensor
    known: Tensor
    item_at: Tensor
    counted: Tensor
    features: Tensor


def find(practice: Tensor, counts: Tensor, question: Question, dtype: torch.dtype) -> Found:
    """Look a question up.

    Args:
        practice: the tables,
        counts: see above.
        question: one of each student.
        dtype: of the features.

    Raises:
        IndexError: if a skill or an item is none of the vocabulary's; on a GPU nobody looks.
    """
    n, members = len(question.item), question.narrow.members
    student = torch.arange(n, device=members.device)
    rows, items = len(practice) // n, len(counts) // n
    if members.device.type == "cpu":
        wrong = (members >= rows - 1).any(1) | (question.item < 0) | (question.item >= items)
        if wrong.any():
            raise question.outside(int(wrong.int().argmax()))
    row = functional.pad(members, (0, 1), value=-1)
    at = torch.where(row < 0, rows - 1, row) + student[:, None] * rows
    item_at = student * items + question.item
    known, counted = practice[at], counts[item_at]
    return Found(at, known, item_at, counted, _features(question, known, counted).to(dtype))


def _features(question: Question, known: Tensor, counted: Tensor) -> Tensor:
    gaps = log_gap(question.time[:, None, None] - known[..., TIME:])
    seen = torch.cat([known[..., DESCRIBED:TIME], gaps], dim=-1)
    if seen.shape[1] > 2:
        mean = (seen[:, :-1] * question.narrow.weights[..., None]).sum(1, keepdim=True)
        seen = torch.cat([mean, seen[:, -1:]], dim=1)
    of_item = torch.log1p(counted.to(torch.float64)) * (question.item != UNKNOWN)[:, None]
    skill, skill_gap, overall, gap = seen.flatten(1).split((N_FEATURES, 1) * 2, dim=1)
    return torch.cat([skill, overall, of_item, gap, skill_gap], dim=1)


def grown(found: Found, correct: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
    """What stands there after the answers `correct: (n,)` in {0, 1} at `time: (n,)`, like `known` and `counted`."""
    tally = after(tally_of(found.known), correct.to(torch.float64)[:, None])
    known = described(tally, time[:, None].expand(found.at.shape))
    return known, found.counted + torch.stack([correct, 1 - correct], dim=-1)


def tally_of(known: Tensor) -> Tally:
    """The tallies of rows."""
    return Tally(*known[..., :DESCRIBED].unbind(-1))


def described(tally: Tally, time: Tensor) -> Tensor:
    """Rows (..., FIELDS) of practice: tallies, their features, and the times of their last answers."""
    return torch.cat([torch.stack(tally, dim=-1), describe(tally), time[..., None]], dim=-1)
