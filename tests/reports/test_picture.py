"""A picture stands alone: one file, its own style, nothing to load, words for those who cannot see it."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest

from kt_fewshot.errors import StorageError
from kt_fewshot.reports import Picture
from kt_fewshot.reports.drawing import Drawing


@pytest.fixture
def picture():
    drawing = Drawing(100, 50, "A <line>", "From left & right.")
    drawing.line([(0, 0), (100, 50)], "predicted")
    return Picture.of(drawing)


def test_it_is_well_formed_and_loads_nothing(picture):
    root = ET.fromstring(picture.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("144", "94", "-22 -22 144 94")
    assert not re.findall(r"url\(|@import|href=|<script", picture.svg)


def test_a_heading_stands_above():
    svg = Picture.of(Drawing(100, 50, "", ""), heading="a < b").svg
    assert 'viewBox="-22 -56 144 128"' in svg
    assert '<rect class="paper" x="-22" y="-56" width="144" height="128"' in svg
    assert '<text class="heading" x="0" y="-24">a &lt; b</text>' in svg


def test_it_has_colours_for_light_and_dark_and_its_own_ground(picture):
    assert "prefers-color-scheme: dark" in picture.svg
    assert picture.svg.count("--paper:") == 2
    assert '<rect class="paper" x="-22"' in picture.svg


def test_every_colour_that_it_uses_is_defined(picture):
    assert set(re.findall(r"var\((--\w+)\)", picture.svg)) <= set(re.findall(r"(--\w+):", picture.svg))


def test_it_has_words(picture):
    words = ET.fromstring(picture.svg).find("{http://www.w3.org/2000/svg}desc")
    assert words is not None
    assert words.text == "From left & right."
    assert 'alt="A &lt;line&gt;. From left &amp; right."' in picture._repr_html_()


def test_a_notebook_gets_the_same_image(picture):
    data = re.search(r"base64,([\w+/=]+)", picture._repr_html_())
    assert data is not None
    assert base64.b64decode(data[1]).decode() == picture.svg
    assert "<style" not in picture._repr_html_()  # or else it would style the whole notebook


def test_it_is_saved(picture, tmp_path):
    assert picture.save(tmp_path / "a.svg").read_text() == picture.svg
    page = picture.save(str(tmp_path / "a.html")).read_text()
    assert picture.svg in page
    assert "<title>A &lt;line&gt;</title>" in page


def test_other_endings_are_refused(picture, tmp_path):
    with pytest.raises(StorageError, match=r"saved as \.svg or \.html\. Found 'a\.png'"):
        picture.save(tmp_path / "a.png")
