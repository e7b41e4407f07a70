"""Tests of the deep tracer beyond what every tracer does."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import torch
from pydantic import ValidationError

from _asserts import assert_stepping_equals_vectorised, random_log, store_of
from kt_fewshot.data import Interactions, SequenceStore, Streams, Vocabulary
from kt_fewshot.errors import TrainingError
from kt_fewshot.tracing import DKT

SMALL = {"hidden": 8, "embedding": 6, "head_hidden": 7, "epochs": 1, "rows": 2, "time": 20}
LOG = random_log(12, seed=1)
SHORT = random_log(2, seed=5, longest=6)
VOCABULARY = Vocabulary.of(LOG, min_item_answers=2)


def make(**options: Any) -> DKT:
    return DKT(VOCABULARY, SMALL | options).double()


@pytest.fixture(scope="module")
def store() -> SequenceStore:
    return store_of(LOG, VOCABULARY)


def whole(tracer: DKT, store: SequenceStore) -> dict[str, float]:
    """Every loss over whole histories, in one batch."""
    (batch,) = Streams(store, rows=100, time=10_000)
    return {task: loss.total.item() for task, loss in tracer.network.eval().losses(batch).items()}


def test_every_task_has_a_loss(store: SequenceStore) -> None:
    assert set(whole(make(), store)) == {"correct", "mastery", "response_time", "hints", "attempts", "item_shrinkage"}
    assert set(whole(make(plain=True), store)) == {"correct"}
    assert set(whole(make(tasks=["correct", "hints"]), store)) == {"correct", "hints", "item_shrinkage"}


def test_gradient_reaches_every_weight(store: SequenceStore) -> None:
    network = make().network
    (batch,) = Streams(store, rows=100, time=10_000)
    torch.stack([loss.total for loss in network.losses(batch).values()]).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_unscored_answers_are_history_only(store: SequenceStore) -> None:
    tracer = make()
    scored = store.position() >= 3
    some = whole(tracer, replace(store, scored=scored))
    rest = whole(tracer, replace(store, scored=~scored))
    for task, total in whole(tracer, store).items():
        assert some[task] + rest[task] == pytest.approx(total)
        assert some[task] > 0


def test_a_task_without_targets_is_left_out_and_said(store: SequenceStore) -> None:
    silent = replace(store, behaviour=torch.full_like(store.behaviour, float("nan")))
    tracer = make()
    assert tracer.untold_tasks(store) == []
    assert tracer.untold_tasks(silent) == ["response_time", "hints", "attempts"]
    tracer.fit(silent, silent)
    assert tracer.options["tasks"] == ["correct", "mastery"]
    assert not tracer.network.behaviour


def test_a_single_task_twin_learns_that_task_alone(store: SequenceStore) -> None:
    tracer = make(tasks=["hints"], weights={}, epochs=3)
    assert set(whole(tracer, store)) == {"hints", "item_shrinkage"}
    untrained = make(tasks=["hints"], weights={}).network.correct
    history = tracer.fit(store, store)
    assert [row.score for row in history.rows] == [-row.metrics["hints_loss"] for row in history.rows]
    assert torch.equal(tracer.network.correct.skill.weight, untrained.skill.weight)
    said = tracer.predict_log(store)
    right = int(store.correct.sum())
    share = (right * (right + 1) / (right + 2) + (len(store) - right) / (len(store) - right + 2)) / len(store)
    assert torch.equal(said.correct, said.mastery)
    torch.testing.assert_close(said.correct, torch.full_like(said.correct, share))


@pytest.mark.parametrize("tasks", [["mastery"], ["attempts"], ["mastery", "hints"]])
def test_any_tasks_can_be_learned_with_any_sharing(store: SequenceStore, tasks: list[str]) -> None:
    tracer = make(tasks=tasks, sharing="cross-stitch")
    tracer.fit(store, store)
    assert set(tracer.predict_behaviour(store)) == set(tasks) - {"mastery"}
    assert_stepping_equals_vectorised(tracer, SHORT)


def test_schools_learn_apart_as_far_as_they_are_tied() -> None:
    vocabulary = replace(Vocabulary.of(LOG, min_item_answers=2), groups=("school-1", "school-2"))
    store = store_of(LOG, vocabulary)
    elsewhere = replace(store, group=(store.group + 1) % 3)

    def moved(tie: float, epochs: int) -> float:
        tracer = DKT(vocabulary, SMALL | {"group_tie": tie, "epochs": epochs, "average_decay": None}).double()
        tracer.fit(store, store)
        return (tracer.predict_log(store).correct - tracer.predict_log(elsewhere).correct).abs().max().item()

    assert 3 * moved(tie=10.0, epochs=5) < moved(tie=0.0, epochs=5)


def test_every_tower_of_the_trunk_is_tied() -> None:
    vocabulary = replace(Vocabulary.of(LOG, min_item_answers=2), groups=("school-1",))
    store, tied = store_of(LOG, vocabulary), {"group_tie": 2.0, "tasks": ["correct", "hints"]}
    tracer = DKT(vocabulary, SMALL | tied | {"sharing": "soft", "sharing_options": {"tie": 0.0}}).double()
    with torch.no_grad():
        for k, tower in enumerate(tracer.network.trunk.towers):
            bias = tower.get_parameter("0.towers.towers.0.0.project.bias")
            bias += 2.0 * (k + 1)  # 1 and 2 from the mean of two groups
    n = 4 * SMALL["hidden"]
    assert whole(tracer, store)["group_tie"] == pytest.approx((2 * 1 + 2 * 4) * n * len(store))


def test_nothing_left_to_learn_is_said(store: SequenceStore) -> None:
    silent = replace(store, behaviour=torch.full_like(store.behaviour, float("nan")))
    with pytest.raises(TrainingError, match="tells nothing of what should be learned: hints"):
        make(tasks=["hints"]).fit(silent, silent)


def test_behaviour_is_read_only_where_it_shall_be(store: SequenceStore) -> None:
    silent = replace(store, behaviour=torch.full_like(store.behaviour, float("nan")))
    deaf = make(behaviour_inputs=False)
    assert torch.equal(deaf.predict_log(store).correct, deaf.predict_log(silent).correct)
    hearing = make()
    assert not torch.equal(hearing.predict_log(store).correct, hearing.predict_log(silent).correct)
    assert_stepping_equals_vectorised(deaf, SHORT)


def test_behaviour_that_never_changes_is_no_task(store: SequenceStore) -> None:
    behaviour = store.behaviour.clone()
    behaviour[:, 1] = 0.0
    behaviour[::2, 1] = float("nan")
    assert make().untold_tasks(replace(store, behaviour=behaviour)) == ["hints"]


def test_plus_regularisers_are_for_the_plain_model(store: SequenceStore) -> None:
    losses = whole(make(plain=True, reconstruction=0.1, waviness=0.03), store)
    assert losses["reconstruction"] > 0
    assert losses["waviness"] > 0
    with pytest.raises(ValueError, match="belong to the plain model"):
        make(waviness=0.03)


def test_waviness_by_hand() -> None:
    tracer = make(plain=True, waviness=1.0)
    log = random_log(1, seed=4, longest=6)
    store = store_of(log, VOCABULARY)
    (batch,) = Streams(store)
    after, _ = tracer.network.trunk(batch, tracer.network.start(1).layers, batch.reset)
    skill = tracer.network.correct.skill
    outputs = (after[0][0] @ skill.weight.t() + skill.bias).sigmoid().detach()
    expected = 0.0
    for here, there in pairwise(outputs):
        move = there - here
        expected += float((move.abs() + move**2).mean())
    assert whole(tracer, store)["waviness"] == pytest.approx(expected)


def test_hidden_items_teach_the_unknown_item(store: SequenceStore) -> None:
    network = make(item_dropout=0.5).network
    known = replace(store, item=torch.ones_like(store.item))
    (batch,) = Streams(known, rows=100, time=10_000)
    network.train().losses(batch)["correct"].total.backward()
    assert network.items is not None
    assert network.items.vector.grad is not None
    assert network.items.vector.grad[0].any()
    assert network.items.vector.grad[1].any()


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="hidden"):
        make(hidden=0)
    with pytest.raises(ValueError, match="one task"):
        make(plain=True, tasks=["correct", "hints"])
    with pytest.raises(ValueError, match="at least 1"):
        make(tasks=[])
    with pytest.raises(ValueError, match="hiden"):
        make(hiden=3)


def test_emission_is_told() -> None:
    emission = make().emission()
    assert emission is not None
    assert emission.guess.shape == (VOCABULARY.n_skills,)
    assert make(plain=True).emission() is None


def test_an_item_is_shrunk_once_whatever_its_answers(store: SequenceStore) -> None:
    network = make(item_shrinkage=2.0).network
    assert network.items is not None
    network.items.count(store.item)
    (batch,) = Streams(store, rows=100, time=10_000)
    loss = network.eval().losses(batch)["item_shrinkage"]
    occurring = store.item.long().unique()
    length = network.items.vector[occurring].square().sum() + network.items.easiness[occurring].square().sum()
    assert loss.total.item() == pytest.approx(2.0 * length.item())


def test_training_peeks_into_no_bundle() -> None:
    log, tracer = random_log(12, seed=4, bundles=True), make()
    store = store_of(log, VOCABULARY)
    last = int(store.place.argmax())
    place = pl.int_range(pl.len()) - (last - int(store.place[last]))
    flipped = {}
    for name, rows in {"mates": place.is_between(0, int(store.place[last]) - 1), "before": place == -1}.items():
        correct = pl.when(rows).then(1 - pl.col("correct")).otherwise("correct").cast(pl.Int8)
        flipped[name] = store_of(Interactions(log.table.with_columns(correct=correct)), VOCABULARY)
    scored = torch.arange(len(store)) == last
    losses = {name: whole(tracer, replace(other, scored=scored)) for name, other in ({"log": store} | flipped).items()}
    assert losses["mates"] == losses["log"]
    assert losses["before"] != losses["log"]


def test_a_bundle_may_run_on_in_the_next_window() -> None:
    log = random_log(2, seed=8, longest=230, bundles=True)
    tracer = make()
    for name, parameter in tracer.named_parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(len(name)))
    place = store_of(log, VOCABULARY).place
    assert place[100] > 0, "a bundle crosses the end of a window"
    assert_stepping_equals_vectorised(tracer, log)


@pytest.mark.parametrize("balancing", ["famo", "uncertainty", "upgrad"])
def test_a_balancing_changes_what_is_learned(balancing: str, store: SequenceStore) -> None:
    trunks = []
    for name in ("sum", balancing):
        tracer = make(balancing=name)
        tracer.fit(store, store)
        assert all(parameter.isfinite().all() for parameter in tracer.parameters())
        trunks.append(next(iter(tracer.network.trunk.parameters())).detach())
    assert not torch.equal(*trunks)


def test_an_unknown_balancing_is_refused() -> None:
    with pytest.raises(ValidationError, match="Unknown balancing 'sums'. Choose one of: sum, "):
        make(balancing="sums")


def test_skills_that_follow_each_other_are_held_alike(store: SequenceStore) -> None:
    def spread(strength: float) -> float:
        tracer = make(skill_graph=strength)
        history = tracer.fit(store, store)
        assert ("skill_graph" in history.rows[0].losses) == bool(strength)
        return float(sum(table.detach()[1:].std(0).sum() for table in tracer.network.correct.skill_tables()))

    assert spread(1e4) < 0.9 * spread(0.0)


def test_skills_may_be_mixtures_of_few_patterns(store: SequenceStore) -> None:
    tracer = make(skill_rank=2)
    tracer.fit(store, store)
    assert torch.linalg.matrix_rank(tracer.network.correct.skill.weight) == 2
