"""A log table with pseudonyms in place of its people, each distinct id hashed once."""

from collections.abc import Callable

import polars as pl

from .pseudonyms import has_e_mail, pseudonym
from .readers.text_columns import map_ids
from .readers.values import map_cells


def pseudonymised(frame: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """The same answers of students under pseudonyms.

    Of the log table's columns only `student` says who somebody is. A `group` is hashed too if it has an e-mail address
    in it, as classes called after their teacher have; other groups, items and skills stay as they are, and so do times:
    whoever knows when somebody answered what still finds the answers.

    Args:
        frame: answers, with columns of the log table; ids as text or Categorical.
        key: the secret.
    """
    columns = [_hashed(frame["student"], lambda text: pseudonym(text, key))]
    if "group" in frame.columns:
        columns.append(_hashed(frame["group"], lambda text: pseudonym(text, key) if has_e_mail(text) else text))
    return frame.with_columns(columns)


def _hashed(ids: pl.Series, veil: Callable[[str], str]) -> pl.Series:
    if isinstance(ids.dtype, pl.Categorical):
        return map_ids(ids, lambda texts: pl.Series(texts.name, [veil(text) for text in texts], dtype=pl.String))
    return map_cells(ids, veil, pl.String())
