"""What the classics have in common: they are fitted as a whole, in seconds, without epochs."""

import math
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import torch

from kt_fewshot.data import SequenceStore
from kt_fewshot.metrics import auc, log_loss
from kt_fewshot.training import History, Progress, Row, Silence

from .tracer import Tracer


class Classic(Tracer):
    """A tracer that is fitted as a whole, on the CPU; an interrupted fit begins anew.

    The history of a fit is one row, whose `step` counts the iterations. Its loss is the log-loss of `train`, its score
    the negative log-loss of `valid`, its metrics are the AUC of `valid` and what `solve` tells. nan where nothing is
    scored.
    """

    @abstractmethod
    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Fit to histories on the CPU; gives the iterations it took, and what else there is to tell."""

    def fit(
        self,
        train: SequenceStore,
        valid: SequenceStore,
        *,
        checkpoint: Path | None = None,  # noqa: ARG002 (a fit of seconds begins anew)
        resume: bool = False,  # noqa: ARG002
        progress: Progress | None = None,
    ) -> History:
        """See `Tracer.fit`."""
        with closing(progress or Silence()) as listener:
            listener.start(1)
            began = time.perf_counter()
            iterations, told = self.solve(train.to(torch.device("cpu")))
            fitted = time.perf_counter()
            losses, found = {"correct": self._scores(train)["correct_loss"]}, self._scores(valid)
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

    def _scores(self, store: SequenceStore) -> dict[str, float]:
        if not len(store):
            return {"auc": math.nan, "correct_loss": math.nan}
        scored = store.scored.cpu().numpy()
        probability = self.predict_log(store).correct.cpu().numpy()[scored]
        correct = store.correct.cpu().numpy()[scored]
        return {"auc": auc(probability, correct), "correct_loss": log_loss(probability, correct)}
