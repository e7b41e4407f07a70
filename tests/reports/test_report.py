"""The page as a whole: nothing hostile gets in, nobody is named, nothing is loaded, everything can be heard."""

import re

import numpy as np
import pytest
from _report import Page, course, material

from _asserts import random_log
from kt_fewshot.reports import report

HOSTILE = (
    '</title><script>alert("x")</script>',
    '"><img src=x onerror=alert(1)>',
    "'; </style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&amp;<b>&lt;",
    "]]><!--",
)

CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(report(material(course(30))))


def test_it_comes_in_the_order_of_its_questions(page):
    heads = [part["id"] for part in page.all("section")]
    assert heads == ["good", "calibration", "curves", "skills", "heatmap", "class", "students"]
    assert {f"#{head}" for head in heads} == {link["href"] for link in page.all("a")}


def test_it_loads_nothing_and_runs_nothing(page):
    assert [meta["content"] for meta in page.all("meta") if "http-equiv" in meta] == [CSP]
    assert all(address.startswith("#") for address in page.addresses)
    assert "http:" not in page.html
    assert "https:" not in page.html
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "embed", "img", "form"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_every_figure_has_words(page):
    figures = page.all("svg")
    assert len(figures) > 40
    for figure in figures:
        assert figure["role"] == "img"
        assert len(figure["aria-label"] or "") > 40


def test_every_table_has_a_caption_and_heads(page):
    tables = [tag for tag, _ in page.elements if tag in {"table", "caption"}]
    assert tables.count("table") == tables.count("caption") > 5
    assert all(head.get("scope") in {"col", "row"} for head in page.all("th"))


def test_it_is_for_light_dark_and_paper(page):
    assert "prefers-color-scheme: dark" in page.html
    assert "@media print" in page.html
    assert "size: A4" in page.html


def test_hostile_names_are_only_text():
    log = course(12, skills=HOSTILE, name="{}</td><script>alert(2)</script>")
    html = report(material(log, title=HOSTILE[0], call=lambda student: student, notes=HOSTILE))
    page = Page(html)
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert 'alert("x")' in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert len(page.all("style")) == len(page.all("title")) == 1


def test_nobody_is_named():
    log = course(30, name="ann-{}@school.org")
    html = report(material(log, call=lambda student: f"x{hash(student) & 0xFFFF:04x}"))
    assert "school.org" not in html
    assert "ann-" not in html


def test_small_groups_are_withheld_and_that_is_said():
    page = Page(report(material(course(9))))
    assert "Withheld: 3 skills" in page.text
    assert "Withheld: 2 classes" in page.text
    assert "Too few students tested the model" in page.text


def test_a_log_of_anything_has_a_report():
    log = random_log(12)
    html = report(material(log))
    assert "nan" not in re.sub(r"\b\w*nan\w+|\w+nan\w*\b", "", Page(html).text)


def test_a_log_without_skills_has_a_report():
    log = course(12)
    bare = log.table.with_columns(skills=None).cast({"skills": log.table.schema["skills"]})
    made = type(log)(bare, log.files)
    page = Page(report(material(made)))
    assert "The log names no skills." in page.text


def test_forty_students_with_long_histories_stay_below_a_megabyte():
    skills = [f"a skill with quite a long name, number {k}" for k in range(40)]
    log = course(40, skills=skills, tries=8)
    rng = np.random.default_rng(0)
    made = material(log)
    noisy = {
        student: type(steps)(**{**vars(steps), "correct": rng.random(steps.correct.shape), "mastery": steps.correct})
        for student, steps in made.trace(log.table["student"].unique().to_list(), False).items()
    }
    html = report(material(log, trace=lambda students, _: {student: noisy[student] for student in students}))
    assert len(html.encode()) < 1_000_000
    assert len(Page(html).all("details")) > 40
