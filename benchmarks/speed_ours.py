"""Our side of `speed.py`: the trainer's own steps and the tracer's own evaluation."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import ClassVar

import torch
from speed_data import PLAIN, vocabulary_of
from torch import Tensor

from kt_fewshot.data import PackedRows, SequenceBatch, SequenceStore
from kt_fewshot.metrics import auc
from kt_fewshot.multitask import make_balancing
from kt_fewshot.tracing import DKT
from kt_fewshot.tracing.dkt.tracer import TRAINER_OPTIONS
from kt_fewshot.training import Trainer, TrainerOptions, keep_freed_memory

STEPS = 6
"""Batches a turn."""

CHECKED = 256
"""Windows whose loss is compared: pyKT's first batch."""


class Ours:
    """Our side of a row.

    Args:
        kind: what is measured.
        folder: what `speed_data.py` wrote.
    """

    STORES: ClassVar = {"evaluation-windows": "test-windows", "evaluation-sliding": "test"}

    def __init__(self, kind: str, folder: Path) -> None:
        keep_freed_memory()  # as the trainer does
        what, self.half = kind.removesuffix("-bf16"), kind.endswith("bf16")
        self.folder, self.evaluates = folder, what in self.STORES
        self.store = SequenceStore.load(folder / self.STORES.get(what, "train"))
        options = PLAIN
        if what.startswith("default"):
            options, self.store = {}, with_behaviour(self.store)
        if not self.evaluates:
            options = {**options, "precision": "bf16" if self.half else "fp32"}
        self.tracer = DKT(vocabulary_of(folder), options)
        if options.get("plain"):
            self.tracer.network.load_state_dict(torch.load(folder / "weights.pt"))
        self.steps = self._steps()

    @torch.no_grad()
    def equal(self) -> dict[str, float]:
        """What both sides should agree on: the loss of the first windows, or the AUC of all."""
        if self.evaluates:
            return {"auc": self._evaluate()}
        if not self.tracer.settings.plain:
            return {}
        store = SequenceStore.load(self.folder / "train-windows").students(0, CHECKED)
        place = torch.arange(int(store.lengths.max()))
        index = torch.where(place < store.lengths[:, None], store.starts[:-1, None] + place, -1)
        self.tracer.network.eval()
        batch = SequenceBatch.gather(store, index, (place == 0).expand(index.shape))
        total, answers = self.tracer.network.losses(batch)["correct"]
        return {"loss": float(total / answers)}

    def turn(self) -> int:
        """Do some work; how many answers it was about."""
        if not self.evaluates:
            return sum(next(self.steps) for _ in range(STEPS))
        self._evaluate()
        return int(self.scored.sum())

    @property
    def scored(self) -> Tensor:
        """(answers,) those that pyKT scores: all but the first ones."""
        return self.store.scored & (self.store.position() > 0)

    def _evaluate(self) -> float:
        scored = self.scored.numpy()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            p = self.tracer.predict_log(self.store).correct.numpy()
        correct = self.store.correct.numpy()[scored]
        ((p[scored] >= 0.5) == correct).mean()
        return auc(p[scored], correct)

    def _steps(self) -> Iterator[int]:
        """Steps of the trainer, each telling how many answers were in it."""
        tracer, settings = self.tracer, self.tracer.settings
        if tracer.network.items:
            tracer.network.items.count(self.store.item)
        rows = PackedRows(self.store, rows=tracer._rows(self.store), time=settings.time)
        trainer = Trainer(
            TrainerOptions(**{name: getattr(settings, name) for name in TRAINER_OPTIONS}),
            loss_scale=rows.answers_per_batch,
            weights=settings.weights,
            balancing=make_balancing(settings.balancing, settings.tasks),
        )
        state = trainer._fresh_state(tracer.network)
        stepper = trainer._stepper(state, settings.epochs * rows.steps_per_epoch)
        tracer.network.train()
        for step, batch in enumerate(batch for epoch in count() for batch in rows.epoch(epoch)):
            stepper.gradient(batch, step)
            stepper.watch.poison()
            stepper.apply(step)
            if state.average:
                state.average.update(step + 1)
            yield int((batch.index >= 0).sum())


def with_behaviour(store: SequenceStore) -> SequenceStore:
    """Behaviour made up, so that every task has labels; neither log tells any."""
    generator = torch.Generator().manual_seed(0)
    behaviour = torch.randn(len(store), 3, generator=generator)
    behaviour[:, 1] = (behaviour[:, 1] > 1).float()
    return replace(store, behaviour=behaviour)
