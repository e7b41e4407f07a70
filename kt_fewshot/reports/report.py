"""The report: one HTML file that needs nothing else, for screens in light or dark, paper, and screen readers."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from kt_fewshot.evaluation import learning_curves

from .calibration import Calibration, calibration
from .class_page import Classes, classes
from .curves import Curves, curves_section
from .html_page import render
from .material import Material
from .scores import Scores, scores
from .skill_table import SkillTable, skill_table
from .student_heatmap import student_heatmap
from .student_page import Students, example_student, student_pages
from .suppression import FLOOR
from .together import Together, together
from .wording import short

LARGE_HEATMAP: Final = {"most_answers": 100, "most_skills": 24}


@dataclass(frozen=True)
class Page:
    """Everything the template shows, already in words and figures."""

    title: str
    notes: tuple[str, ...]
    scores: Scores
    calibration: Calibration | None
    together: Together | None
    curves: Curves
    skills: SkillTable
    heatmap: tuple[str, Markup] | None
    classes: Classes
    students: Students
    floor: int = FLOOR


def report(material: Material) -> str:
    """The report as HTML.

    Every name out of the log is escaped; students are called what `material.call` says; numbers of groups of fewer than
    `FLOOR` students, and those that would give them away, are left out.

    Args:
        material: what is reported.
    """
    curves = learning_curves(material.log, material.probability)
    found = classes(material)
    order = found.pages[0].heat.order
    page = Page(
        title=short(material.title, 80),
        notes=material.notes,
        scores=scores(material),
        calibration=calibration(material),
        together=together(material.together) if material.together else None,
        curves=curves_section(curves),
        skills=skill_table(material, curves),
        heatmap=_example(material, order),
        classes=found,
        students=student_pages(material, order),
    )
    return render("page.html.j2", page=page)


def _example(material: Material, order: tuple[str, ...]) -> tuple[str, Markup] | None:
    """The large heat map of one student's first answers, and what the student is called."""
    student = example_student(order, material.log)
    steps = material.trace([student], True).get(student) if student is not None else None
    if student is None or steps is None or not len(steps.right):
        return None
    name = material.call(student)
    return name, student_heatmap(steps, name, **LARGE_HEATMAP)
