"""What tracers that are fitted as a whole, without epochs, tell of their fit."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing

import torch

from kt_fewshot.data import SequenceStore
from kt_fewshot.metrics import auc, log_loss
from kt_fewshot.training import History, Progress, Row, Silence

from .tracer import Tracer

Fit = Callable[[SequenceStore], tuple[int, Mapping[str, float]]]
"""Fits a tracer to a store on the CPU; gives the iterations it took, and what else there is to tell."""


def fit_whole(
    tracer: Tracer, train: SequenceStore, valid: SequenceStore, *, fit: Fit, progress: Progress | None = None
) -> History:
    """Fit a tracer and tell of it: one row, whose `step` counts the fit's iterations.

    The row's loss is the log-loss of `train`, its score the negative log-loss of `valid`, its metrics the AUC of
    `valid` and what the fit itself tells. nan where nothing is scored.

    Args:
        tracer: who is fitted.
        train: what is fitted to.
        valid: what is predicted then.
        fit: does the work.
        progress: told of it, as one step.
    """
    with closing(progress or Silence()) as listener:
        listener.start(1)
        began = time.perf_counter()
        iterations, told = fit(train.to(torch.device("cpu")))
        fitted = time.perf_counter()
        losses, found = {"correct": _scores(tracer, train)["correct_loss"]}, _scores(tracer, valid)
        answers = int(train.scored.sum())
        row = Row(
            epoch=1,
            step=iterations,
            losses=losses,
            score=-found["correct_loss"],
            metrics=found | dict(told),
            seconds=time.perf_counter() - began,
            items_per_second=answers / max(fitted - began, 1e-9),
        )
        listener.advance(1, answers, losses)
        listener.epoch(row)
    return History((row,))


def _scores(tracer: Tracer, store: SequenceStore) -> dict[str, float]:
    if not len(store):
        return {"auc": math.nan, "correct_loss": math.nan}
    scored = store.scored.cpu().numpy()
    probability = tracer.predict_log(store).correct.cpu().numpy()[scored]
    correct = store.correct.cpu().numpy()[scored]
    return {"auc": auc(probability, correct), "correct_loss": log_loss(probability, correct)}
