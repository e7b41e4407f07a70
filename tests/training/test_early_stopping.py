import math

import torch
from torch import nn

from kt_fewshot.training import EarlyStopping


def follow(scores, **options):
    """The epoch at which it stops (None: never), and the stopping itself; epoch n has weight n."""
    stopping = EarlyStopping(**options)
    model = nn.Linear(1, 1, bias=False)
    for epoch, score in enumerate(scores, 1):
        nn.init.constant_(model.weight, epoch)
        stopping.update(score, epoch, model)
        if stopping.should_stop(epoch):
            return epoch, stopping
    return None, stopping


def test_worked_on_paper():
    # the best is epoch 3; epochs 4 and 5 are not better, an equal score is not better
    stopped, stopping = follow([0.1, 0.3, 0.5, 0.5, 0.4, 0.9], patience=2)
    assert stopped == 5
    assert (stopping.best_epoch, stopping.best_score) == (3, 0.5)
    assert stopping.best_weights["weight"].item() == 3.0


def test_any_better_epoch_renews_the_patience():
    assert follow([1, 0, 2, 0, 3, 0, 4], patience=2)[0] is None
    assert follow([1, 0], patience=1)[0] == 2


def test_never_before_the_least_epochs():
    assert follow([5, 4, 3, 2, 1], patience=1, min_epochs=4)[0] == 4


def test_no_patience_never_stops_but_keeps_the_best():
    stopped, stopping = follow([2, 1, 1, 1, 1, 1], patience=None)
    assert stopped is None
    assert stopping.best_epoch == 1


def test_a_nan_is_never_better():
    stopped, stopping = follow([math.nan, math.nan, math.nan], patience=3)
    assert stopped == 3
    assert (stopping.best_epoch, stopping.best_weights) == (0, {})
    assert follow([math.nan, -5.0], patience=3)[1].best_epoch == 2


def test_the_best_weights_are_a_copy():
    stopping = EarlyStopping(1)
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    assert stopping.update(0.0, 1, model)
    nn.init.zeros_(model.weight)
    assert torch.equal(stopping.best_weights["weight"], before)
