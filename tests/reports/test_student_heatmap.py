"""The figure of Piech et al.: rows by first contact, grey before it, marks filled or hollow."""

import re
from dataclasses import replace

import numpy as np

from kt_fewshot.reports import Steps
from kt_fewshot.reports.student_heatmap import student_heatmap

STEPS = Steps(
    student="ann",
    first=1,
    practised=(("late",), ("late",), ("early", "late"), ()),
    right=np.array([True, False, True, False]),
    skills=("early", "late", "never"),
    correct=np.array([[0.1, 0.22, 0.5], [0.1, 0.33, 0.5], [0.62, 0.33, 0.5], [0.62, 0.97, 0.5]]),
    mastery=np.zeros((4, 3)),
    met=np.array([2, 0, -1]),
)


def drawn(**limits: int) -> str:
    return str(student_heatmap(STEPS, "Ann", **({"most_answers": 10, "most_skills": 10} | limits)))


def test_rows_stand_by_first_contact():
    figure = drawn()
    assert figure.index(">late<") < figure.index(">early<")
    assert "never" not in figure


def test_cells_have_the_colours_of_their_shares_and_are_grey_before():
    cells = dict(re.findall(r'class="cells (\w+)"[^>]* d="([^"]+)"', drawn()))
    assert {name: path.split("M")[1:] for name, path in cells.items()} == {
        "unmet": ["0 1h2"],
        "v4": ["0 0h1"],
        "v6": ["1 0h2"],
        "v12": ["2 1h2"],
        "v19": ["3 0h1"],
    }


def marks(figure: str) -> list[tuple[str, int]]:
    """Above the columns: what is drawn, and how often."""
    found = re.findall(r'class="dots (\w+)"[^>]* d="([^"]+)"', figure)
    return [(kind, path.count(" 14h0")) for kind, path in found if " 14h0" in path]


def test_marks_tell_skill_and_outcome():
    assert marks(drawn()) == [("other", 1), ("hole", 1), ("s0", 1), ("hole", 1), ("s0", 1), ("s1", 1)]


def test_the_ninth_skill_is_told_from_the_first():
    skills = tuple(f"skill {k}" for k in range(10))
    steps = replace(
        STEPS,
        practised=tuple((skill,) for skill in skills),
        right=np.array([True] * 9 + [False]),
        skills=skills,
        correct=np.full((10, 10), 0.5),
        mastery=np.zeros((10, 10)),
        met=np.arange(10),
    )
    figure = str(student_heatmap(steps, "Ann", most_answers=10, most_skills=10))
    found = re.findall(r'class="dots ([\w ]+)"[^>]* d="([^"]+)"', figure)
    marks = [kind for kind, path in found if " 14h0" in path]
    assert sorted(marks) == sorted([*(f"s{k}" for k in range(8)), "s0 square", "s1 square", "hole square"])


def test_the_last_answers_and_the_first_skills_are_kept():
    figure = drawn(most_answers=2, most_skills=1)  # both skills are practised there
    assert sum(n for kind, n in marks(figure) if kind != "hole") == 2
    assert ">3<" in figure
    assert ">early<" not in figure


def test_of_too_many_skills_those_practised_here_are_kept():
    steps = replace(STEPS, met=np.array([2, 0, 1]))
    assert ">never<" in str(student_heatmap(steps, "Ann", most_answers=10, most_skills=3))
    figure = str(student_heatmap(steps, "Ann", most_answers=10, most_skills=2))
    assert ">never<" not in figure
    assert ">late<" in figure


def test_words_tell_the_same():
    assert "Heat map of P(correct) for 2 skills after each of 4 answers, 2 of them right." in drawn()
    assert "expects most on late (97\xa0%) and least on early (62\xa0%)" in drawn()
