"""Randomness as a function of (seed, step): dropout is the same after a resume, and the caller's is left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def mix(seed: int, *numbers: int) -> int:
    """A seed in [0, 2^63) for each tuple of whole numbers, spread as evenly as if drawn at random.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014), applied once a number.

    >>> mix(0, 1) == mix(0, 1), mix(0, 1) == mix(1, 0)
    (True, False)
    """
    state = _scramble(seed)
    for number in numbers:
        state = _scramble((state + number) & _MASK)
    return state >> 1


@contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """Whatever happens inside, torch's generators (the CPU's and the device's) come out as they went in."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def seed_generators(seed: int, device: torch.device) -> None:
    """Seed the CPU's generator and the device's, and no other device's."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


def _scramble(number: int) -> int:
    z = (number + _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
