"""Classes: which have a page, and what is withheld."""

import polars as pl
from _report import course, material

from kt_fewshot.data import Interactions
from kt_fewshot.reports.class_page import CLASSES, CONSIDERED, classes


def in_classes(log: Interactions, sizes: list[int]) -> Interactions:
    names = [f"class-{number}" for number, size in enumerate(sizes) for _ in range(size)]
    students = log.table["student"].unique(maintain_order=True)
    return Interactions(log.table.with_columns(group=pl.col("student").replace_strict(students, names)), log.files)


def test_each_class_has_a_row_and_the_largest_a_page():
    found = classes(material(in_classes(course(80, tries=2), [10, 20, 15, 12, 23])))
    assert [page.name for page in found.pages] == ["class-4", "class-1", "class-2"]
    assert len(found.pages) == CLASSES
    assert [row[:3] for row in found.rows][:2] == [("class-4", "23", "138"), ("class-1", "20", "120")]
    assert found.withheld == 0


def test_small_classes_are_withheld_with_the_one_that_gives_them_away():
    found = classes(material(in_classes(course(48, tries=2), [9, 18, 21])))
    assert found.withheld == 2
    assert [row[0] for row in found.rows] == ["class-2"]
    assert "class-0" not in str(found)


def test_where_every_class_is_small_everyone_has_a_page():
    found = classes(material(in_classes(course(16, tries=2), [8, 8])))
    assert [page.name for page in found.pages] == ["Everyone"]
    assert found.rows == ()


def test_a_log_without_classes():
    log = course(12)
    bare = Interactions(log.table.with_columns(group=pl.lit(None, pl.String)), log.files)
    found = classes(material(bare))
    assert (found.rows, found.withheld, found.pages[0].students) == ((), 0, 12)


def test_of_very_many_students_those_with_most_answers_are_looked_at():
    asked = []

    def mastery(students):
        asked.append(len(students))
        return material(log).mastery(students)

    log = course(CONSIDERED + 20, skills=("a",), tries=1)
    bare = Interactions(log.table.with_columns(group=pl.lit(None, pl.String)), log.files)
    (page,) = classes(material(bare, mastery=mastery)).pages
    assert asked == [CONSIDERED]
    assert (page.students, page.considered) == (CONSIDERED + 20, CONSIDERED)
