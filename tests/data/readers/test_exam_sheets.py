import polars as pl
import pytest

from kt_fewshot.data.readers.exam_sheets import number_of, shares


@pytest.mark.parametrize(
    ("points", "most", "expected"),
    [
        (["1", "0", "2"], 2.0, ["0.5", "0.0", "1.0"]),
        (["1,0", " 0,50 ", "3"], 2.0, ["0.5", "0.25", "1.0"]),
        (["-1", "-", "", None, "soon"], 2.0, ["0.0", "-", "", None, "soon"]),
        (["1", "x"], 0.0, [None, None]),
        (["1", "x"], None, [None, None]),
        (["1", "x"], -1.0, [None, None]),
    ],
)
def test_points_as_parts_of_the_most(points: list, most: float | None, expected: list):
    assert shares(pl.Series(points, dtype=pl.String), most).to_list() == expected


def test_numbers():
    assert [number_of(text) for text in ("10.00", "10,00", "", "-")] == [10.0, 10.0, None, None]
