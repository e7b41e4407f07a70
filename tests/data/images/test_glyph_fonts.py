"""Tests of drawing characters."""

import numpy as np
import pytest

from kt_fewshot.data.images.glyph_fonts import CANVAS, FONTS, INK, Font, common_characters, draw
from kt_fewshot.errors import DatasetError


def test_common_characters_are_shapes_of_all_alphabets():
    characters = common_characters()
    assert set("AbzR09&ÆŁΓωЖя€") <= set(characters)
    assert not set(" -_\u2013│┼\u00a0ˇ\u0301") & set(characters)
    assert list(characters) == sorted(set(characters))


def test_a_character_fills_the_middle_whatever_its_size():
    for picture in draw("oOgM", FONTS[0]):
        rows, columns = np.nonzero(picture)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert max(height, width) == INK
        assert abs((rows.min() + rows.max()) / 2 - (CANVAS - 1) / 2) <= 0.5
        assert abs((columns.min() + columns.max()) / 2 - (CANVAS - 1) / 2) <= 0.5
    small, large = draw("oO", FONTS[0])
    assert small.max() == large.max() == 255


def test_fonts_draw_differently_and_blanks_are_empty():
    first, second = (draw("g", font) for font in (FONTS[0], FONTS[-1]))
    assert not np.array_equal(first, second)
    assert draw(" ", FONTS[0]).max() == 0


def test_a_missing_font_is_told():
    with pytest.raises(DatasetError, match="NoSuchFont.ttf is missing. Reinstall matplotlib"):
        draw("a", Font("NoSuchFont", 0))
