"""A store that grows on disk equals the store of the whole log."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import torch

from kt_fewshot.data import GrowingStore, Interactions, NumberedSets, SequenceStore, Vocabulary, encode


def log(bundle: list[int | None]) -> Interactions:
    """Four students, two answers each."""
    columns = {
        "student": list("aabbccdd"),
        "item": list("xyyxzzxy"),
        "skills": ["s", None, "t", "s~~t", "u", "s", "t", "u"],
        "correct": [1, 0, 1, 1, 0, 0, 1, 0],
        "bundle": bundle,
        "group": [None, None, "x", "x", "x", "x", "y", "z"],
    }
    return Interactions.ordered(pl.DataFrame(columns, schema_overrides={"bundle": pl.Int64}))


def grown(folder: Path, whole: Interactions, vocabulary: Vocabulary) -> SequenceStore:
    numbered = NumberedSets(vocabulary)
    with GrowingStore(folder) as growing:
        for students in (["a"], ["b", "c"], ["d"]):
            growing.add(encode(whole.of_students(students), vocabulary, numbered=numbered))
    return SequenceStore.load(folder)


def check(folder: Path, whole: Interactions, *, bundled: bool, groups: tuple[str, ...] = ()) -> None:
    vocabulary = replace(Vocabulary.of(whole, min_item_answers=1), groups=groups)
    store, wanted = grown(folder, whole, vocabulary), encode(whole, vocabulary)
    assert (len(store.place) > 0) == bundled
    for name, value in vars(wanted).items():
        found = getattr(store, name)
        if name == "sets":
            found, value = found.members, value.members
        assert found.dtype == value.dtype
        assert torch.equal(found.nan_to_num(-9), value.nan_to_num(-9)), name


def test_pieces_are_laid_end_to_end(tmp_path: Path):
    check(tmp_path / "store", log([None] * 8), bundled=False)


def test_groups_are_kept(tmp_path: Path):
    check(tmp_path / "store", log([None] * 8), bundled=False, groups=("x", "z"))
    assert SequenceStore.load(tmp_path / "store").group.tolist() == [0, 0, 1, 1, 1, 1, 0, 2]


def test_bundles_in_some_pieces_only(tmp_path: Path):
    check(tmp_path / "store", log([None, None, 1, 1, None, None, None, None]), bundled=True)
