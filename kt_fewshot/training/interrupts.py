"""Ctrl-C as a wish, not an axe: the step in hand is finished and the state saved."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Inside the block, SIGINT and SIGTERM only set `requested`; the second one acts as it did before the block.

    Only the main thread receives signals: in another one this does nothing. A signal that was ignored stays ignored.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if handler not in {None, signal.SIG_IGN}:
                    self._before[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - how handlers are called
        if self.requested:
            self._restore()
            signal.raise_signal(number)
        self.requested = True

    def _restore(self) -> None:
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType] - as getsignal gave it
