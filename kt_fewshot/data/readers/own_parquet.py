"""Our own log table, `Interactions.table`, as Parquet: read back value for value."""

from typing import ClassVar

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SCHEMA
from .parquet import read_parquet
from .reader import Draft, Options, Reader, Source
from .sniff import Peek


class OwnParquet(Reader):
    """A Parquet file with exactly the columns of `Interactions`.

    `file` and `row` are counted anew: they tell where an answer stands in *this* file.
    """

    name: ClassVar[str] = "interactions"
    title: ClassVar[str] = "kt-fewshot log table"

    def recognises(self, peek: Peek) -> int:
        """Exactly our columns."""
        return len(SCHEMA) if peek.kind == "parquet" and set(peek.header) == set(SCHEMA) else 0

    def read(self, source: Source, options: Options) -> Draft:  # noqa: ARG002
        """Read the tables; no option matters, everything has been decided when they were written."""
        frames = []
        for number, peek in enumerate(source.peeks):
            if not self.recognises(peek):
                raise LogError(f"{peek.name} is not a kt-fewshot log table in Parquet.")
            frame = read_parquet(peek.path)
            try:
                frame = frame.cast(pl.Schema(SCHEMA))
            except pl.exceptions.PolarsError as error:
                raise LogError(f"The columns of {peek.name} have other types than a kt-fewshot log table.") from error
            rows = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
            frames.append(frame.with_columns(file=pl.lit(number, pl.UInt32), row=rows))
        frame = pl.concat(frames)
        return Draft(
            frame,
            files=tuple(str(path) for path in source.paths),
            rows_read=frame.height,
            columns={name: name for name in SCHEMA},
            encoding="",
            separator="",
            compression="parquet",
            settled=True,
        )
