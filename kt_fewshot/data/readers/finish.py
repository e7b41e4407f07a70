"""From a reader's draft to the log: order, merging, checking, and the account of every record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from kt_fewshot.errors import LogError

from ..interactions import SCHEMA, SKILL_SEPARATOR, Interactions, join_skills, runs_of
from .ingest import FATE_SCHEMA, REJECTED_SCHEMA, Ingest, Log
from .reader import Draft, Options, Reader

REPEATS: Final = 20
"""From so many answers on, a log in which no student answers twice is a misunderstanding."""


@dataclass(frozen=True)
class CompactLog:
    """A log as read, before its ids become text again.

    `frame`: the answers in order; columns of the log table (some may lack), ids Categorical where they came so.
    `runs`: the student of each run of them.
    """

    frame: pl.DataFrame
    ingest: Ingest
    runs: pl.Series | None = None

    def full(self) -> Log:
        """The log with its ids as text; nothing is left in `frame`."""
        return Log(Interactions(_as_table(self.frame), self.ingest.files, self.runs), self.ingest)


def finish(reader: Reader, draft: Draft, options: Options) -> Log:
    """The log, ordered and accounted for; `compact_log` with the ids as text.

    Raises:
        LogError: as `compact_log` does.
    """
    return compact_log(reader, draft, options).full()


def compact_log(reader: Reader, draft: Draft, options: Options) -> CompactLog:
    """The log, ordered and accounted for.

    - A record without a student is rejected; too many rejected records stop the reading.
    - The answers of a student stand in order of time, ties in order of the order id, then of the file. A time or order
      id that is constant is none.
    - An answer that the log spells out once per skill becomes one answer with a set of skills: neighbours in a
      student's history are merged if they are of one file, one (known) item, one order id or else one real time, one
      outcome, and one number of attempts.

    Raises:
        LogError: if too many records cannot be read, no answer is left, or no student answers twice.
    """
    frame, draft = draft.frame, replace(draft, frame=pl.DataFrame())  # large, so nobody may hold on to it
    answers, fates, rejected = _sorted_out(frame, draft)
    del frame
    _check_rejected(draft, rejected, options.max_bad)
    if answers.is_empty():
        raise LogError(_nothing_left(draft, fates))
    merged = pl.DataFrame(schema=FATE_SCHEMA)
    if not draft.settled:
        from .order import in_order  # loads numpy, which a log in order does without

        answers, merged = _merge(in_order(answers))
    told = _fates(draft.merged, "merged")
    fates = pl.concat([fates, merged, told]).sort("file", "row")
    runs = runs_of(answers["student"]) if draft.runs is None or answers.height < draft.rows_read else draft.runs
    n_students = len(runs)  # they stand together
    _check_repeats(n_students, answers.height, draft)
    aside = fates.filter(pl.col("fate") == "set_aside").group_by("reason").len()
    set_aside = dict(aside.sort(["len", "reason"], descending=[True, False]).iter_rows())
    ingest = Ingest(
        format=reader.name,
        title=reader.title,
        files=draft.files,
        encoding=draft.encoding,
        separator=draft.separator,
        compression=draft.compression,
        columns=draft.columns,
        rows_read=draft.rows_read,
        kept=answers.height,
        merged=merged.height + told.height,
        set_aside=set_aside,
        rejected=rejected,
        fates=fates,
        hashed=draft.hashed,
        decisions=_decisions(
            reader,
            draft,
            answers,
            n_students=n_students,
            merged=merged.height,
            set_aside=set_aside,
            rejected=rejected.height,
        ),
        warnings=draft.warnings,
    )
    return CompactLog(answers, ingest, runs)


def _as_table(frame: pl.DataFrame) -> pl.DataFrame:
    """Answers with all columns of the log table, in their types; each column leaves `frame` as soon as it is done."""
    height = frame.height
    return pl.DataFrame(
        {
            name: frame.drop_in_place(name).cast(kind)
            if name in frame.columns
            else pl.Series(name, [None], dtype=kind).new_from_index(0, height)
            for name, kind in SCHEMA.items()
        }
    )


def _sorted_out(frame: pl.DataFrame, draft: Draft) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The answers; the fates of the other records; the rejected among them with their lines."""
    own = {name: frame.drop_in_place(name) for name in ("set_aside", "rejected") if name in frame.columns}
    nameless = frame["student"].is_null()
    flags = pl.DataFrame({"nameless": nameless} | own, schema_overrides=dict.fromkeys(own, pl.String)).select(
        aside=_told("set_aside", own) & ~_told("rejected", own),
        bad=_told("rejected", own) | (~_told("set_aside", own) & pl.col("nameless")),
    )
    records = pl.DataFrame({name: frame[name] for name in ("file", "row")} | own)
    reason = pl.coalesce("rejected", pl.lit("no student")) if "rejected" in own else pl.lit("no student")
    bad = records.filter(flags["bad"]).select("file", "row", reason=reason)
    lines = [draft.line_of(file, row) for file, row in bad.select("file", "row").iter_rows()]
    bad = bad.with_columns(line=pl.Series(lines, dtype=pl.Int64)).select(list(REJECTED_SCHEMA))
    rejected = pl.concat([part.cast(pl.Schema(REJECTED_SCHEMA)) for part in (draft.rejected, bad)]).sort("file", "row")
    aside = records.filter(flags["aside"]).select(
        "file", "row", reason="set_aside" if "set_aside" in own else pl.lit("")
    )
    del records, own
    fates = pl.concat([_fates(aside, "set_aside"), _fates(rejected.select("file", "row", "reason"), "rejected")])
    others = flags["aside"] | flags["bad"]
    return (chosen(frame, ~others) if others.any() else frame), fates, rejected


def chosen(frame: pl.DataFrame, mask: pl.Series) -> pl.DataFrame:
    """The rows where `mask` is true; column by column, each leaving `frame` as soon as it is copied."""
    return pl.DataFrame({name: frame.drop_in_place(name).filter(mask) for name in list(frame.columns)})


def _told(name: str, own: Mapping[str, pl.Series]) -> pl.Expr:
    """Whether the reader gave a reason."""
    return pl.col(name).is_not_null() if name in own else pl.lit(False)


def _fates(records: pl.DataFrame, fate: str) -> pl.DataFrame:
    """Records in the form of `Ingest.fates`."""
    into = pl.col("into") if "into" in records.columns else pl.lit(None)
    frame = records.with_columns(fate=pl.lit(fate), into=into).select(list(FATE_SCHEMA))
    return frame.cast(pl.Schema(FATE_SCHEMA))


def _check_rejected(draft: Draft, rejected: pl.DataFrame, max_bad: float) -> None:
    """Stop if more than `max_bad` of the records cannot be read."""
    if rejected.height <= max_bad * draft.rows_read:
        return
    first = rejected.row(0, named=True)
    raise LogError(
        f"{rejected.height:,} of {draft.rows_read:,} records of {_name(draft, first['file'])} cannot be read "
        f"({rejected.height / draft.rows_read:.1%}; {max_bad:.1%} are allowed). The first is in line {first['line']}: "
        f"{first['reason']}. Mend them, or allow more with --max-bad."
    )


def _nothing_left(draft: Draft, fates: pl.DataFrame) -> str:
    """Why a log without answers cannot be used."""
    name = ", ".join(_name(draft, file) for file in range(len(draft.files)))
    if not draft.rows_read:
        return f"{name} has no records, only a header."
    reasons = fates.group_by("reason").len().sort(["len", "reason"], descending=[True, False]).head(3)
    told = ", ".join(f"{count:,} x {reason}" for reason, count in reasons.iter_rows())
    return f"None of the {draft.rows_read:,} records of {name} is an answer ({told})."


def _merge(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The answers with those merged that the log spells out per skill; the fates of the rows that went into others."""
    nothing = pl.DataFrame(schema=FATE_SCHEMA)
    key = next((name for name in ("order", "time") if name in answers.columns), None)
    if key is None or "item" not in answers.columns:
        return answers, nothing
    same = [pl.col(name) == pl.col(name).shift(1) for name in ("student", "file", "item", key, "correct")]
    if "attempts" in answers.columns:
        same.append(pl.col("attempts").eq_missing(pl.col("attempts").shift(1)))
    again = answers.select(pl.all_horizontal(*same).fill_null(False).alias("again"))["again"]
    if not again.any():
        return answers, nothing
    rows = answers.select("file", "row", answer=(~again).cum_sum() - 1)  # number of the answer the row goes to
    several = again | again.shift(-1, fill_value=False)
    skills = answers["skills"].filter(several).cast(pl.String) if "skills" in answers.columns else None
    sets = (
        rows.filter(several)
        .with_columns(skills=pl.lit(None, pl.String) if skills is None else skills)
        .group_by("answer", maintain_order=True)
        .agg(pl.col("skills").drop_nulls().str.join(SKILL_SEPARATOR), into=pl.col("row").first())
    )
    gone = rows.filter(again).join(sets.select("answer", "into"), on="answer", how="left", maintain_order="left")
    del rows
    answers = chosen(answers, ~again)
    if skills is not None:
        joined = pl.Series([join_skills(text.split(SKILL_SEPARATOR)) for text in sets["skills"]], dtype=pl.String)
        answers = answers.with_columns(skills=_replaced(answers["skills"], sets["answer"], joined))
    fates = gone.select("file", "row", "into", reason=pl.lit("the same answer, another skill"))
    return answers, _fates(fates, "merged")


def _replaced(ids: pl.Series, places: pl.Series, texts: pl.Series) -> pl.Series:
    """The column with other texts at some places."""
    if isinstance(ids.dtype, pl.Categorical):
        return ids.to_physical().scatter(places, texts.cast(ids.dtype).to_physical()).cat.to(ids.dtype)
    return ids.scatter(places, texts)


def _check_repeats(n_students: int, n_answers: int, draft: Draft) -> None:
    """A log where every student answers once is no log of learning: the student column must be another one."""
    if n_students == n_answers >= REPEATS:
        column = draft.columns.get("student", "student")
        raise LogError(
            f"Column `{column}` of {_name(draft, 0)} names another student in each of {n_answers:,} answers. "
            "Name the right one with --student COL."
        )


def _decisions(
    reader: Reader,
    draft: Draft,
    answers: pl.DataFrame,
    *,
    n_students: int,
    merged: int,
    set_aside: dict[str, int],
    rejected: int,
) -> tuple[str, ...]:
    """What was decided, as phrases of one sentence."""
    without = answers["skills"].null_count() if "skills" in answers.columns else answers.height
    phrases = [reader.title]
    if draft.encoding:
        phrases.append(draft.encoding)
    phrases.append(_count(n_students, "student"))
    phrases.append(_count(answers.height, "answer"))
    if without:
        phrases.append(f"{_count(without, 'answer')} without skill kept")
    if merged:
        phrases.append(f"{_count(merged, 'duplicate skill row')} merged")
    phrases += [f"{count:,} set aside ({reason})" for reason, count in set_aside.items()]
    if rejected:
        phrases.append(f"{_count(rejected, 'record')} rejected")
    if "time" in answers.columns and answers["time"].null_count() < answers.height:
        phrases.append("in order of time")
    else:
        phrases.append(f"in order of {draft.columns['order']}" if "order" in draft.columns else "in the order given")
    return (*phrases, *draft.decisions)


def _name(draft: Draft, file: int) -> str:
    """A file's name, without its folders."""
    return Path(draft.files[file]).name


def _count(number: int, thing: str) -> str:
    """A number of things: `1 student`, `2,000 students`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
