"""The table of skills: counts by hand, warnings where they belong, small skills withheld."""

import numpy as np
from _report import course, material

from _asserts import log_of
from kt_fewshot.evaluation import evaluate_next_response, learning_curves
from kt_fewshot.reports import SkillNumbers
from kt_fewshot.reports.skill_table import skill_table


def table(log, **changes):
    return skill_table(material(log, **changes), learning_curves(log))


def rows_of(log, **changes):
    return {row.skill: row for row in table(log, **changes).rows}


def test_counts_by_hand():
    rows = [(f"s{k}", f"item-{k % 2}", "a~~b" if k else "a", int(k % 4 == 0)) for k in range(40)]
    found = rows_of(log_of(rows))
    assert (found["a"].students, found["a"].answers, found["a"].base_rate) == ("40", "40", "25\xa0%")
    assert (found["b"].students, found["b"].answers) == ("39", "39")
    assert found["a"].hardest == ("item-1 (0\xa0% of 20)", "item-0 (50\xa0% of 20)")


def test_the_models_numbers_stand_beside():
    row = rows_of(course(30), skills={"a": SkillNumbers(0.21, 0.12, 0.05)})["a"]
    assert (row.guess, row.slip, row.learn) == ("0.21", "0.12", "0.05")
    assert rows_of(course(30), skills={})["a"].guess == "\u2013"


def test_degenerate_skills_are_warned_of():
    numbers = {
        "a": SkillNumbers(0.6, 0.45, 0.1),
        "b": SkillNumbers(0.45, 0.1, 0.001),
        "c": SkillNumbers(0.2, 0.1, 0.1),
    }
    found = rows_of(course(30), skills=numbers)
    assert found["a"].warnings == ("guess + slip is 1 or more: a right answer speaks against mastery",)
    assert found["b"].warnings == ("guess above 0.4", "learning rate near 0")
    assert found["c"].warnings == ()


def test_a_skill_that_is_foretold_too_high_is_warned_of():
    log = course(30)
    said = np.full(len(log), 0.9)
    found = rows_of(log, probability=said, results=evaluate_next_response(log, said, draws=5, part_draws=5))
    assert all(any("too high" in text for text in row.warnings) for row in found.values())


def test_small_skills_have_no_numbers():
    log = log_of(
        [(f"s{k}", "i", skill, k % 2) for k in range(30) for skill in ("large", "larger")]
        + [("t", "secret-item", "larger", 1)] * 3
        + [(f"s{k}", "rare-item", "small", 1) for k in range(9)]
    )
    found = table(log)
    hidden = {row.skill for row in found.rows if row.hidden}
    assert hidden == {"small", "large"}  # the smallest of the others goes with it
    assert found.withheld == 2
    assert all(row.students == row.answers == "" for row in found.rows if row.hidden)
    assert "rare-item" not in str(found)
    assert "secret-item" not in str(found)  # three answers of one student


def test_many_skills_wait_to_be_asked_for():
    found = table(course(12, skills=[f"skill {k:02}" for k in range(25)], tries=1))
    assert (len(found.rows), len(found.rest), found.left_out) == (20, 5, 0)


def test_without_skills_there_are_no_rows():
    assert table(log_of([("s", "i", None, 1)])).rows == ()
