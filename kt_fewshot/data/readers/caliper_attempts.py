"""What belongs to one attempt at an item (its start, its completions, its grades) as one answer."""

from typing import Final

import polars as pl

KEY: Final = ("attempt", "item")
WHOLE: Final = "grade of a whole assessment"


def joined_attempts(frame: pl.DataFrame) -> pl.DataFrame:
    """The records with answers completed, and the other records of their attempts as parts of them.

    Args:
        frame: `record`, `into` and `part`, canonical columns and `kind` ("answer", "start", "grade" or ""), `attempt`,
            `is_item` (whether a grade's `item` is known to be one), `ended` (when a graded attempt ended). Records with
            `into` were sent again and are left alone.

    Returns:
        the frame: the last completion of an attempt has the outcome of its last grade; a grade of an item that has no
        completion is an answer itself; other grades are set aside.
    """
    frame = _items_of_grades(frame)
    free = pl.col("into").is_null() & pl.all_horizontal(pl.col(*KEY).is_not_null())
    answers, grades, starts = (frame.filter(free & (pl.col("kind") == kind)) for kind in ("answer", "grade", "start"))
    grades = grades.filter(pl.col("set_aside").is_null())
    last_answer, last_grade = _last(answers), _last(grades)
    whole = pl.concat([last_answer, last_grade.join(last_answer, on=KEY, how="anti")]).select(*KEY, whole="record")
    parts = [
        _parts(answers, whole, "an attempt completed again"),
        _parts(grades.join(last_grade.select("record"), on="record", how="anti"), whole, "an earlier grade"),
        _parts(grades.join(last_grade.select("record"), on="record", how="semi"), whole, "the grade of an answer"),
        _parts(starts, whole, "the start of an answer"),
    ]
    frame = frame.join(_outcomes(whole, last_grade, starts), on="record", how="left", maintain_order="left")
    frame = frame.join(pl.concat(parts), on="record", how="left", maintain_order="left")
    alone = pl.col("kind") == "grade"
    took = pl.col("time") - pl.col("started")
    return frame.with_columns(
        correct=pl.coalesce("outcome", "correct"),
        time=pl.when(alone).then(pl.coalesce("ended", "time")).otherwise("time"),
        response_time=pl.coalesce("response_time", pl.when(took >= 0).then(took)),
        attempts=pl.coalesce("attempts", "count"),
        into=pl.coalesce("into", "whole"),
        part=pl.coalesce("part", "part of"),
    ).drop("outcome", "started", "count", "whole", "part of")


def _items_of_grades(frame: pl.DataFrame) -> pl.DataFrame:
    """Grades with the item they are for; those that are for none set aside.

    An attempt may be one at a whole assessment, and several items' completions name it. A grade is an item's if it
    names the item, or if its attempt has completions of one item only and it does not name that item's assessment.
    """
    answers = frame.filter((pl.col("kind") == "answer") & pl.col("attempt").is_not_null())
    of = answers.group_by("attempt").agg(
        items=pl.col("item").unique(), only=pl.col("item").first(), assessments=pl.col("assessment").unique()
    )
    frame = frame.join(of, on="attempt", how="left", maintain_order="left")
    grade = pl.col("kind") == "grade"
    named = pl.col("item").is_in(pl.col("items")) | pl.col("is_item")
    single = (pl.col("items").list.len() == 1) & ~pl.col("item").is_in(pl.col("assessments")).fill_null(value=False)
    item = pl.when(named).then("item").when(single).then("only")
    frame = frame.with_columns(item=pl.when(grade).then(item).otherwise("item"), named=pl.col("item"))
    lost = grade & pl.col("set_aside").is_null() & pl.any_horizontal(pl.col(*KEY).is_null())
    why = pl.when(pl.col("named").is_not_null()).then(pl.lit(WHOLE)).otherwise(pl.lit("grade without its answer"))
    aside = pl.when(lost).then(why).otherwise("set_aside")
    return frame.with_columns(set_aside=aside).drop("items", "only", "assessments", "named")


def _last(records: pl.DataFrame) -> pl.DataFrame:
    """The last record of each attempt at an item."""
    return records.sort("time", "record", nulls_last=False).unique(KEY, keep="last", maintain_order=True)


def _parts(records: pl.DataFrame, whole: pl.DataFrame, name: str) -> pl.DataFrame:
    """Records that are parts of another one: `record`, `whole` and `part of`."""
    found = records.select("record", *KEY).join(whole, on=KEY).filter(pl.col("record") != pl.col("whole"))
    return found.select("record", "whole", pl.lit(name).alias("part of"))


def _outcomes(whole: pl.DataFrame, grades: pl.DataFrame, starts: pl.DataFrame) -> pl.DataFrame:
    """What the other records say of each answer, by its `record`: its outcome, its attempt's start and number."""
    began = starts.group_by(KEY).agg(started=pl.col("time").min())
    counted = pl.concat([grades, starts]).group_by(KEY).agg(count=pl.col("attempts").max())
    found = whole.join(grades.select(*KEY, outcome="correct"), on=KEY, how="left").join(began, on=KEY, how="left")
    return found.join(counted, on=KEY, how="left").select("outcome", "started", "count", record="whole")
