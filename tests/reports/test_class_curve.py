"""A class's curves: points of ten students or more, the truth as dots."""

import re

import numpy as np
import pytest

from kt_fewshot.reports import ClassCurve, class_picture


def curve(students, **known):
    n = len(students)
    return ClassCurve("adding", np.array(students), np.linspace(0.2, 0.8, n), np.linspace(0.3, 0.7, n), **known)


@pytest.mark.parametrize(
    ("students", "shown"), [([30, 20, 10, 9], 3), ([30, 9, 30], 1), ([9, 9], 0), ([12] * 30, 20), ([10], 1)]
)
def test_points_of_few_students_and_all_after_them_are_left_out(students, shown):
    assert curve(students).shown == shown


def test_what_is_drawn_is_what_may_be_shown():
    svg = class_picture([curve([30, 20, 10, 9, 8], mastered=np.linspace(0.1, 0.9, 5))], "4b").svg
    bars = re.findall(r'<rect class="bar" x="[\d.]+" y="[\d.]+" width="[\d.]+" height="([\d.]+)"', svg)
    assert [float(height) for height in bars[1:]] == [20, pytest.approx(13.3), pytest.approx(6.7)]
    dots = [path for path in re.findall(r'class="dots ink" stroke-width="5.2" d="([^"]+)"', svg)]
    assert [path.count("M") for path in dots] == [3]


def test_words_tell_estimate_and_truth():
    known = class_picture([curve([30, 20, 10, 9], mastered=np.array([0.1, 0.4, 0.7, 1.0]))], "4b")
    assert (
        "adding: estimated 20\xa0% before the first answer, 60\xa0% before answer 3; in truth 10\xa0% and 70\xa0%."
        in known.words
    )
    unknown = class_picture([curve([30, 20])], "4b")
    assert "truth" not in unknown.words
    assert ">the truth<" not in unknown.svg
