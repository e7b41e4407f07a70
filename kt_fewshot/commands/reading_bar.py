"""Reading's progress as a bar on standard error: how far, and how many records a second."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kt_fewshot.data import Watch


@contextmanager
def reading_bar(paths: Sequence[Path]) -> Iterator["Watch"]:
    """Draw a bar while a log is read; nothing where standard error is no terminal.

    Args:
        paths: the log's files; the bar is full when as many bytes were read, which is only a guess for compressed ones.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    size = sum(path.stat().st_size for path in paths if path.is_file())
    columns = (TextColumn("reading"), BarColumn(bar_width=None), TextColumn("{task.fields[rate]}"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("reading", total=size or None, rate="")
        rows = 0

        def watch(records: int, more: int) -> None:
            nonlocal rows
            rows += records
            seconds = progress.tasks[0].elapsed
            progress.update(task, advance=more, rate=f"{rows / seconds:,.0f} rows/s" if seconds else "")

        yield watch
