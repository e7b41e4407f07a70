"""Several processes, `torchrun --nproc-per-node N cli.py dkt train ...`: the first runs the command, others help it.

Only the first one reads arguments, writes and talks, so that whatever happens is told once.
"""

import os
from collections.abc import Sequence
from typing import Final

from kt_fewshot.errors import KTError

SHARED: Final = (("dkt", "train"), ("fewshot", "train"))
"""Commands that several processes can share."""


def learned_along(arguments: Sequence[str]) -> bool:
    """Whether this process was one of several but the first, and has done its part.

    Raises:
        KTError: if several processes were started for what only one can do.
    """
    if "RANK" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return False
    first, can_share = os.environ["RANK"] == "0", tuple(arguments[:2]) in SHARED
    if first and not can_share:
        told = " and ".join(f"`{' '.join(command)}`" for command in SHARED)
        raise KTError(f"Only {told} can be shared by several processes. Run this without torchrun.")
    if first:
        return False
    if can_share and "--help" not in arguments:
        from kt_fewshot.recipes import learn_along

        learn_along()
    return True
