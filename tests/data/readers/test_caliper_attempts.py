import polars as pl

from kt_fewshot.data.readers.caliper_attempts import joined_attempts

SCHEMA = {
    "kind": pl.String,
    "attempt": pl.String,
    "item": pl.String,
    "time": pl.Float64,
    "correct": pl.String,
    "assessment": pl.String,
    "is_item": pl.Boolean,
    "set_aside": pl.String,
}
OTHERS = {"part": pl.String, "ended": pl.Float64, "response_time": pl.Float64, "attempts": pl.Int16, "into": pl.UInt32}


def joined(*rows: tuple) -> list[tuple]:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_row_index("record")
    frame = frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in OTHERS.items())
    return joined_attempts(frame).select("item", "correct", "response_time", "into", "part", "set_aside").rows()


def test_an_attempt_is_one_answer():
    found = joined(
        ("start", "a", "q", 1.0, None, None, None, "item started"),
        ("answer", "a", "q", 5.0, None, "quiz", None, None),
        ("grade", "a", None, 9.0, "1.0", None, None, None),
        ("grade", "a", "q", 8.0, "0.0", None, True, None),
    )
    assert found == [
        ("q", None, None, 1, "the start of an answer", "item started"),
        ("q", "1.0", 4.0, None, None, None),
        ("q", "1.0", None, 1, "the grade of an answer", None),
        ("q", "0.0", None, 1, "an earlier grade", None),
    ]


def test_what_stands_alone_stays_alone():
    found = joined(
        ("start", "a", "q", 1.0, None, None, None, "item started"),
        ("answer", None, "q", 5.0, None, "quiz", None, None),
        ("grade", "b", "quiz", 9.0, "1.0", None, False, None),
        ("grade", "c", None, 9.0, "1.0", None, False, None),
        ("grade", "d", "q", 9.0, "1.0", None, True, None),
        ("", None, None, None, None, None, None, "Person"),
    )
    assert [row[3:] for row in found] == [
        (None, None, "item started"),
        (None, None, None),
        (None, None, "grade of a whole assessment"),
        (None, None, "grade without its answer"),
        (None, None, None),
        (None, None, "Person"),
    ]
    assert [row[1] for row in found] == [None, None, "1.0", "1.0", "1.0", None]


def test_a_start_after_the_end_tells_no_time():
    found = joined(
        ("start", "a", "q", 7.0, None, None, None, "item started"), ("answer", "a", "q", 5.0, None, None, None, None)
    )
    assert found[1][2] is None
