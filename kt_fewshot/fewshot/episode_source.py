"""`EpisodeSource`: an endless row of numbered tasks, dealt out in batches, as the trainer asks for them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from .episodes import Episode


class EpisodeSource(ABC):
    """Tasks 0, 1, 2, ...: each a function of the seed and its number alone, whoever draws it and in whatever batch.

    What the trainer calls a batch source. With several processes each has the same source with its own `part`.

    Args:
        tasks: in a batch, over all processes.
        steps: batches in what the trainer counts as an epoch.
        part: (rank, processes); this process draws the rank-th part of every batch.

    Raises:
        ValueError: if a number is out of range.
    """

    def __init__(self, *, tasks: int, steps: int = 100, part: tuple[int, int] = (0, 1)) -> None:
        rank, processes = part
        for name, value in (("tasks", tasks), ("steps", steps)):
            if value < 1:
                raise ValueError(f"`{name}` should be at least 1. Found `{name} = {value}`.")
        if not 0 <= rank < processes or tasks % processes:
            raise ValueError(
                f"`part` should be (rank, processes) with processes a divisor of `tasks = {tasks}`. Found {part}."
            )
        self.tasks, self.steps, self.part = tasks, steps, part

    @abstractmethod
    def draw_tasks(self, first: int, n: int, batch: int) -> Episode:
        """Tasks `first` to `first + n - 1`; what is common to a batch (its way, its shots) depends on `batch`."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A text that changes with the data and the kind of tasks."""

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return self.steps

    @property
    def labels_per_batch(self) -> int:
        """Queries of a batch (of the first, where way or shots vary), in this process."""
        return self.draw(0).query.y.numel()

    def draw(self, index: int) -> Episode:
        """Batch number `index`: this process's part of it."""
        rank, processes = self.part
        n = self.tasks // processes
        return self.draw_tasks(index * self.tasks + rank * n, n, index)

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[Episode]:
        """The batches of an epoch, from number `first_step` on."""
        for step in range(first_step, self.steps):
            yield self.draw(epoch * self.steps + step)

    def first(self, n: int) -> Iterator[Episode]:
        """The first n tasks, the last batch may be smaller; the same for any batch size if way and shots are fixed."""
        for index, start in enumerate(range(0, n, self.tasks)):
            yield self.draw_tasks(start, min(self.tasks, n - start), index)
