"""Numbers and names for people."""

import numpy as np

from kt_fewshot.metrics import Interval
from kt_fewshot.reports.wording import between, number, percent, percent_between, short


def test_what_is_undefined_is_a_dash():
    assert percent(np.nan) == number(np.nan) == between(Interval(0.5)) == percent_between(Interval(0.5)) == "\u2013"


def test_intervals():
    assert between(Interval(0.5, 0.41, 0.6), 2) == "0.41 to 0.60"
    assert percent_between(Interval(0.5, 0.41, 0.6)).split() == ["41", "to", "60", "%"]


def test_long_names_are_cut_and_control_characters_go():
    assert short("x" * 50) == "x" * 39 + "\u2026"
    assert short("one\ntwo\u202e\tthree") == "one two three"
    assert short("fractions") == "fractions"
