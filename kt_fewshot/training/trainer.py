"""`Trainer`: minimises a model's losses over batches. Knows neither models nor logs."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from torch import nn

from kt_fewshot.errors import CheckpointError, Interrupted, TrainingError
from kt_fewshot.storage import has_checkpoint

from .average import WeightAverage
from .early_stopping import EarlyStopping
from .history import History, Row
from .interrupts import Interrupts
from .optimization import make_optimizer
from .options import TrainerOptions
from .resume import TrainingState, load_state, save_state
from .seeding import mix, own_randomness, seed_generators
from .stepper import GRADIENT, Stepper
from .trainable import Balancing, BatchSource, PlainSum, Progress, Silence, Trainable, Validation

_REPORT_SECONDS: Final = 0.5
"""How often the device is asked for the losses so far; more often would only slow it down."""

Validate = Callable[[], Validation]


class Trainer:
    """Trains models.

    Args:
        options: how.
        loss_scale: a constant that sums of losses are divided by: the answers of a full batch.
        weights: task -> weight of its loss; 1 where nothing is said.
        balancing: makes one gradient of the tasks' weighted losses; their plain sum if None. It is used for one `fit`.

    Raises:
        ValueError: if `loss_scale` is not positive, or the balancing cannot be cut in chunks and the options do.
    """

    def __init__(
        self,
        options: TrainerOptions | None = None,
        *,
        loss_scale: float = 1.0,
        weights: Mapping[str, float] | None = None,
        balancing: Balancing | None = None,
    ) -> None:
        self.options = options or TrainerOptions()
        self.loss_scale = loss_scale
        self.weights = dict(weights or {})
        self.balancing: Balancing = balancing or PlainSum()
        if not loss_scale > 0:
            raise ValueError(f"`loss_scale` should be above 0. Found `loss_scale = {loss_scale}`.")
        if self.options.chunks > 1 and not getattr(self.balancing, "adds_over_chunks", False):
            name = type(self.balancing).__name__
            raise ValueError(f"{name} needs whole batches. Found `chunks = {self.options.chunks}`.")

    def fit(
        self,
        model: Trainable,
        batches: BatchSource,
        validate: Validate | None = None,
        *,
        checkpoint: Path | None = None,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> History:
        """Train a model in place; in the end it is in eval mode and carries the best (averaged) weights.

        torch's generators are the caller's again afterwards. On a CPU the result is reproducible to the last bit, and
        a resumed training ends with the very weights of an uninterrupted one, wherever it was killed.

        Args:
            model: an `nn.Module`, on the device to train on.
            batches: what to train on, on the same device.
            validate: called at each epoch's end, with the model in eval mode and averaged weights.
            checkpoint: folder to keep the training's state in, from which it can be resumed; None keeps nothing.
            resume: go on from `checkpoint`; begin anew if nothing has been saved there yet.
            progress: someone to tell.

        Raises:
            TrainingError: if a loss is not finite, or there are no batches; the last good state stays saved.
            Interrupted: after Ctrl-C, when the state has been saved.
            CheckpointError: if the checkpoint is of other options or damaged, or is there and `resume` is false.
            StorageError: if the state cannot be written.
        """
        if not isinstance(model, nn.Module):
            raise TypeError(f"`model` should be an nn.Module. Found {type(model).__name__}.")
        if checkpoint is not None and not resume and has_checkpoint(checkpoint):
            raise CheckpointError(f"{checkpoint} keeps the state of a training. Resume it, or choose another folder.")
        loop = _Loop(self, model, batches, validate, checkpoint=checkpoint, progress=progress or Silence())
        if checkpoint is not None and resume and has_checkpoint(checkpoint):
            load_state(checkpoint, loop.state, loop.settings)
        return loop.run()


class _Loop:
    """One `fit`."""

    def __init__(
        self,
        trainer: Trainer,
        model: nn.Module,
        batches: BatchSource,
        validate: Validate | None,
        *,
        checkpoint: Path | None,
        progress: Progress,
    ) -> None:
        options, balancing = trainer.options, trainer.balancing
        self.options, self.model, self.batches, self.validate = options, model, batches, validate
        self.checkpoint, self.progress = checkpoint, progress
        decay = options.average_decay
        self.state = TrainingState(
            model=model,
            optimizer=make_optimizer(model, balancing.parameters(), options),
            balancing=balancing,
            average=None if decay is None else WeightAverage(model, decay),
            stopping=EarlyStopping(options.patience, options.min_epochs),
        )
        self.total_steps = options.epochs * batches.steps_per_epoch
        self.stepper = Stepper(
            model=model,
            optimizer=self.state.optimizer,
            balancing=balancing,
            options=options,
            loss_scale=trainer.loss_scale,
            weights=trainer.weights,
            total_steps=self.total_steps,
            totals=self.state.totals,
        )
        self.device = self.stepper.device
        self.settings: dict[str, Any] = {
            **asdict(options),
            "loss_scale": trainer.loss_scale,
            "weights": trainer.weights,
            "balancing": type(balancing).__name__,
            "steps_per_epoch": batches.steps_per_epoch,
            "data": getattr(batches, "fingerprint", None),
        }
        self.interrupts = Interrupts()
        self.out_of_time = False
        self.reported = (0, 0.0)  # steps and items of this epoch that progress knows of
        self.mark = self.last_report = self.last_save = time.monotonic()

    def run(self) -> History:
        """Train to the end."""
        state, options = self.state, self.options
        self.progress.start(self.total_steps)
        if state.step:
            self.progress.advance(state.step, 0, {})
            self.reported = (state.step_in_epoch, self._items())
        try:
            with own_randomness(self.device), self.interrupts:
                self.model.train()
                while not (self.out_of_time or state.epoch >= options.epochs or self._should_stop()):
                    self._epoch()
        finally:
            self.progress.close()
        if state.stopping.best_epoch:
            self.model.load_state_dict(state.stopping.best_weights)
        elif state.average:
            state.average.copy_to_model()
        self.model.eval()
        return state.history

    def _epoch(self) -> None:
        state = self.state
        for batch in self.batches.epoch(state.epoch, state.step_in_epoch):
            self.out_of_time = self._is_out_of_time()
            if self.out_of_time:
                break
            self._step(batch)
            self._between_steps()
        if self.out_of_time:
            self._save()  # before the cut epoch is closed, so that more time can continue it
        if state.step_in_epoch:
            self._close_epoch()
        elif not self.out_of_time:
            raise TrainingError("There is nothing to learn from: the first epoch has no batches.")
        if self.interrupts.requested:
            self._stop_for_interrupt()

    def _step(self, batch: Any) -> None:  # noqa: ANN401
        state = self.state
        self.stepper.gradient(batch, state.step)
        if self.device.type == "cpu":  # elsewhere, to look now would stop the device at each step
            self._refuse_poison()
        self.stepper.apply(state.step)
        state.step += 1
        state.step_in_epoch += 1
        if state.average:
            state.average.update(state.step)

    def _between_steps(self) -> None:
        now = self._lap()
        if now - self.last_report >= _REPORT_SECONDS:
            self._report()
        if self.checkpoint is not None and now - self.last_save >= self.options.checkpoint_seconds:
            self._save()
        if self.interrupts.requested:
            self._save()
            self._stop_for_interrupt()

    def _close_epoch(self) -> None:
        state = self.state
        self._refuse_poison()
        self._report()
        self._lap()
        trained_seconds, items = state.epoch_seconds, self._items()
        found = self._validated()
        state.balancing.after_epoch()
        self._lap()
        row = Row(
            epoch=state.epoch + 1,
            step=state.step,
            losses={task: total / count if count else math.nan for task, (total, count) in state.totals.read().items()},
            score=found.score if found else math.nan,
            metrics=dict(found.metrics) if found else {},
            seconds=state.epoch_seconds,
            items_per_second=items / trained_seconds if trained_seconds else math.nan,
        )
        state.history = state.history.with_row(row)
        state.epoch, state.step_in_epoch, state.epoch_seconds = state.epoch + 1, 0, 0.0
        state.totals.clear()
        self.reported = (0, 0.0)
        if not self.out_of_time:
            self._save()
        self.progress.epoch(row)

    def _validated(self) -> Validation | None:
        """Validate the averaged weights and keep them if they are the best."""
        if self.validate is None:
            return None
        state = self.state
        seed_generators(mix(self.options.seed, state.step, 0), self.device)
        with state.average.in_place() if state.average else nullcontext():
            self.model.eval()
            found = self.validate()
            self.model.train()
            state.stopping.update(found.score, state.epoch + 1, self.model)
        return found

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        self._refuse_poison()
        self._lap()
        save_state(self.checkpoint, self.state, self.settings)
        self.last_save = time.monotonic()

    def _refuse_poison(self) -> None:
        """Raise before a number that is not finite gets into the weights (CPU), or at least into a file (anywhere)."""
        poison = self.stepper.watch.poison()
        if poison is None:
            return
        tasks = [name for name in poison.names if name != GRADIENT]
        what = f"The loss of {', '.join(tasks)}" if tasks else "The gradient"
        epoch = poison.step // self.batches.steps_per_epoch + 1
        kept = ""
        if self.checkpoint is not None and has_checkpoint(self.checkpoint):
            kept = f" The last good state is kept in {self.checkpoint}."
        raise TrainingError(
            f"{what} is not finite in epoch {epoch}, step {poison.step + 1}. Look for extreme values in the inputs, "
            f"or lower the learning rate ({self.options.learning_rate:g}).{kept}"
        )

    def _stop_for_interrupt(self) -> NoReturn:
        state = self.state
        kept = "Nothing was kept, since no checkpoint folder was given."
        if self.checkpoint is not None:
            kept = f"Everything up to there is kept in {self.checkpoint}: resume from it to go on."
        raise Interrupted(f"Training was interrupted after step {state.step} of {self.total_steps}. {kept}")

    def _report(self) -> None:
        """Tell progress what is new; waits for the device, so the watch is read as well."""
        self._refuse_poison()
        totals = self.state.totals.read()
        steps, items = self.state.step_in_epoch, self._items()
        metrics = {task: total / count for task, (total, count) in totals.items() if count}
        self.progress.advance(steps - self.reported[0], round(items - self.reported[1]), metrics)
        self.reported = (steps, items)
        self.last_report = time.monotonic()

    def _items(self) -> float:
        """Labelled answers of this epoch so far, of the task that has most."""
        return max((count for _, count in self.state.totals.read().values()), default=0.0)

    def _should_stop(self) -> bool:
        return self.validate is not None and self.state.stopping.should_stop(self.state.epoch)

    def _is_out_of_time(self) -> bool:
        limit = self.options.max_seconds
        return limit is not None and self.state.step > 0 and self.state.seconds >= limit

    def _lap(self) -> float:
        """Add the time since the last look at the clock to the state's seconds."""
        now = time.monotonic()
        self.state.epoch_seconds += now - self.mark
        self.state.seconds += now - self.mark
        self.mark = now
        return now
