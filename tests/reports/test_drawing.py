"""Figures: what is drawn, where, and that no text gets out of its place."""

import re

import numpy as np

from kt_fewshot.reports.drawing import Axis, Drawing, heat_paths, level_of


def test_an_axis_maps_both_ends():
    y = Axis(0, 1, 100, 20)
    assert (y(0), y(0.5), y(1)) == (100, 60, 20)
    assert Axis(3, 3, 10, 90)(3) == 10


def test_colours_of_shares():
    assert level_of([0, 0.049, 0.05, 0.999, 1]).tolist() == [0, 0, 1, 19, 19]


def test_neighbours_of_a_colour_are_one_line():
    drawing = Drawing(10, 10, "t", "d")
    heat_paths(drawing, np.array([[-1, 3, 3], [5, 5, 5]]), transform="scale(2)")
    assert drawing.shapes == [
        '<path class="cells unmet" transform="scale(2)" d="M0 0h1"/>',
        '<path class="cells v3" transform="scale(2)" d="M1 0h2"/>',
        '<path class="cells v5" transform="scale(2)" d="M0 1h3"/>',
    ]


def test_a_line_breaks_where_a_number_is_missing():
    drawing = Drawing(10, 10, "t", "d")
    drawing.line([(0, 0), (1, 1), (2, np.nan), (3, 3)], "grid")
    assert re.search('d="([^"]*)"', drawing.shapes[0]).group(1) == "M0 0L1 1M3 3"
    drawing.line([(0, np.nan)], "grid")
    assert len(drawing.shapes) == 1


def test_texts_are_escaped():
    drawing = Drawing(10, 10, '"><script>', "&")
    drawing.text(0, 0, "</svg><script>")
    markup = str(drawing.markup())
    assert "<script>" not in markup
    assert 'aria-label="&#34;&gt;&lt;script&gt;. &amp;"' in markup
    assert 'role="img"' in markup


def test_dots_of_a_kind_are_one_path_and_rings_have_a_hole():
    drawing = Drawing(10, 10, "t", "d")
    drawing.dots([(1, 2), (3.25, 4)], 4, "ink", hollow=True)
    assert drawing.shapes == [
        '<path class="dots ink" stroke-width="8" d="M1 2h0M3.2 4h0"/>',
        '<path class="dots hole" stroke-width="5" d="M1 2h0M3.2 4h0"/>',
    ]
    drawing.dots([], 4, "ink")
    assert len(drawing.shapes) == 2
