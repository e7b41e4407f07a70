"""Any table with one answer per row: CSV, TSV and Parquet whose column names (or the user) tell what is what."""

from typing import ClassVar

from kt_fewshot.errors import LogError

from .columns import choose_columns
from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source
from .sniff import Peek


class GenericTable(Reader):
    """One row per answer, under column names that speak for themselves.

    Canonical names (`student`, `item`, `skills`, `correct`, `time`, `response_time`, `hints`, `attempts`, `group`,
    `bundle`, `fold`) always mean what `Interactions` says, so a log table written as CSV is read back as it was.
    """

    name: ClassVar[str] = "generic"
    title: ClassVar[str] = "table"

    def recognises(self, peek: Peek) -> int:  # noqa: ARG002
        """Never by itself: it takes what no other reader knows."""
        return 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read tables, the columns chosen by the first."""
        peek = source.peek
        if peek.kind not in {"table", "parquet"}:
            raise LogError(
                f"{peek.name} is no table: no comma, tab, semicolon or bar cuts its lines into equal fields."
            )
        taken, notes = choose_columns(peek, options.columns)
        columns = {"skills" if name == "skill" else name: column for name, column in taken.items()}
        draft = read_tables(source, Layout(columns, skill_separator=None), options)
        return Draft(**{**vars(draft), "decisions": (*draft.decisions, *notes)})
