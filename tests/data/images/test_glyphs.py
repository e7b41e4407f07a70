"""Tests of the rendered glyphs: hundreds of classes, none twice, none shared, fonts kept apart."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from kt_fewshot.data import Splits, load_images
from kt_fewshot.data.images.glyph_fonts import FONTS, draw
from kt_fewshot.data.images.glyphs import load_glyphs
from kt_fewshot.fewshot import EpisodeSampler


@pytest.fixture(scope="module")
def glyphs() -> Splits:
    return load_glyphs(variants=2)


def test_there_are_hundreds_of_classes_of_many_drawings(glyphs: Splits):
    sizes = {name: part.n_classes for name, part in glyphs.parts.items()}
    assert sum(sizes.values()) >= 300
    assert sizes["train"] >= 200
    assert min(sizes["valid"], sizes["test"]) >= 30
    for part in glyphs.parts.values():
        assert part.shape == (1, 28, 28)
        assert part.counts().unique().tolist() == [2 * len(FONTS)]
        assert (part.x.flatten(1).amax(1) > 100).all()  # no drawing is empty or faint


def test_characters_of_several_alphabets_are_classes_once(glyphs: Splits):
    names = {name for part in glyphs.parts.values() for name in part.names}
    for looks in ("A\u0391\u0410", "B\u0392\u0412", "o\u03bf\u043e0", "c\u0441C", "H\u0397\u041d", "P\u0420\u03a1"):
        assert len(names & set(looks)) <= 1
    assert names >= set("ABRbgk257ÆλЖЮ")


def test_no_two_classes_look_alike_in_any_font(glyphs: Splits):
    names = "".join(name for part in glyphs.parts.values() for name in part.names)
    for font in (FONTS[0], FONTS[5], FONTS[-1]):
        pictures = torch.from_numpy(draw(names, font)).float()[:, None]
        small = functional.normalize(functional.avg_pool2d(pictures, 4).flatten(1), dim=1)
        alike = (small @ small.T).fill_diagonal_(0)
        assert alike.max() < 0.98


def test_all_forms_of_a_letter_are_in_one_split(glyphs: Splits):
    parts = {name: part for part, data in glyphs.parts.items() for name in data.names}
    for forms in ("AaÀàáâãĄ", "EeÈèéêëĘę", "UuÙùúûŮůŲų", "BbБ", "RrŔŕŖŗ"):
        same = [parts[form] for form in forms if form in parts and form != "Б"]
        assert len(same) > 1
        assert len(set(same)) == 1


def test_support_and_query_are_never_of_one_font(glyphs: Splits):
    sampler = EpisodeSampler(glyphs.test, 20, 5, n_query=6, tasks=20)
    episode = sampler.draw(0)
    assert glyphs.test.sources is not None
    assert episode.support_items is not None
    assert episode.query_items is not None
    ours, theirs = glyphs.test.sources[episode.support_items], glyphs.test.sources[episode.query_items]
    assert not (ours[:, :, None] == theirs[:, None]).any()
    assert glyphs.test.sources.unique().tolist() == list(range(12))


def test_nothing_is_drawn_twice(glyphs: Splits):
    x = torch.cat([part.x for part in glyphs.parts.values()]).flatten(1)
    assert len(torch.unique(x, dim=0)) == len(x)


def test_the_seed_decides_the_drawings(monkeypatch: pytest.MonkeyPatch):
    pictures = torch.from_numpy(np.stack([draw("Aaxyz", font) for font in FONTS], 1))
    monkeypatch.setattr("kt_fewshot.data.images.glyphs.distinct_glyphs", lambda: ("Aaxyz", pictures))
    monkeypatch.setattr("kt_fewshot.data.images.glyphs._part", lambda character: "Axyza".index(character) // 2)
    first, again, other = (load_images("glyphs", variants=3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.test.x, again.test.x)
    assert first.test.names == other.test.names == ("a",)
    assert not torch.equal(first.test.x, other.test.x)


def test_variants_out_of_range():
    with pytest.raises(ValueError, match="`variants` should be at least 1. Found `variants = 0`"):
        load_glyphs(variants=0)
