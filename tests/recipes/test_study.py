"""A split log in a tracer's numbers: names from training alone, truth aligned with the test."""

import numpy as np
import polars as pl
import pytest

from kt_fewshot.data import Interactions, by_student, simulate
from kt_fewshot.errors import KTError
from kt_fewshot.recipes.data_settings import Data
from kt_fewshot.recipes.study import Study


def test_names_come_from_training_and_truth_follows_the_test():
    students = simulate("bkt", n_students=12, n_answers=10, n_skills=2, seed=0)
    split = by_student(students.interactions, seed=0)
    study = Study.of(Data(split, simulated=students), min_item_answers=1)
    train = split.train.interactions.table
    assert study.vocabulary.items == tuple(sorted(train["item"].unique()))
    assert study.mean == pytest.approx(train["correct"].mean())
    assert len(study.test) == len(study.log) == len(study.simulated.interactions)
    assert study.log.table.equals(study.simulated.interactions.table)
    assert study.students["answers"].sum() == len(students.interactions)
    assert study.lines[0] == "No log was named: 12 simulated students (bkt)."


def test_rare_items_are_unknown():
    table = pl.DataFrame({"student": list("aabbcc"), "item": list("xxxyyy"), "skills": "s", "correct": [1, 0] * 3})
    split = by_student(Interactions.ordered(table), seed=0)
    study = Study.of(Data(split), min_item_answers=3)
    assert study.vocabulary.items == ()
    assert study.simulated is None


def test_mean_is_of_answers_that_count():
    table = pl.DataFrame({"student": ["a"] * 4 + ["b"] * 2 + ["c"] * 2, "skills": "s", "correct": [1, 0, 0, 0] * 2})
    split = by_student(Interactions.ordered(table), seed=0)
    scored = np.zeros(len(split.train.interactions), dtype=bool)
    scored[0] = True
    part = type(split.train)(split.train.interactions, scored)
    study = Study.of(Data(type(split)(part, split.valid, split.test)), min_item_answers=1)
    assert study.mean == split.train.interactions.table["correct"][0]


def test_nothing_to_trace():
    table = pl.DataFrame({"student": list("abc"), "correct": [1, 0, 1]})
    with pytest.raises(KTError, match="names neither skills nor items"):
        Study.of(Data(by_student(Interactions.ordered(table), seed=0)), min_item_answers=1)
