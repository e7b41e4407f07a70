"""A training's progress as a bar on standard error: rate, time left, losses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from kt_fewshot.training import Row

SHOWN: Final = {"auc": "AUC", "correct_loss": "loss", "mastery_loss": "mastery loss"}
"""Validation numbers shown an epoch, and what they are called; `history.csv` has them all."""


@final
class Bar:
    """Listens to a training and draws it; where standard error is no terminal, one plain line an epoch."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self.task = TaskID(0)
        self.items = 0

    def start(self, total_steps: int) -> None:
        """Training begins."""
        if not self.console.is_terminal:
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("at most"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=self.console, transient=True)
        self.task = self.bar.add_task("training", total=total_steps, rate="")
        self.bar.start()

    def advance(self, steps: int, items: int, metrics: Mapping[str, float]) -> None:
        """So many steps more, on so many answers."""
        if self.bar is None:
            return
        self.items += items
        seconds = self.bar.tasks[0].elapsed or 0.0
        rate = f"{self.items / seconds:,.0f} answers/s" if seconds and self.items else ""
        losses = "  ".join(f"{task} {loss:.3f}" for task, loss in metrics.items() if task in {"correct", "mastery"})
        self.bar.update(self.task, advance=steps, rate=f"{rate}  {losses}")

    def epoch(self, row: "Row") -> None:
        """An epoch is over."""
        found = "  ".join(f"{name} {row.metrics[key]:.4f}" for key, name in SHOWN.items() if key in row.metrics)
        line = f"epoch {row.epoch:>3}  {found}  {row.seconds:.1f} s  {row.items_per_second:,.0f} answers/s"
        self.console.print(line, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Training is over."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
