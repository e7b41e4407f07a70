"""What a deep tracer expects of behaviour: before the answer, for the tasks it has, on the store's scale."""

import torch

from _asserts import random_log, scramble, store_of
from kt_fewshot.data import BEHAVIOUR, Vocabulary
from kt_fewshot.tracing import tracer_class

LOG = random_log(6)
VOCABULARY = Vocabulary.of(LOG, min_item_answers=1)


def tracer(**options):
    return tracer_class("dkt")(VOCABULARY, {"hidden": 8, "embedding": 4, **options}).double()


def test_the_future_is_invisible():
    made = tracer()
    store = store_of(LOG, VOCABULARY)
    before, after = (made.predict_behaviour(s) for s in (store, store_of(scramble(LOG, 3), VOCABULARY)))
    seen = store.position() <= 3
    assert set(before) == set(BEHAVIOUR)
    for task, expected in before.items():
        assert expected.isfinite().all()
        assert torch.equal(expected[seen], after[task][seen])
        assert not torch.equal(expected[~seen], after[task][~seen])
    assert ((before["hints"] > 0) & (before["hints"] < 1)).all()


def test_only_tasks_it_learns_are_foretold():
    store = store_of(LOG, VOCABULARY)
    assert set(tracer(tasks=["correct", "attempts"]).predict_behaviour(store)) == {"attempts"}
    assert tracer(plain=True).predict_behaviour(store) == {}


def test_it_expects_what_its_loss_asks_for():
    made = tracer()
    store = store_of(LOG, VOCABULARY)
    expected = made.predict_behaviour(store)
    told = ~store.behaviour[:, 0].isnan()
    error = (expected["response_time"] - store.behaviour[:, 0])[told]
    _, _, sums = made._scored(store)
    total, count = sums["response_time"]
    assert count == told.sum()
    torch.testing.assert_close(0.5 * error.square().sum().item(), total)
