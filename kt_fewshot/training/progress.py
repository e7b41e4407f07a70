"""Telling someone how far training is, seldom enough not to slow it down."""

import time
from collections.abc import Mapping
from typing import Final, Protocol

from .history import Row
from .totals import Totals

_REPORT_SECONDS: Final = 0.5
"""How often the device is asked for the losses so far."""


class Progress(Protocol):
    """Someone who wants to know how far training is."""

    def start(self, total_steps: int) -> None:
        """Training begins; it takes at most so many steps."""
        ...

    def advance(self, steps: int, items: int, metrics: Mapping[str, float]) -> None:
        """So many more steps are done, on so many labelled answers; `metrics`: mean loss per task in this epoch."""
        ...

    def epoch(self, row: Row) -> None:
        """An epoch is over."""
        ...

    def close(self) -> None:
        """Training is over, well or badly."""
        ...


class Silence:
    """A listener that says nothing."""

    def start(self, total_steps: int) -> None:
        """Say nothing."""

    def advance(self, steps: int, items: int, metrics: Mapping[str, float]) -> None:
        """Say nothing."""

    def epoch(self, row: Row) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Reporter:
    """Tells a listener what is new since the last time.

    Args:
        progress: the listener.
        totals: the epoch's sums of losses.
    """

    def __init__(self, progress: Progress, totals: Totals) -> None:
        self.progress = progress
        self._totals = totals
        self._steps, self._items = 0, 0
        self._last = time.monotonic()

    def start(self, total_steps: int, *, steps_done: int, step_in_epoch: int) -> None:
        """Training begins, or goes on after `steps_done` steps."""
        self.progress.start(total_steps)
        if steps_done:
            self.progress.advance(steps_done, 0, {})
        self._steps, self._items = step_in_epoch, self._totals.items()

    def is_due(self) -> bool:
        """Whether the last report is long enough ago."""
        return time.monotonic() - self._last >= _REPORT_SECONDS

    def report(self, step_in_epoch: int) -> None:
        """Report the steps since the last report; waits for the device."""
        items = self._totals.items()
        self.progress.advance(step_in_epoch - self._steps, items - self._items, self._totals.means())
        self._steps, self._items = step_in_epoch, items
        self._last = time.monotonic()

    def end_epoch(self, row: Row) -> None:
        """An epoch is over, and its sums begin anew."""
        self.progress.epoch(row)
        self._steps, self._items = 0, 0
