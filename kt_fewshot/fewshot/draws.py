"""Random numbers that are a function of (seed, task): the same for any batch size, worker and device."""

from typing import Final

import torch
from torch import Tensor

from kt_fewshot.training import mix

_GOLDEN: Final = 0x9E3779B97F4A7C15 - (1 << 64)
_FIRST: Final = 0xBF58476D1CE4E5B9 - (1 << 64)
_SECOND: Final = 0x94D049BB133111EB - (1 << 64)
_BITS: Final = 31


def random_bits(seed: int, tasks: Tensor, n: int, *, stream: int = 0) -> Tensor:
    """Whole numbers below 2^31, evenly spread: number j of task t is a hash of (seed, stream, t, j).

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014) on whole tensors, in integers, so that every device gives
    the same and no generator has to be carried from place to place.

    Args:
        seed: of all.
        tasks: (tasks,) int64 numbers of the tasks.
        n: numbers a task.
        stream: numbers drawn for one purpose are independent of those of another.

    Returns:
        (tasks, n) int64.
    """
    position = torch.arange(n, device=tasks.device)
    of_task = _scramble(tasks + mix(seed, stream))[:, None]
    return (_scramble(of_task + position) >> (63 - _BITS)) & ((1 << _BITS) - 1)


def uniform(bits: Tensor) -> Tensor:
    """Bits as float32 in [0, 1)."""
    return (bits >> (_BITS - 24)).float() * 2.0**-24


def below(bits: Tensor, bound: Tensor | int) -> Tensor:
    """Bits as whole numbers in [0, bound); `bound` < 2^31 broadcasts. Uneven by less than bound / 2^31."""
    return (bits * bound) >> _BITS


def distinct(bits: Tensor, bound: Tensor | int) -> Tensor:
    """As many different numbers in [0, bound) as the last axis is long, in random order, each such row as likely.

    Number i is first drawn as a place among those not yet taken (a Lehmer code); decoding it back to front takes one
    comparison of whole tensors for each number drawn, however large the bound. Sorting random keys would need as many
    keys as there are numbers to choose from.

    Args:
        bits: (..., n) of `random_bits`.
        bound: int or (..., 1), at least n.
    """
    n = bits.shape[-1]
    drawn = below(bits, bound - torch.arange(n, device=bits.device))
    for i in range(n - 2, -1, -1):
        rest = drawn[..., i + 1 :]
        rest += rest >= drawn[..., i : i + 1]
    return drawn


def unequal(bits: Tensor) -> Tensor:
    """Bits as keys of which no two of a row are equal, so that sorting them has one answer on every device."""
    return (bits << _BITS) + torch.arange(bits.shape[-1], device=bits.device)


def _scramble(z: Tensor) -> Tensor:
    z = z + _GOLDEN
    z = (z ^ _shifted(z, 30)) * _FIRST
    z = (z ^ _shifted(z, 27)) * _SECOND
    return z ^ _shifted(z, 31)


def _shifted(z: Tensor, by: int) -> Tensor:
    """Shifted to the right without the sign."""
    return (z >> by) & ((1 << (64 - by)) - 1)
