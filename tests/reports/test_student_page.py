"""Students' pages: who has one, and what is said."""

import polars as pl
from _report import course, material

from _asserts import log_of
from kt_fewshot.reports.student_page import EVERYONE, example_student, student_pages

LOG = course(4, tries=5)
ONE = course(1, tries=5)
ORDER = tuple(LOG.table["student"].unique(maintain_order=True))


def test_in_a_small_log_everyone_has_a_page():
    found = student_pages(material(LOG), ORDER[2:])  # of one class
    assert [page.name for page in found.pages] == [f"call-{ORDER[k]}" for k in (2, 3, 0, 1)]


def test_in_a_large_one_there_are_three_examples():
    log = course(EVERYONE + 1, tries=2)
    order = log.table["student"].unique(maintain_order=True).to_list()
    found = student_pages(material(log), order)
    assert [page.name for page in found.pages] == [f"call-{order[k]}" for k in (0, 20, 40)]
    assert found.of == EVERYONE + 1


def test_strengths_next_and_weak_with_their_evidence():
    table = pl.DataFrame(
        {
            "student": ["student-0"] * 5,
            "skill": ["strong", "lucky", "near", "weak", "new"],
            "n_attempts": [8, 2, 4, 5, 0],
            "n_correct": [8, 2, 3, 1, 0],
            "p_correct": [0.9, 0.9, 0.7, 0.3, 0.5],
            "p_mastery": [0.97, 0.98, 0.7, 0.2, 0.5],
        }
    )
    (page,) = student_pages(material(ONE, mastery=lambda _: table), ("student-0",)).pages
    assert [said.skill for said in page.strengths] == ["strong"]  # two answers make no strength
    assert [said.skill for said in page.next] == ["near"]
    assert [(said.skill, said.mastery, said.record, said.evidence) for said in page.weak] == [
        ("weak", "20\xa0%", "1 of 5 right", "a first impression from 5 answers")
    ]
    assert "4 skills met, 1 mastered" in page.summary


def test_curves_are_of_the_skills_practised_most():
    (page, *_) = student_pages(material(LOG), ORDER).pages
    assert len(page.curves) == 3
    assert all(str(curve).count("h0") >= 5 for curve in page.curves)


def test_the_example_is_in_the_middle_and_readable():
    answers = {"a": 70, "b": 2, "c": 30, "d": 95, "e": 71, "f": 70}
    log = log_of([(student, None, "a", 1) for student, n in answers.items() for _ in range(n)])
    assert example_student(tuple("abcdef"), log) == "e"
    assert example_student(("d",), log) == "d"
    assert example_student((), log) is None
