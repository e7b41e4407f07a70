"""Privacy at the door: ids that tell who a person is become pseudonyms before anything else sees them."""

from dataclasses import replace
from typing import Final

import polars as pl

from ..interactions import runs_of
from ..pseudonyms import has_e_mail, pseudonym
from .reader import Draft, Options
from .values import map_cells

TELLING: Final = ("student", "group")
"""Columns that may hold people: students, and the teachers that classes are called after."""


def veiled(draft: Draft, options: Options) -> Draft:
    """The draft with pseudonyms instead of e-mail addresses, and instead of names where its students have them.

    What is hashed is counted and told; without a key it is told too what that means.
    """
    if options.keep_names:
        return draft
    frame, hashed = draft.frame, 0
    for name in TELLING:
        if name not in frame.columns or frame[name].null_count() == frame.height:
            continue
        veil = _Veil(options.key, whole=draft.named and name == "student")
        runs = draft.runs if name == "student" else None
        column = veil.over(frame[name], runs)
        if veil.hashed:
            frame = frame.with_columns(column)
            hashed += veil.hashed * (name == "student")
    if not hashed:
        return replace(draft, frame=frame)
    told = f"{hashed:,} {'student' if hashed == 1 else 'students'} hashed ({'names' if draft.named else 'e-mail'})"
    weak = f"{told} without a key: whoever has a list of them finds them out by trying. Give a secret key."
    return replace(
        draft,
        frame=frame,
        runs=None,
        hashed=hashed,
        decisions=(*draft.decisions, told),
        warnings=(*draft.warnings, *([] if options.key else [weak])),
    )


class _Veil:
    """Pseudonyms for ids with an e-mail address in them, or for all; counts the different ones that it made."""

    def __init__(self, key: bytes, *, whole: bool) -> None:
        self.key = key
        self.whole = whole
        self.hashed = 0

    def over(self, ids: pl.Series, runs: pl.Series | None) -> pl.Series:
        """The ids, those that tell who a person is replaced.

        Args:
            ids: a column.
            runs: the ids of its runs, if they are known.
        """
        if isinstance(ids.dtype, pl.Categorical):
            from .text_columns import map_ids  # loads numpy, which text does without

            return map_ids(ids, self._texts)
        texts = (runs_of(ids) if runs is None else runs).unique().drop_nulls()  # students often stand together
        if not self.whole and not texts.str.contains("@", literal=True).any():
            return ids
        new = dict(zip(texts, self._texts(texts), strict=True))
        return map_cells(ids, new.__getitem__, pl.String())

    def _texts(self, texts: pl.Series) -> pl.Series:
        """Different ids, each in its place."""
        telling = [self.whole or has_e_mail(text) for text in texts]
        self.hashed = sum(telling)
        new = [pseudonym(text, self.key) if tells else text for text, tells in zip(texts, telling, strict=True)]
        return pl.Series(texts.name, new, dtype=pl.String)
