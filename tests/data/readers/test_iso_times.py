import pytest

from kt_fewshot.data.readers.iso_times import duration, moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01t00:00:10z", 10.0),
        ("1970-01-01T01:00:10+01:00", 10.0),
        ("1969-12-31 19:00:10-0500", 10.0),
        (" 1970-01-01T00:00:10 ", 10.0),
        ("1970-01-01T00:00:10.123456789Z", 10.123456),
        ("1970-01-02", 86400.0),
        ("10", None),
        ("yesterday", None),
        ("9999-99-99T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", -62135647200.0),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, seconds: float | None):
    assert moment(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT16.559S", 16.559),
        ("PT1,5S", 1.5),
        ("P1DT2H3M4S", 93784.0),
        ("P1W", 604800.0),
        ("PT0S", 0.0),
        ("P0Y0M0DT0H5M0S", 300.0),
        ("pt5m", 300.0),
        ("P1Y", None),
        ("P1M", None),
        ("PT", None),
        ("P", None),
        ("-PT5S", None),
        ("5", None),
        ("PT٣S", None),
        (None, None),
    ],
)
def test_durations(text: str | None, seconds: float | None):
    assert duration(text) == seconds
