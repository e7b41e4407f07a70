"""Tests of the logistic regression under several tracers."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from _asserts import random_log, store_of
from kt_fewshot.data import Vocabulary
from kt_fewshot.tracing.logistic import Evidence, LogisticModel
from kt_fewshot.tracing.skill_entries import SkillEntries

LOG = random_log(60, seed=4)


def evidence_of(store, *, skill_features=0, features=0):
    entries, generator = SkillEntries.of_store(store), torch.Generator().manual_seed(0)
    of_skill = torch.rand(len(entries.step), skill_features, generator=generator, dtype=torch.float64)
    of_answer = torch.rand(len(store), features, generator=generator, dtype=torch.float64)
    return Evidence(store.item.long(), entries, of_skill, of_answer)


@pytest.mark.parametrize("l2", [0.3, 4.0])
@pytest.mark.parametrize("items", [False, True])
def test_fit_ends_where_the_penalised_likelihood_is_flat(items: bool, l2: float):
    vocabulary = Vocabulary.of(LOG, min_item_answers=1)
    store = store_of(LOG, vocabulary)
    store.scored[::5] = False
    evidence = evidence_of(store, skill_features=2, features=3)
    model = LogisticModel(vocabulary, items=items, skills=True, skill_features=2, features=3).double()
    assert model.fit(evidence, store, l2=l2) > 0
    with torch.no_grad():
        model.average_item.zero_()  # no coefficient of its own
    loss = binary_cross_entropy_with_logits(model(evidence), store.correct.double(), reduction="none")
    coefficients = [model.item, model.skill, model.skill_slopes, model.slopes]
    objective = loss[store.scored].sum() + l2 / 2 * sum(c.square().sum() for c in coefficients)
    bias, item, *others = torch.autograd.grad(objective, [model.bias, *coefficients])
    for gradient in (bias, item[1:], *others):  # an unknown item has no coefficient of its own either
        assert gradient.numel() == 0 or gradient.abs().max() < 0.05
    assert model.slopes.abs().min() > 1e-4


def test_an_unknown_item_is_its_skills_average_item():
    vocabulary = Vocabulary.of(LOG, min_item_answers=1)
    store = store_of(LOG, vocabulary)
    model = LogisticModel(vocabulary, items=True, skills=True).double()
    evidence = evidence_of(store)
    model.fit(evidence, store, l2=1.0)
    entries, share = evidence.entries, evidence.entries.share()
    easiness = model.item[evidence.item]  # 0 for answers without an item
    for skill in range(1, vocabulary.n_skills):
        here = entries.skill == skill
        mean = (share * easiness[entries.step])[here].sum() / share[here].sum()
        assert model.average_item[skill].item() == pytest.approx(mean.item())
    nothing = torch.zeros(vocabulary.n_skills, 0, dtype=torch.float64)
    every = SkillEntries.every_skill(1, vocabulary.n_skills, torch.device("cpu"))
    said = model(Evidence(torch.zeros(vocabulary.n_skills, dtype=torch.int64), every, nothing, nothing))
    torch.testing.assert_close(said, model.bias + model.skill + model.average_item)


def test_a_single_outcome_is_the_rule_of_succession():
    vocabulary = Vocabulary.of(LOG, min_item_answers=1)
    store = store_of(LOG, vocabulary)
    store.correct.fill_(0)
    model = LogisticModel(vocabulary, items=True, skills=True).double()
    assert model.fit(evidence_of(store), store, l2=1.0) == 0
    assert model(evidence_of(store)).sigmoid().unique().tolist() == pytest.approx([1 / (len(store) + 2)])
