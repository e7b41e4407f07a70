"""What holds for every registered tracer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from _asserts import (
    assert_bundles_keep_secrets,
    assert_company_is_irrelevant,
    assert_future_is_invisible,
    assert_probabilities,
    assert_reproducible,
    assert_stepping_equals_vectorised,
    assert_survives_saving,
    random_log,
    store_of,
)
from kt_fewshot.data import Vocabulary
from kt_fewshot.errors import KTError
from kt_fewshot.multitask import SHARINGS
from kt_fewshot.tracing import TRACERS, Tracer, load_tracer, tracer_class

SMALL: dict[str, dict[str, Any]] = {
    "dkt": {"hidden": 8, "embedding": 6, "head_hidden": 7, "epochs": 2, "rows": 2, "time": 20},
}
"""Options that make a tracer small enough for a test."""

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "bkt": [{}, {"forgetting": True, "starts": 2}],
    "dkt": [
        {},
        {"plain": True},
        {"skill_rank": 2, "skill_graph": 1.0},
        *({"sharing": sharing} for sharing in SHARINGS if sharing != "hard"),
        {"group_tie": 0.01},
    ],
    "elo": [{}, {"skills": False}],
    "irt": [{}, {"abilities": True}],
    "pfa": [{}, {"counts": "raw"}],
}
"""Options under which a tracer is another model."""

FORGETFUL = {"irt", "skill-mean"}
"""Tracers that say the same of every new student, whatever the answers."""

CASES = [(name, SMALL.get(name, {}) | variant) for name in TRACERS for variant in VARIANTS.get(name, [{}])]

LOG = random_log(seed=3)
BUNDLED = random_log(seed=3, bundles=True)


def make(name: str, options: dict[str, Any]) -> Tracer:
    vocabulary = replace(Vocabulary.of(random_log(12, seed=1), min_item_answers=2), groups=("school-1", "school-2"))
    return tracer_class(name)(vocabulary, options).double()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join([case[0], *map(str, case[1].values())]))
def fitted(request: pytest.FixtureRequest) -> Tracer:
    tracer = make(*request.param)
    tracer.fit(store_of(random_log(12, seed=1), tracer.vocabulary), store_of(random_log(seed=2), tracer.vocabulary))
    return tracer


def test_name_is_the_registered_one() -> None:
    for name in TRACERS:
        assert tracer_class(name).name == name


def test_unknown_name_says_which_there_are() -> None:
    with pytest.raises(KTError, match=r"Unknown tracer 'dtk'\. Choose one of: .*dkt"):
        tracer_class("dtk")


def test_future_is_invisible(fitted: Tracer) -> None:
    assert_future_is_invisible(fitted, LOG, remembers=fitted.name not in FORGETFUL)


def test_bundles_keep_secrets(fitted: Tracer) -> None:
    assert_bundles_keep_secrets(fitted, BUNDLED)
    assert_future_is_invisible(fitted, BUNDLED, remembers=fitted.name not in FORGETFUL)


def test_company_is_irrelevant(fitted: Tracer) -> None:
    assert_company_is_irrelevant(fitted, LOG)
    assert_company_is_irrelevant(fitted, BUNDLED)


def test_probabilities(fitted: Tracer) -> None:
    assert_probabilities(fitted, LOG)


@pytest.mark.parametrize("bundled", [False, True])
def test_stepping_equals_vectorised(fitted: Tracer, bundled: bool) -> None:
    assert_stepping_equals_vectorised(fitted, BUNDLED if bundled else LOG)


def test_stepping_equals_vectorised_in_single_precision(fitted: Tracer, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    single = load_tracer(tmp_path).float()
    assert_stepping_equals_vectorised(single, LOG, tolerance=1e-5)


def test_survives_saving(fitted: Tracer, tmp_path: Path) -> None:
    assert_survives_saving(fitted, LOG, tmp_path)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_reproducible(name: str, options: dict[str, Any]) -> None:
    vocabulary = make(name, options).vocabulary
    train, valid = (store_of(random_log(seed=seed), vocabulary) for seed in (1, 2))
    assert_reproducible(lambda: make(name, options), train, valid)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_learns_that_everything_is_right(name: str, options: dict[str, Any]) -> None:
    tracer = make(name, options)
    store = store_of(random_log(12, seed=1), tracer.vocabulary)
    always_right = replace(store, correct=torch.ones_like(store.correct))
    before = tracer.predict_log(store).correct.mean()
    tracer.fit(always_right, always_right)
    assert tracer.predict_log(always_right).correct.mean() > max(float(before), 0.5)
