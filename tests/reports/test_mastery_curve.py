"""A student's curves: marks of the answers, the truth as an area, lines only of what is known."""

import re
from dataclasses import replace

import numpy as np

from kt_fewshot.reports import MasteryCurve, mastery_picture

CURVE = MasteryCurve(
    skill="<adding>",
    right=np.array([False, True, True, True]),
    mastery=np.array([0.2, 0.1, 0.6, 0.9]),
    correct=np.array([0.4, 0.3, 0.6, 0.8]),
    best=np.array([0.25, 0.15, 0.5, 0.95]),
    mastered=np.array([False, False, True, True]),
)


def areas(svg: str) -> list[tuple[float, float]]:
    """From where to where the truth is mastery, of the panels."""
    found = re.findall(r'class="mastered" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
    return [(float(x), float(x) + float(width)) for x, y, width in found if float(y) > 60]


def test_the_area_begins_between_the_answers_around_which_mastery_came():
    left, right = 38.0, 300.0  # of a first panel; four answers from 0.5 to 4.5
    assert areas(mastery_picture([CURVE], "ann").svg) == [((left + right) / 2, right)]


def test_mastery_that_is_lost_again_has_two_areas():
    curve = replace(CURVE, mastered=np.array([True, False, False, True]))
    assert len(areas(mastery_picture([curve], "ann").svg)) == 2
    assert areas(mastery_picture([replace(CURVE, mastered=np.zeros(4, bool))], "ann").svg) == []


def test_right_and_wrong_answers_are_marked():
    svg = mastery_picture([CURVE], "ann").svg
    marks = re.findall(r'class="dots (\w+)"[^>]* d="([^"]+)"', svg)
    below = [(kind, path.count("M")) for kind, path in marks if " 234h0" in path]
    assert below == [("ink", 3), ("ink", 1), ("hole", 1)]


def test_heights_are_shares():
    line = re.search(r'<path class="predicted" d="(M7[^"]+)"', mastery_picture([CURVE], "ann").svg)
    assert line is not None
    heights = [float(y) for y in re.findall(r" ([\d.]+)", line[1])]
    assert heights == [204 - 116 * share for share in (0.2, 0.1, 0.6, 0.9)]


def test_without_the_truth_nothing_is_drawn_of_it():
    svg = mastery_picture([replace(CURVE, best=None, mastered=None)], "ann").svg
    assert "best possible" not in svg
    assert "truly mastered" not in svg
    assert 'class="best"' not in svg


def test_words_tell_it_and_names_are_escaped():
    picture = mastery_picture([CURVE], "ann")
    assert "<adding>: 4 answers, 3 right; P(mastered) from 20\xa0% to 90\xa0%" in picture.words
    assert "in truth mastered before answer 3." in picture.words
    assert "<adding>" not in picture.svg
    never = mastery_picture([replace(CURVE, mastered=np.zeros(4, bool))], "ann")
    assert "never mastered before the last answer" in never.words


def test_many_skills_stand_in_rows_of_three():
    svg = mastery_picture([CURVE] * 4, "ann").svg
    assert [(x, y) for x, y in re.findall(r'class="panel-title" x="(\d+)" y="(\d+)"', svg)] == [
        ("0", "72"), ("324", "72"), ("648", "72"), ("0", "292"),
    ]  # fmt: skip
