"""Tests of the picture of relations: what stands in cells, what colours they have, whether they can be read."""

import re
from pathlib import Path

import numpy as np
import pytest

import kt_fewshot.reports
from kt_fewshot.multitask import Relations
from kt_fewshot.reports import RelationsPanel, relations_picture

MINUS = "\N{MINUS SIGN}"


def panel(matrix, sources=(), **options) -> RelationsPanel:
    matrix = np.array(matrix, dtype=float)
    tasks = ("correct", "response_time", "c")[: len(matrix)]
    return RelationsPanel(
        Relations(tasks, matrix, "x", sources), "Cosines", "Alike?", ("apart", "together"), limit=1.0, **options
    )


def texts(svg: str) -> list[str]:
    return re.findall(r"<text [^>]*>([^<]*)</text>", svg)


def cells(svg: str) -> list[str]:
    """The classes of cells, row by row."""
    return re.findall(r'<rect class="([^"]*)" x="[^"]*" y="[^"]*" width="64"', svg)


def test_each_cell_has_its_number_and_colour():
    picture = relations_picture([panel([[1, 0.26], [-0.5, 1]])], heading="Tasks")
    assert cells(picture.svg) == ["unmet", "for f3", "against f5", "unmet"]
    said = texts(picture.svg)
    assert "+0.26" in said and f"{MINUS}0.50" in said
    assert "+1.00" not in said  # a task is always like itself
    assert said.count("response") == said.count("time") == 2
    assert {"apart", "together", "Tasks", "Cosines", "Alike?"} <= set(said)


def test_what_is_not_known_stays_empty():
    svg = relations_picture([panel([[1, np.nan], [0.2, 1]])], heading="Tasks").svg
    assert cells(svg) == ["unmet", "unmet", "for f2", "unmet"]
    assert "nan" not in svg


def test_nothing_known_at_all():
    picture = relations_picture([panel([[1, np.nan], [np.nan, 1]])], heading="Tasks")
    assert "nothing is known" in picture.words
    assert cells(picture.svg) == ["unmet"] * 4


def test_what_rounds_to_nothing_has_no_sign():
    said = texts(relations_picture([panel([[1, -0.001], [0.001, 1]])], heading="Tasks").svg)
    assert said.count("0.00") == 2


def test_learned_weights_have_other_columns_and_their_own():
    weights = panel([[0.7, 0.3, 0.0], [0.2, 0.3, 0.5]], ("expert 1", "expert 2", "expert 3"), own=True)
    svg = relations_picture([weights], heading="Weights").svg
    assert cells(svg) == ["for f7", "for f3", "for f0", "for f2", "for f3", "for f5"]
    assert "apart" not in svg and "nothing" in svg  # no value is below 0


def test_without_a_limit_the_largest_has_the_strongest_colour():
    found = panel([[9, 0.02], [-0.01, 9]])
    found = RelationsPanel(found.relations, "A", "B", ("c", "d"))
    assert cells(relations_picture([found], heading="T").svg) == ["unmet", "for f10", "against f5", "unmet"]


def test_words_for_those_who_cannot_see_it():
    picture = relations_picture([panel([[1, 0.26], [-0.5, 1]])], heading="Tasks", notes=["Groups: a | b"])
    assert "highest +0.26 (correct, response_time); lowest " + MINUS + "0.50 (response_time, correct)" in picture.words
    assert "Groups: a | b" in picture.words
    assert "Groups: a | b" in texts(picture.svg)


def test_names_of_users_are_escaped_and_cut():
    found = Relations(("<script>" * 9, "b"), np.eye(2), "x")
    svg = relations_picture([RelationsPanel(found, "A", "B", ("c", "d"))], heading="T").svg
    assert "<script>" not in svg
    assert max(map(len, texts(svg))) < 80


def test_panels_stand_side_by_side_where_there_is_room():
    small, large = (
        panel(np.eye(2)),
        RelationsPanel(Relations(tuple("abcdefghijkl"), np.eye(12), "x"), "A", "B", ("c", "d")),
    )
    assert heights([small, small]) == heights([small])
    assert heights([large, large]) > 1.8 * heights([large])


def test_a_long_note_has_room():
    one = RelationsPanel(Relations(("a", "b"), np.eye(2), "x"), "A", "a sentence of many words " * 3, ("c", "d"))
    svg = relations_picture([one, one], heading="T").svg
    right = max(float(x) for x in re.findall(r'<text [^>]*x="([\d.]+)"[^>]*>a sentence', svg))
    assert right + 5 * len(one.note) < float(re.search(r'<svg [^>]*width="(\d+)"', svg)[1])


def heights(panels: list[RelationsPanel]) -> float:
    return float(re.search(r'<svg [^>]*height="(\d+)"', relations_picture(panels, heading="T").svg)[1])


def luminance(colour: np.ndarray) -> float:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_numbers_can_be_read_on_every_colour(theme: int):
    """The contrast that WCAG 2 asks for, 4.5, of the ink on each shade over the paper."""
    folder = Path(kt_fewshot.reports.__file__).parent
    colours, figures = ((folder / f"{name}.css").read_text() for name in ("colours", "figures"))
    named = [
        np.array([int(found[k : k + 2], 16) for k in (0, 2, 4)]) / 255
        for name in ("paper", "ink", "for", "against")
        for found in [re.findall(rf"--{name}: #(\w{{6}});", colours)[theme]]
    ]
    paper, ink, *shades = named
    opacities = [float(value) for value in re.findall(r"\.f\d+ { fill-opacity: ([\d.]+)", figures)]
    assert len(opacities) == 11
    for shade in shades:
        for opacity in opacities:
            pair = sorted([luminance(opacity * shade + (1 - opacity) * paper), luminance(ink)])
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
