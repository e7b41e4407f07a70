"""`TableReader`: a format that is one table, told by its column names."""

from typing import ClassVar

from .layout import Layout, read_tables
from .reader import Draft, Options, Reader, Source, signature
from .sniff import Peek


class TableReader(Reader):
    """One log format of one table; a subclass says what marks it and where it keeps what."""

    signs: ClassVar[frozenset[str]]
    """Column names that a file of this format has, and no file of another format has all of."""
    layout: ClassVar[Layout]

    def recognises(self, peek: Peek) -> int:
        """By its column names."""
        return signature(peek, self.signs)

    def read(self, source: Source, options: Options) -> Draft:
        """Read the few columns needed of many."""
        return read_tables(source, self.layout.chosen(options.columns), options)
