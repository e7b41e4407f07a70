"""What every process but the first does where several train together."""

import signal
from typing import Protocol

from kt_fewshot.training import joined


class Lesson(Protocol):
    """What the first process tells the others, so that they take the same steps."""

    def learn(self) -> None:
        """Train along; write nothing and say nothing."""


def learn_along() -> None:
    """Wait for the first process to tell what is trained, and train along.

    The first process goes its usual way; where it trains, it tells the others a `Lesson`.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # while it waits there is nothing to save and nothing to tell
    with joined() as processes:
        lesson: Lesson | None = processes.from_writer(None)
        signal.signal(signal.SIGINT, before)
        if lesson is not None:
            lesson.learn()
