"""The section of learning curves: which are drawn, which are listed, which are withheld."""

import re

import numpy as np
from _report import Page, course

from kt_fewshot.evaluation import LearningCurve, learning_curves
from kt_fewshot.reports.curves import LONGEST, PANELS, curves_section


def curve(skill: str, students: list[int], *, category: str = "good") -> LearningCurve:
    n = np.array(students)
    return LearningCurve(
        skill,
        n,
        np.full(len(n), 0.5),
        np.full(len(n), 0.4),
        int((n >= 10).sum()),
        0.1,
        category,  # pyright: ignore
    )


def points(figure: str) -> int:
    return re.search('class="dots ink"[^>]* d="([^"]+)"', figure).group(1).count("M")  # pyright: ignore


def test_the_most_practised_are_drawn_and_the_rest_listed():
    found = curves_section([curve(f"skill {k}", [40, 30, 20, 15]) for k in range(PANELS + 3)])
    assert [panel.skill for panel in found.panels] == [f"skill {k}" for k in range(PANELS)]
    assert [row[0] for row in found.rows] == [f"skill {k}" for k in range(PANELS, PANELS + 3)]
    assert dict((name, n) for name, n, _ in found.tally)["good"] == PANELS + 3
    assert [name for name, _, _ in found.tally] == [
        "too little data",
        "low and flat",
        "no learning",
        "still high",
        "good",
    ]


def test_small_skills_are_withheld_and_one_more_to_hide_a_single_one():
    found = curves_section([curve("a", [40] * 4), curve("b", [30] * 4), curve("c", [9] * 4)])
    assert found.withheld == 2
    assert [panel.skill for panel in found.panels] == ["a"]
    assert found.rows == ()


def test_a_panel_shows_no_point_of_few_students_nor_the_one_that_gives_it_away():
    found = curves_section([curve("a", [40, 30, 20, 15, 3])])
    figure = str(found.panels[0].figure)
    assert points(figure) == 3  # 3 students could be worked out from the other 15
    assert "opportunity 3 (20 students)" in figure


def test_long_curves_are_cut():
    found = curves_section([curve("a", [50] * 40)])
    assert points(str(found.panels[0].figure)) == LONGEST


def test_every_panel_tells_n_observed_and_foretold():
    log = course(40)
    figure = str(curves_section(learning_curves(log, np.full(len(log), 0.7))).panels[0].figure)
    page = Page(figure)
    assert figure.count(">40</text>") == 3  # under the first, third and fifth of six points
    assert {"observed", "predicted"} <= {line["class"] for line in page.all("path")}


def test_nothing_is_nothing():
    found = curves_section([])
    assert (found.panels, found.rows, found.withheld) == ((), (), 0)
