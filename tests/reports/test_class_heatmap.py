"""The heat map of a class."""

import polars as pl
from _report import course, material

from kt_fewshot.reports.class_heatmap import MOST_SKILLS, MOST_STUDENTS, class_heat_map

TABLE = pl.DataFrame(
    {
        "student": ["ann", "ann", "bob", "cat"],
        "skill": ["x", "y", "x", "y"],
        "n_attempts": [4, 5, 6, 1],
        "n_correct": [1, 5, 6, 0],
        "p_mastery": [0.2, 0.96, 0.99, 0.1],
    }
)


def test_both_ways_from_low_to_high():
    found = class_heat_map(TABLE, material(course(2)))
    assert found.order == ("cat", "ann", "bob")
    assert found.skills == ("y", "x")
    assert [row.cells for row in found.rows] == [((2, "10"), (-1, "")), ((19, "96"), (4, "20")), ((-1, ""), (19, "99"))]
    assert [(row.student, row.mean, row.mastered) for row in found.rows][1] == ("call-ann", "58\xa0%", "1 of 2")


def test_it_stays_readable():
    log = course(MOST_STUDENTS + 5, skills=[f"skill-{k}" for k in range(MOST_SKILLS + 3)], tries=1)
    found = class_heat_map(material(log).mastery(log.table["student"].unique().to_list()), material(log))
    assert (len(found.rows), len(found.skills), found.more_skills) == (MOST_STUDENTS, MOST_SKILLS, 3)
