"""What a good logistic regression knows of a history: tallies of past answers, by skill, by item and overall.

Best-LR (Gervet, Koedinger, Schneider and Mitchell 2020, https://doi.org/10.5281/zenodo.4143614) predicts from log
counts of past successes and failures; here a moving average, the current streak and the success rate stand beside
them. The same two functions, `after` and `describe`, serve whole logs and one answer at a time.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Tensor

MEMORY: Final = 0.8
"""Weight of the past in the moving average: the last five answers carry two thirds of it."""

N_FEATURES: Final = 5
"""Features that `describe` gives of one tally."""


class Tally(NamedTuple):
    """Past answers of one kind, each field of the same shape."""

    wins: Tensor
    fails: Tensor
    average: Tensor
    streak: Tensor


def empty_tally(*shape: int, dtype: torch.dtype = torch.float32, device: torch.device | None = None) -> Tally:
    """No answers yet; the moving average starts at 0.5."""
    zero = torch.zeros(*shape, dtype=dtype, device=device)
    return Tally(zero, zero.clone(), torch.full_like(zero, 0.5), zero.clone())


def after(tally: Tally, correct: Tensor) -> Tally:
    """The tally after one more answer; `correct` in {0, 1} has the tally's shape."""
    wins, fails, average, streak = tally
    return Tally(
        wins + correct,
        fails + (1 - correct),
        MEMORY * average + (1 - MEMORY) * correct,
        torch.where(correct > 0, streak.clamp(min=0) + 1, streak.clamp(max=0) - 1),
    )


def describe(tally: Tally) -> Tensor:
    """Features of a tally: (..., 5), each about in [-2, 5].

    Log successes log(1 + wins), log failures log(1 + fails), moving average (centred), signed log of the current streak
    (positive for a run of successes), success rate (wins + 1) / (wins + fails + 2) (centred).
    """
    wins, fails, average, streak = tally
    rate = (wins + 1) / (wins + fails + 2)
    run = torch.sign(streak) * torch.log1p(streak.abs())
    return torch.stack([torch.log1p(wins), torch.log1p(fails), 2 * average - 1, run, 2 * rate - 1], dim=-1)


class Occurrences(NamedTuple):
    """Occurrences of keys (a student's skill, a student's item ...) in a log, grouped by key, in time order.

    `order: (n,)` sorts occurrences by key; the group of key k starts at `starts[k]` in that order and has `sizes[k]`.
    """

    order: Tensor
    starts: Tensor
    sizes: Tensor

    @classmethod
    def of(cls, key: Tensor) -> "Occurrences":
        """Group by `key: (n,)` integer; the order inside a group stays as it is."""
        grouped = bool((key[1:] >= key[:-1]).all())  # as students are
        order = torch.arange(len(key), device=key.device) if grouped else torch.argsort(key, stable=True)
        _, sizes = torch.unique_consecutive(key[order], return_counts=True)
        return cls(order, sizes.cumsum(0) - sizes, sizes)

    def by_rank(self) -> Iterator[Tensor]:
        """Positions of the first occurrences of all groups, then of the second ones, and so on.

        Longer groups come first in each, so that the next rank's groups are the first ones of this rank: a recursion
        runs over all groups at once, in as many steps as the longest group has.
        """
        sizes, by_size = torch.sort(self.sizes, descending=True, stable=True)
        starts = self.starts[by_size]
        ranks = torch.arange(int(sizes[0]) if len(sizes) else 0)
        running = torch.searchsorted(-sizes, -ranks)  # (ranks,) how many groups are longer
        for rank, n in enumerate(running.tolist()):
            yield self.order[starts[:n] + rank]

    def as_asked(self, before: Tensor, bundle: Tensor | None) -> Tensor:
        """What was known of each occurrence's group before its bundle, from what was known before itself.

        Since only its own occurrences change what is known of a group, that is what was known before the first of them
        in the bundle. (What a trunk knows before a bundle is found by `before_answer`.)

        Args:
            before: (n, ...) known of the group before each occurrence.
            bundle: (n,) integers, equal for occurrences of one bundle; None where each stands alone.

        Returns:
            (n, ...)
        """
        if bundle is None:
            return before
        ordered, place = bundle[self.order], torch.arange(len(bundle), device=bundle.device)
        begins = torch.cat([ordered.new_ones(min(len(ordered), 1)), ordered.diff()]) != 0
        begins[self.starts] = True
        first = torch.where(begins, place, 0).cummax(0).values
        source = torch.empty_like(place)
        source[self.order] = self.order[first]
        return before[source]


def tally_features(occurrences: Occurrences, correct: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """`describe` of every occurrence's tally *before* its answer: (n, 5).

    Args:
        occurrences: the groups.
        correct: (n,) in {0, 1}, in the log's order.
        dtype: of the features.
    """
    features = torch.empty(len(correct), N_FEATURES, dtype=dtype)
    features[occurrences.order] = describe(_tallies(occurrences, correct[occurrences.order], dtype))
    return features


def count_features(occurrences: Occurrences, correct: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """The first two of `tally_features` alone, log successes and log failures: (n, 2)."""
    features = torch.empty(len(correct), 2, dtype=dtype)
    counts = _counts(occurrences, correct[occurrences.order])
    features[occurrences.order] = torch.stack(counts, dim=-1).to(dtype).log1p()
    return features


def _tallies(occurrences: Occurrences, correct: Tensor, dtype: torch.dtype) -> Tally:
    """The tally before each occurrence, all at once; `after` says the same one by one.

    Args:
        occurrences: the groups.
        correct: (n,) in {0, 1}, grouped as `order` does.
        dtype: of the tallies.
    """
    wins, fails = (count.to(dtype) for count in _counts(occurrences, correct))
    return Tally(wins, fails, _averages(occurrences, correct.to(dtype)), _streaks(occurrences, correct).to(dtype))


def _counts(occurrences: Occurrences, correct: Tensor) -> tuple[Tensor, Tensor]:
    """Successes and failures of the group before each occurrence, all of them grouped."""
    _, starts, sizes = occurrences
    before = correct.long().cumsum(0) - correct
    wins = before - torch.repeat_interleave(before[starts], sizes)
    return wins, torch.arange(len(correct)) - torch.repeat_interleave(starts, sizes) - wins


def _streaks(occurrences: Occurrences, correct: Tensor) -> Tensor:
    """Length of the run of equal answers before each occurrence, negative for failures; 0 for a group's first."""
    place = torch.arange(len(correct))
    begins = torch.cat([correct.new_ones(min(len(correct), 1)), correct.diff()]) != 0
    begins[occurrences.starts] = True
    length = place + 1 - torch.where(begins, place, 0).cummax(0).values
    streak = torch.where(correct > 0, length, -length).roll(1)
    streak[occurrences.starts] = 0
    return streak


def _averages(occurrences: Occurrences, correct: Tensor) -> Tensor:
    """The moving average before each occurrence, a recursion over all groups at once.

    What belongs to one step of the recursion is laid side by side: all groups' first occurrences, longer groups first,
    then all second ones, and so on.
    """
    _, starts, sizes = occurrences
    place_of_group = torch.empty_like(sizes)
    place_of_group[torch.argsort(sizes, descending=True, stable=True)] = torch.arange(len(sizes))
    rank = torch.arange(len(correct)) - torch.repeat_interleave(starts, sizes)
    running = torch.bincount(rank)  # (ranks,) groups that are longer
    at = (running.cumsum(0) - running)[rank] + torch.repeat_interleave(place_of_group, sizes)
    new = torch.empty_like(correct)
    new[at] = (1 - MEMORY) * correct
    average = torch.full_like(correct, 0.5)
    told, past = new.numpy(), average.numpy()  # many small steps, each several times as quick in numpy
    start = 0
    for here, following in pairwise(running.tolist()):
        end = start + here
        past[end : end + following] = MEMORY * past[start : start + following] + told[start : start + following]
        start = end
    return average[at]


def final_tally(occurrences: Occurrences, correct: Tensor, *, dtype: torch.dtype = torch.float32) -> Tally:
    """Each group's tally *after* its last answer: fields (groups,), in the order of the groups' keys.

    Args:
        occurrences: the groups.
        correct: (n,) in {0, 1}, in the log's order.
        dtype: of the tallies.
    """
    by_size = torch.argsort(occurrences.sizes, descending=True, stable=True)  # as `by_rank` has them
    final = empty_tally(len(by_size), dtype=dtype)
    for here in occurrences.by_rank():
        n = len(here)
        updated = after(Tally(*(field[:n] for field in final)), correct[here].to(dtype))
        for field, new in zip(final, updated, strict=True):
            field[:n] = new
    back = torch.argsort(by_size)
    return Tally(*(field[back] for field in final))


def upcoming(occurrences: Occurrences, values: Tensor, horizon: int) -> Tensor:
    """The next `horizon` values of an occurrence's group, its own first: (n, horizon); -1 past the group's end.

    Args:
        occurrences: the groups.
        values: (n,) small integers, in the log's order.
        horizon: how many to look ahead.
    """
    order, starts, sizes = occurrences
    ends = torch.repeat_interleave(starts + sizes, sizes)
    here = torch.arange(len(order))[:, None] + torch.arange(horizon)  # (n, horizon)
    inside = here < ends[:, None]
    ahead = torch.where(inside, values[order][here.clamp(max=max(len(order) - 1, 0))], -1)
    result = torch.empty_like(ahead)
    result[order] = ahead
    return result
