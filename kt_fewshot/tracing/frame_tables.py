"""What a tracer says, as tables of the library that the log came in."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor

from kt_fewshot.data import Interactions, encode, frame_columns

from .skills_now import skills_now
from .tracer import Tracer

COUNTED: Final = ("student", "skill", "n_attempts", "n_correct")


def in_frame_order(frame: Any, log: Interactions, values: Tensor) -> NDArray[np.float64]:  # noqa: ANN401
    """(rows,) the log's `values: (answers,)` in the order of the frame's rows."""
    told = values.double().cpu().numpy()
    if isinstance(frame, Interactions):
        return told
    ordered = np.empty_like(told)
    ordered[log.table["row"].to_numpy() - 1] = told
    return ordered


def with_columns(frame: Any, log: Interactions, columns: Mapping[str, Tensor]) -> Any:  # noqa: ANN401
    """The frame, or the table of interactions, and more columns.

    Args:
        frame: what the log was made of.
        log: the log.
        columns: name -> (answers,) in the log's order.
    """
    told = {name: in_frame_order(frame, log, values) for name, values in columns.items()}
    if isinstance(frame, Interactions):
        frame = frame.table
    return frame.with_columns(**_series(told)) if isinstance(frame, pl.DataFrame) else frame.assign(**told)


def mastery_frame(
    tracer: Tracer,
    log: Interactions,
    frame: Any,  # noqa: ANN401
    columns: Mapping[str, str] | None,
) -> Any:  # noqa: ANN401
    """A row for each student and each skill the tracer knows: counts, and what is estimated after the last answer.

    Args:
        tracer: what estimates.
        log: the answers.
        frame: what the log was made of; students are called as it calls them, and the table is of its library.
        columns: as `interactions_of` has them.
    """
    found = skills_now(tracer, log, encode(log, tracer.vocabulary))
    estimates = {"correct_predictions": "p_correct", "state_predictions": "p_mastery"}
    table = found.select(*COUNTED, **{name: pl.col(column).cast(pl.Float64) for name, column in estimates.items()})
    return _like(table, log, frame, columns)


def _like(table: pl.DataFrame, log: Interactions, frame: Any, columns: Mapping[str, str] | None) -> Any:  # noqa: ANN401
    """The table in the frame's library, students by their ids there."""
    if isinstance(frame, Interactions):
        return table
    place = frame_columns(frame, columns)["student"]
    firsts = log.table.group_by("student", maintain_order=True).agg(pl.col("row").min())["row"].to_numpy() - 1
    index = np.repeat(firsts, table.height // max(len(firsts), 1))
    if isinstance(frame, pl.DataFrame):
        return table.with_columns(student=frame.to_series(place)[index])
    pandas = sys.modules["pandas"]  # the frame is one of its, so it is loaded
    made = pandas.DataFrame({name: table[name].to_numpy() for name in table.columns})
    return made.assign(student=frame.iloc[index, place].to_numpy(), skill=table["skill"].to_list())


def _series(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, pl.Series]:
    return {name: pl.Series(values) for name, values in columns.items()}
