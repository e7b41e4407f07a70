"""Predictions that are kept: found again whole and of the same question, or not at all."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from _cli import small_log

from kt_fewshot.data import Interactions, by_student
from kt_fewshot.evaluation import Foretold
from kt_fewshot.recipes.data_settings import Data
from kt_fewshot.recipes.kept_predictions import fingerprint, keep, kept
from kt_fewshot.recipes.study import Study

OF = {"split": "abc", "tracer": "bkt", "options": {"strength": 1.0, "bounds": (0.5, 0.5)}}

SAID = Foretold(np.array([0.25, 0.5], dtype=np.float32), fit_seconds=1.5, predict_seconds=0.25, parameters=7)


def _study(log: pl.DataFrame) -> Study:
    return Study.of(Data(by_student(Interactions.ordered(log), seed=0)), min_item_answers=2)


def test_what_was_kept_comes_back(tmp_path):
    heard: list[str] = []
    assert kept(tmp_path, of=OF, say=heard.append) is None
    keep(tmp_path, SAID, of=OF)
    found = kept(tmp_path, of=OF, say=heard.append)
    assert found is not None
    np.testing.assert_array_equal(found.probability, SAID.probability)
    assert replace(found, probability=SAID.probability) == SAID
    assert heard == []


@pytest.mark.parametrize("other", [{"split": "abd"}, {"tracer": "pfa"}, {"options": {"strength": 2.0}}])
def test_of_another_question_it_is_not_used(tmp_path, other):
    heard: list[str] = []
    keep(tmp_path, SAID, of=OF)
    assert kept(tmp_path, of=OF | other, say=heard.append) is None
    assert "are of another log, split or options. Fitting again." in heard[0]


def test_a_flipped_bit_is_found(tmp_path):
    heard: list[str] = []
    keep(tmp_path, SAID, of=OF)
    (file,) = tmp_path.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))
    assert kept(tmp_path, of=OF, say=heard.append) is None
    assert "is damaged" in heard[0]
    assert heard[0].endswith("Fitting again.")


def test_the_fingerprint_is_of_everything_asked_and_of_nothing_else():
    log = small_log(10)
    same = fingerprint(_study(log))
    assert fingerprint(_study(log)) == same
    assert fingerprint(_study(log.with_columns(group=pl.lit("class")))) == same  # nobody learns from a class
    flipped = log.with_columns(
        correct=pl.when(pl.int_range(pl.len()) == 5).then(1 - pl.col("correct")).otherwise("correct")
    )
    renamed = log.with_columns(skills=pl.col("skills").str.replace("skill-01", "skill-00"))
    assert (
        len({same, fingerprint(_study(flipped)), fingerprint(_study(renamed)), fingerprint(_study(log.head(90)))}) == 4
    )


def test_the_fingerprint_sees_which_answers_count():
    study = _study(small_log(10))
    scored = torch.zeros_like(study.test.scored)
    assert fingerprint(replace(study, test=replace(study.test, scored=scored))) != fingerprint(study)
