"""Tests of fitting Bayesian Knowledge Tracing, against enumeration and against pyBKT."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_fewshot.data import Occurrences
from kt_fewshot.tracing.bkt_em import BKTParameters, Sequences, fit_parameters
from kt_fewshot.tracing.bkt_options import BKTOptions
from kt_fewshot.tracing.bkt_recursion import Emission, forward_filter, p_correct

PYBKT = json.loads(Path(__file__).with_name("pybkt.json").read_text())
EXACT = {"strength": 0, "tolerance": 0, "iterations": 5000, "highest_guess": 1, "highest_slip": 1}


def columns(answers: dict[int, list[str]]) -> tuple[torch.Tensor, torch.Tensor, Occurrences]:
    """Skill and answer of every entry, and their sequences, from the sequences of each skill."""
    sequences = [(skill, sequence) for skill, group in answers.items() for sequence in group]
    skill = torch.tensor([skill for skill, sequence in sequences for _ in sequence], dtype=torch.int64)
    correct = torch.tensor([int(answer) for _, sequence in sequences for answer in sequence])
    key = torch.tensor([k for k, (_, sequence) in enumerate(sequences) for _ in sequence], dtype=torch.int64)
    return skill, correct, Occurrences.of(key)


def fit(answers: dict[int, list[str]], **options):
    skill, correct, groups = columns(answers)
    return fit_parameters(skill, correct, groups=groups, n_skills=max(answers) + 1, options=BKTOptions(**options))


def by_enumeration(sequence: str, p: dict[str, float]) -> tuple[float, dict[str, tuple[float, float]]]:
    """P(answers), and expected (happened, chances) of each parameter, over every path of the latent state."""
    weights, counts = [], []
    for path in itertools.product([0, 1], repeat=len(sequence)):
        weight, happened = 1.0, {name: [0.0, 0.0] for name in p}

        def chance(name: str, event: bool, happened=happened) -> float:
            happened[name][0] += event
            happened[name][1] += 1
            return p[name] if event else 1 - p[name]

        weight *= chance("prior", bool(path[0]))
        for here, there in itertools.pairwise(path):
            weight *= chance("forget", not there) if here else chance("learn", bool(there))
        for state, answer in zip(path, sequence, strict=True):
            weight *= chance("slip", answer == "0") if state else chance("guess", answer == "1")
        weights.append(weight)
        counts.append(happened)
    total = sum(weights)
    expected = {
        name: tuple(sum(w * c[name][k] for w, c in zip(weights, counts, strict=True)) / total for k in (0, 1))
        for name in p
    }
    return total, expected


@given(st.lists(st.text("01", min_size=1, max_size=5), min_size=1, max_size=4), st.integers(0, 1000))
def test_expected_counts_are_those_over_every_path(sequences: list[str], seed: int):
    p = dict(zip(BKTParameters._fields, np.random.default_rng(seed).uniform(0.05, 0.9, 5).tolist(), strict=True))
    skill, correct, groups = columns({1: sequences})
    found = Sequences.of(skill, correct, groups, 2).expect(BKTParameters(*(np.array([0.5, v]) for v in p.values())))
    each = [by_enumeration(sequence, p) for sequence in sequences]
    assert found.log_likelihood[1] == pytest.approx(sum(np.log(total) for total, _ in each))
    assert found.log_likelihood[0] == 0
    for name in p:
        for k in (0, 1):
            assert getattr(found, name)[k][1] == pytest.approx(sum(counts[name][k] for _, counts in each), abs=1e-9)


@settings(max_examples=30)
@given(
    st.lists(st.text("01", min_size=1, max_size=9), min_size=1, max_size=10),
    st.lists(st.text("01", min_size=1, max_size=9), max_size=3),
    st.booleans(),
    st.sampled_from([0.0, 1.0]),
)
def test_the_likelihood_never_falls(one: list[str], other: list[str], forgetting: bool, strength: float):
    options = {"forgetting": forgetting, "strength": strength, "highest_guess": 0.3, "highest_slip": 0.2}
    fitted = fit({1: one, 2: other}, **options, tolerance=0, iterations=50)
    assert np.diff(fitted.curve).min(initial=0) > -1e-9
    assert fitted.parameters.guess.max() <= 0.3
    assert fitted.parameters.slip.max() <= 0.2
    assert (fitted.parameters.forget > 0).any() == forgetting


@pytest.mark.parametrize("expected", PYBKT["fits"], ids=lambda fit: f"{fit['sequences']}-{fit['forgetting']}")
def test_pybkt_finds_the_same(expected: dict):
    sequences = PYBKT["sequences"][expected["sequences"]]
    fitted = fit({0: sequences}, **EXACT, forgetting=expected["forgetting"])
    found = {name: float(values[0]) for name, values in fitted.parameters._asdict().items()}
    assert found == pytest.approx(expected["parameters"], abs=1e-3)
    n = sum(map(len, sequences))
    assert fitted.curve[-1] * n == pytest.approx(expected["log_likelihood"], abs=1e-3)
    skill, correct, groups = columns({0: sequences[:3]})
    emission = Emission(*(torch.tensor([found[name]]).double() for name in Emission._fields)).of(skill)
    before = forward_filter(groups, correct, torch.full((len(skill),), found["prior"]).double(), emission)
    assert p_correct(before, emission).tolist() == pytest.approx(expected["predicted"], abs=1e-3)


def test_skills_are_fitted_each_by_itself():
    one, other = (PYBKT["sequences"][name] for name in ("learned", "forgotten"))
    both, alone = fit({1: one, 2: other}, tolerance=0), fit({2: other}, tolerance=0)
    for field, expected in zip(both.parameters, alone.parameters, strict=True):
        assert field[2] == pytest.approx(expected[2], abs=1e-6)


def test_a_skill_without_answers_has_usual_values():
    usual = BKTParameters.usual(1, BKTOptions())
    for field, expected in zip(fit({1: ["101"]}).parameters, usual, strict=True):
        assert field[0] == expected[0]


def test_more_starts_are_never_worse():
    answers = {1: PYBKT["sequences"]["forgotten"][:15]}
    skill, correct, groups = columns(answers)
    sequences = Sequences.of(skill, correct, groups, 2)
    likelihoods = [
        sequences.expect(fit(answers, **EXACT | {"iterations": 200}, starts=starts).parameters).log_likelihood[1]
        for starts in (1, 3, 6)
    ]
    assert likelihoods == sorted(likelihoods)
