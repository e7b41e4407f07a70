"""A training's progress as a bar on standard error: how far, how fast, the loss, and the time left at most."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from kt_fewshot.training import Row

SHOWN: Final = {"auc": "AUC", "correct_loss": "loss", "mastery_loss": "mastery loss", "accuracy": "accuracy"}
"""Validation numbers shown an epoch, and what they are called; `history.csv` has them all."""


@final
class Bar:
    """Listens to a training and draws it; where standard error is no terminal, one plain line an epoch.

    Args:
        counting: what the model learns from.
    """

    def __init__(self, *, counting: str = "answers") -> None:
        self.counting = counting
        self.console = Console(stderr=True, highlight=False)
        self.bar: Progress | None = None
        self.task = TaskID(0)
        self.items = 0

    def start(self, total_steps: int) -> None:
        """Training begins."""
        if not self.console.is_terminal:
            return
        columns = (
            TextColumn("training"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[loss]}"),
            TextColumn("at most"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=self.console, transient=True, expand=True)
        self.task = self.bar.add_task("training", total=total_steps, rate="", loss="")
        self.bar.start()

    def advance(self, steps: int, items: int, metrics: Mapping[str, float]) -> None:
        """So many steps more, on so many answers."""
        if self.bar is None:
            return
        self.items += items
        seconds = self.bar.tasks[0].elapsed
        rate = f"{self.items / seconds:,.0f} {self.counting}/s" if seconds and self.items else ""
        loss = f"loss {metrics['correct']:.3f}" if "correct" in metrics else ""
        self.bar.update(self.task, advance=steps, rate=rate, loss=loss)

    def epoch(self, row: "Row") -> None:
        """An epoch is over."""
        found = "  ".join(f"{name} {row.metrics[key]:.4f}" for key, name in SHOWN.items() if key in row.metrics)
        line = f"epoch {row.epoch:>3}  {found}  {row.seconds:.1f} s  {row.items_per_second:,.0f} {self.counting}/s"
        self.console.print(line, soft_wrap=True, markup=False)

    def close(self) -> None:
        """Training is over, well or badly."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


@final
class OneFit:
    """A bar for one of many trainings: what became of each epoch is left out.

    Args:
        counting: what the model learns from.
    """

    def __init__(self, *, counting: str = "answers") -> None:
        self._bar = Bar(counting=counting)
        self.start, self.advance, self.close = self._bar.start, self._bar.advance, self._bar.close

    def epoch(self, row: "Row") -> None:
        """Say nothing."""
