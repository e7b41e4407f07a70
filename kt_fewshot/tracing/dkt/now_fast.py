"""`read` and `ask` of `now_torch` in compiled code (`compiled/one_answer.cpp`): one call in place of many."""

from typing import Final

import torch
from torch import Tensor

from kt_fewshot.compiled import SOURCES, Kernel

from .now_tables import Affine, Rows, TwoLogits

KERNEL: Final = Kernel(
    SOURCES / "one_answer.cpp",
    numbers=("n", "columns", "skills", "factors", "outputs", "skip", "rows"),
    tensors=(
        *("member", "item", "correct", "table", "x", "weight", "bias", "out"),
        *("known", "last", "last_bias", "logits"),
    ),
)


def serves(x: Tensor) -> bool:
    """Whether it can, for factors such as these, on this machine."""
    return x.device.type == "cpu" and x.dtype == torch.float32 and KERNEL.is_there()


def read(affine: Affine, rows: Rows, x: Tensor, correct: Tensor) -> Tensor:
    """See `now.read`."""
    return _run("one_answer_read", affine, rows, x, 0, correct=correct.long().expand(len(x)).contiguous())


def ask(heads: TwoLogits, rows: Rows, x: Tensor, known: Tensor) -> Tensor:
    """See `now.ask`."""
    logits = x.new_empty(len(x), 2)
    given = {"known": known.contiguous(), "last": heads.out, "last_bias": heads.out_bias, "logits": logits}
    _run("one_answer_ask", heads.inner, rows, x, known.shape[1], **given)
    return logits


def _run(function: str, affine: Affine, rows: Rows, x: Tensor, skip: int, **tensors: Tensor) -> Tensor:
    n, question = len(x), rows.question
    members = question.sets.members.long().expand(n, -1).contiguous()
    item = question.item.long().expand(n).contiguous() if rows.items else None
    out = x.new_empty(n, len(affine.bias))
    wrong = KERNEL.run(
        *(function, *members.shape, rows.n_skills, x.shape[1], out.shape[1], skip, len(affine.table)),
        **{"member": members, "item": item, "x": x.contiguous(), "out": out},
        **affine._asdict(),
        **tensors,
    )
    if wrong:
        raise question.outside(wrong - 1)
    return out
