"""Which skills go together, counted by hand."""

import numpy as np
import polars as pl

from _asserts import store_of
from kt_fewshot.data import Interactions, Vocabulary, interactions_of, skill_links


def links(*answers: tuple[str, str]) -> dict[tuple[str, str], float]:
    """Of (student, skills) in the order answered: what goes with what."""
    students, skills = zip(*answers, strict=True)
    frame = pl.DataFrame({"student": students, "item": "q", "skills": skills, "correct": 1})
    log: Interactions = interactions_of(frame)
    vocabulary = Vocabulary.of(log)
    found = skill_links(store_of(log, vocabulary), vocabulary.n_skills)
    assert not np.diag(found).any()
    names = ("", *vocabulary.skills)
    return {(str(names[i]), str(names[j])): float(found[i, j]) for i, j in np.argwhere(found)}


def test_an_answer_follows_one_of_the_same_student() -> None:
    assert links(("s", "a"), ("s", "b"), ("s", "b"), ("s", "c"), ("t", "a")) == {("a", "b"): 1, ("b", "c"): 1}


def test_a_set_counts_as_the_mean_of_its_skills() -> None:
    assert links(("s", "a"), ("s", "b~~c")) == {("a", "b"): 0.5, ("a", "c"): 0.5, ("b", "c"): 0.25, ("c", "b"): 0.25}
