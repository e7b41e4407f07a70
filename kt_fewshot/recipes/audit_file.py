"""Look for leaks in a log or in predictions, anybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from kt_fewshot.data import Ingest
from kt_fewshot.data.readers import read_cells, sniff
from kt_fewshot.errors import LogError
from kt_fewshot.evaluation.audit import Audit, Records, audit

from .prediction_columns import found_columns
from .read_settings import ReadSettings
from .settings import checked

ROLES: Final = ("student", "item", "skills", "correct", "time", "order", "fold", "group", "bundle")
"""Columns of a log that say who answered what and when; every other one may know more than it should."""


@dataclass(frozen=True)
class AuditedFile:
    """What an audit of a file found, and how the file was read."""

    audit: Audit
    ingest: Ingest
    columns: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        told = {"files": list(self.ingest.files), "read_as": self.ingest.sentence, "columns": dict(self.columns)}
        return told | self.audit.to_dict()


def audit_file(
    paths: Sequence[Path],
    *,
    read: Mapping[str, Any] | None = None,
    prediction: str | None = None,
    split: str | None = None,
    draws: int = 1000,
) -> AuditedFile:
    """Look for leaks in a log of any format, or in predictions of any tool.

    A file with a column of P(correct) holds predictions. Columns are found by their names, whatever their case and
    punctuation; further columns are looked at as information that may only be known with the answer:

    - prediction: y_pred, prediction, predicted, pred, y_hat, y_prob, p_correct, probability, prob, p;
    - outcome: y_true, truth, target, actual, observed, label, correct, outcome, response, score;
    - student: user_id, student, uid, learner, anon_student_id; item: item_id, problem, question, exercise;
    - skill: kc_ids, skill, kc, concept, topic, tag; time: timestamp, time, start_time; else position;
    - part: split, part, partition, set (train, valid, test); fold: fold, cv_fold.

    Args:
        paths: the file, or its parts.
        read: how it is read, fields of `ReadSettings`.
        prediction: column of P(correct), where its name does not tell.
        split: column of the part (train, valid, test), where its name does not tell.
        draws: resamples of the students for the intervals.

    Raises:
        LogError: if the file cannot be read, or predictions are no probabilities.
    """
    if not paths:
        raise LogError("No log was given.")
    found = found_columns(sniff(Path(paths[0])), read or {}, prediction=prediction, split=split)
    log = checked(ReadSettings, found.read).read(*paths)
    cells = _cells(paths, log.ingest, keep=(found.prediction, found.split))
    if cells is None and (found.prediction or found.split):
        raise LogError(f"{Path(paths[0]).name} is no table with a row for each answer, so it cannot hold predictions.")
    named = {name: column for name, column in (("prediction", found.prediction), ("split", found.split)) if column}
    records = Records.of(log.interactions, log.ingest.fates, cells, **named)
    if found.prediction:
        _check(records, found.prediction)
    return AuditedFile(audit(records, draws=draws), log.ingest, {**log.ingest.columns, **named})


def _cells(paths: Sequence[Path], ingest: Ingest, keep: tuple[str | None, ...]) -> pl.DataFrame | None:
    """The file's other columns; None if its rows are no records (a line a student)."""
    cells = read_cells(paths)
    if cells is None or cells.group_by("file").agg(pl.col("row").max())["row"].sum() != ingest.rows_read:
        return None
    taken = {ingest.columns[role] for role in ROLES if role in ingest.columns} - {*keep}
    return cells.drop(column for column in cells.columns if column in taken)


def _check(records: Records, column: str) -> None:
    """Predictions are probabilities, at least one of them."""
    found = records.table["prediction"]
    if not found.dtype.is_numeric() or found.drop_nulls().is_empty():
        raise LogError(f"Column `{column}` holds no numbers. Name the predictions with --prediction COL.")
    values = records.prediction[np.isfinite(records.prediction)]
    if values.min() < 0 or values.max() > 1:
        raise LogError(
            f"Column `{column}` should hold probabilities in [0, 1]. Found {values.min():g} to {values.max():g}. "
            "Turn scores into probabilities, or name another column with --prediction COL."
        )
