"""The few-shot page: what it says, that it is safe, small and readable without eyes, and what it leaves out."""

import re
from dataclasses import replace

import numpy as np
import pytest
from _few_shot_report import NAMES, few_shot_material, judged
from _report import Page

from kt_fewshot import fewshot
from kt_fewshot.reports import FewShotMaterial, Tiles, few_shot_report
from kt_fewshot.reports.few_shot import METHODS


def page_of(material: FewShotMaterial) -> Page:
    return Page(few_shot_report(material))


@pytest.fixture(scope="module")
def page() -> Page:
    return page_of(few_shot_material())


def plain(page: Page) -> str:
    return " ".join(page.text.split())


def test_it_says_what_was_asked_and_how_sure_it_is(page):
    text = plain(page)
    assert (
        "Shown 1 example of each of 3 classes it had never met, it named the class of 91.7 % of new items right" in text
    )
    assert "guessing is right in 33 %" in text
    assert "40 times" in text
    assert "480 queries" in text
    assert "Prototypical network: nearest class mean" in text
    assert "A note." in text


def test_sections_have_an_entry_in_the_contents_each(page):
    targets = [link["href"] for link in page.all("a")]
    assert targets == [f"#{section['id']}" for section in page.all("section")]
    assert targets == ["#good", "#episode", "#shots", "#map", "#confusion", "#calibration", "#training"]


def test_it_loads_nothing_and_runs_nothing(page):
    policies = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert not page.all("script")
    addresses = [address for address in page.addresses if not address.startswith("#")]
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert len(page.html.encode()) < 100_000


def test_names_out_of_the_data_are_escaped(page):
    assert not page.all("b")
    assert NAMES[0] in page.text
    assert "&lt;b&gt;one&lt;/b&gt;" in page.html


def test_every_figure_is_told_in_words(page):
    figures = [svg for svg in page.all("svg") if svg.get("class") != "sign"]
    assert len(figures) == 7
    for figure in figures:
        assert figure["role"] == "img"
        assert len(figure["aria-label"] or "") > 30
    assert all(svg.get("aria-hidden") == "true" for svg in page.all("svg") if svg.get("class") == "sign")


def test_right_and_wrong_differ_in_shape(page):
    picture = re.search(r'<svg[^>]*aria-label="An episode.*?</svg>', page.html, re.DOTALL)
    assert picture is not None
    assert picture.group().count('class="tick"') == 8
    assert picture.group().count('class="cross"') == 2  # two strokes
    assert picture.group().count('class="said"') == 1
    assert "A: 2 of 3 queries right, the others said to be B" in picture.group()


def test_a_transductive_method_is_set_apart(page):
    assert "transductive" not in page.text
    assert "Do not compare it" in plain(page_of(few_shot_material(transductive=True)))


def test_items_that_are_no_images(page):
    found = page_of(few_shot_material(tiles=None))
    assert "#episode" not in [link["href"] for link in found.all("a")]
    assert not found.all("image")
    assert "three" in found.html
    assert len(page.all("image")) == 3 + 9 + 3 + 2 * 2


def test_what_is_not_known_is_left_out():
    made = few_shot_material(history=None, shots=few_shot_material().shots[:1])
    targets = {link["href"] for link in page_of(made).all("a")}
    assert not targets & {"#training", "#shots"}


def test_without_confusions():
    assert "No two classes were confused more than once" in plain(page_of(few_shot_material(crowded=judged(wrong=0))))


def test_coloured_and_large_pictures_stay_small():
    rng = np.random.default_rng(0)
    tiles = Tiles(rng.integers(0, 256, (12, 3, 200, 160), np.uint8))
    assert len(few_shot_report(few_shot_material(tiles=tiles)).encode()) < 300_000


def test_every_method_has_a_name_that_people_know():
    assert {name for name in fewshot.METHODS if not name.startswith("l2l")} == set(METHODS)
    found = page_of(replace(few_shot_material(), method="<i>own</i>"))
    assert "<i>own</i>" in found.text
