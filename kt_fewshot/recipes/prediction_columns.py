"""Which columns of a table of predictions are what: those of kt-audit, and the names other tools use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kt_fewshot.data.readers import Peek
from kt_fewshot.errors import LogError

PREDICTION: Final = (
    *("ypred", "prediction", "predictions", "predicted", "pred", "preds", "yhat", "yprob", "pcorrect", "predcorrect"),
    *("predictedcorrect", "predictedprobability", "probability", "prob", "probcorrect", "proba", "p"),
)
"""Names of P(correct), bare of case and punctuation; the first that a file has is taken."""

LABEL: Final = ("ytrue", "truth", "groundtruth", "target", "actual", "observed", "label", "labels")
"""Names of the outcome, before those that a log may give it (`correct`, `outcome`, `response` ...)."""

SPLIT: Final = ("split", "part", "partition", "subset", "set")
"""Names of the part that an answer belongs to, where its words are those of `PARTS`."""

PARTS: Final = frozenset(
    {"train", "training", "valid", "validation", "val", "dev", "eval", "test", "testing", "holdout"}
)

POSITION: Final = ("position", "pos", "seqidx", "sequenceposition", "timestep", "t")
"""Names of the place in a student's history, which orders answers where there is no time."""

TIME: Final = ("time", "timestamp", "starttime", "datetime", "order", "orderid")
"""Names of columns that make a position unnecessary."""


@dataclass(frozen=True)
class FoundColumns:
    """What a table has beyond a log.

    - `prediction`: column of P(correct), None for a log; `split`: column of the part, if there is one;
    - `read`: how the rest is read, fields of `ReadSettings`.
    """

    prediction: str | None
    split: str | None
    read: Mapping[str, Any]


def found_columns(
    peek: Peek, read: Mapping[str, Any], *, prediction: str | None = None, split: str | None = None
) -> FoundColumns:
    """Tell predictions from a log, by its column names and first values.

    Args:
        peek: the sniffed file.
        read: what the user says of its columns, fields of `ReadSettings`.
        prediction: column of P(correct), by the user's word; then the file holds predictions.
        split: column of the part, by the user's word.

    Raises:
        LogError: if a column that the user names is not there.
    """
    for name in (prediction, split):
        if name is not None and name not in peek.header:
            raise LogError(f"Column `{name}` is missing from {peek.name} (found: {', '.join(peek.header[:30])}).")
    if peek.kind not in {"table", "parquet"}:
        return FoundColumns(None, None, read)
    split = split or _named(peek, SPLIT, lambda cell: cell.lower() in PARTS)
    is_log = prediction is None and read.get("format") not in (None, "generic")
    prediction = None if is_log else prediction or _named(peek, PREDICTION, _is_share)
    if prediction is None:
        return FoundColumns(None, split, read)
    named = {"correct": _named(peek, LABEL, _is_share)}
    if not any(_bare(column) in TIME for column in peek.header):
        named["time"] = _named(peek, POSITION, _is_number)
    found = {name: column for name, column in named.items() if column is not None}
    return FoundColumns(
        prediction, split, {**read, "format": "generic", "columns": {**found, **read.get("columns", {})}}
    )


def _named(peek: Peek, names: tuple[str, ...], fits: Any) -> str | None:  # noqa: ANN401 - cell -> bool
    """The column of the first of these names whose cells, as far as they say something, fit."""
    for name in names:
        for place, column in enumerate(peek.header):
            cells = [row[place].strip() for row in peek.rows if row[place].strip()]
            if _bare(column) == name and all(map(fits, cells)):
                return column
    return None


def _bare(name: str) -> str:
    """A column name without case and punctuation: `y_pred` -> `ypred`."""
    return re.sub(r"[\W_]+", "", name.lower())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_share(cell: str) -> bool:
    """Whether a cell is a number in [0, 1]; nan too."""
    return _is_number(cell) and not (float(cell) < 0 or float(cell) > 1)
