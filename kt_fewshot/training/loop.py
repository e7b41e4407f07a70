"""The loop of a training: steps, epochs, and what happens between them.

Several processes go through it in step: whatever depends on a clock or a signal is agreed on before anyone acts on it.
"""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from kt_fewshot.errors import Interrupted, TrainingError
from kt_fewshot.storage import has_checkpoint

from .finite import WEIGHTS, Poison, all_finite
from .freed_memory import keep_freed_memory
from .history import History, Row
from .interrupts import Interrupts
from .progress import Progress, Reporter
from .resume import TrainingState, save_state
from .seeding import mix, own_randomness, seed_generators
from .stepper import Stepper
from .trainable import BatchSource, Validation

Validate = Callable[[], Validation]


class Loop:
    """One `fit`: epochs of steps, and between them reports, saves, validations and reasons to stop."""

    def __init__(
        self,
        state: TrainingState,
        stepper: Stepper,
        batches: BatchSource,
        validate: Validate | None,
        *,
        settings: Mapping[str, Any],
        checkpoint: Path | None,
        progress: Progress,
    ) -> None:
        self.state, self.stepper, self.batches, self.validate = state, stepper, batches, validate
        self.settings, self.checkpoint = settings, checkpoint
        self.model, self.options, self.device = stepper.model, stepper.options, stepper.device
        self.processes = stepper.processes
        self.reporter = Reporter(progress, state.totals)
        self.interrupts = Interrupts()
        self.out_of_time = False
        self.mark = self.last_save = time.monotonic()

    def run(self) -> History:
        """Train to the end."""
        state, options = self.state, self.options
        if self.device.type == "cpu":
            keep_freed_memory()
        self.reporter.start(self.stepper.total_steps, steps_done=state.step, step_in_epoch=state.step_in_epoch)
        try:
            with own_randomness(self.device), self.interrupts:
                self.model.train()
                while not (self.out_of_time or state.epoch >= options.epochs or self._should_stop()):
                    self._epoch()
        finally:
            self.reporter.progress.close()
        if state.stopping.best_epoch:
            self.model.load_state_dict(state.stopping.best_weights)
        elif state.average:
            state.average.copy_to_model()
        self.model.eval()
        return state.history

    def _epoch(self) -> None:
        state = self.state
        (self.out_of_time,) = self.processes.any(self._is_out_of_time())
        for batch in self.batches.epoch(state.epoch, state.step_in_epoch):
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
        if any(self.processes.any(self.interrupts.requested)):
            self._stop_for_interrupt()

    def _step(self, batch: Any) -> None:  # noqa: ANN401
        state = self.state
        self.stepper.gradient(batch, state.step)
        if self._looks_each_step:
            self._refuse_poison()
        self.stepper.apply(state.step)
        state.step += 1
        state.step_in_epoch += 1
        if state.average:
            state.average.update(state.step)

    def _between_steps(self) -> None:
        save_due = self._lap() - self.last_save >= self.options.checkpoint_seconds
        report, save, interrupted, self.out_of_time = self.processes.any(
            self.reporter.is_due(),
            save_due and self.checkpoint is not None,
            self.interrupts.requested,
            self._is_out_of_time(),
        )
        if report:
            self._refuse_poison()
            self.reporter.report(self.state.step_in_epoch)
        if save or interrupted:
            self._save()
        if interrupted:
            self._stop_for_interrupt()

    def _close_epoch(self) -> None:
        state = self.state
        self._refuse_poison(weights_too=True)
        self.reporter.report(state.step_in_epoch)
        self._lap()
        trained_seconds = state.epoch_seconds
        found = self._validated()
        state.balancing.after_epoch()
        self._lap()
        row = Row(
            epoch=state.epoch + 1,
            step=state.step,
            losses=state.totals.means(),
            score=found.score if found else math.nan,
            metrics=dict(found.metrics) if found else {},
            seconds=state.epoch_seconds,
            items_per_second=state.totals.items() / trained_seconds if trained_seconds else math.nan,
        )
        state.history = state.history.with_row(row)
        state.epoch, state.step_in_epoch, state.epoch_seconds = state.epoch + 1, 0, 0.0
        state.totals.clear()
        if not self.out_of_time:
            self._save()
        self.reporter.end_epoch(row)

    @property
    def _looks_each_step(self) -> bool:
        """Whether bad losses are looked for at once; on an accelerator that would stop the device at each step."""
        return self.device.type == "cpu"

    def _validated(self) -> Validation | None:
        """Validate the averaged weights and keep them if they are the best; what the writer found is everyone's."""
        if self.validate is None:
            return None
        state = self.state
        self.processes.take_writers(self.model.buffers())  # such as running statistics: each saw only its own share
        seed_generators(mix(self.options.seed, state.step, 0), self.device)
        with state.average.in_place() if state.average else nullcontext():
            self.model.eval()
            found = self.processes.from_writer(self.validate())
            self.model.train()
            state.stopping.update(found.score, state.epoch + 1, self.model)
        return found

    def _save(self) -> None:
        self._refuse_poison(weights_too=True)
        self._lap()
        if self.checkpoint is not None:
            save_state(self.checkpoint, self.state, self.settings)
        self.last_save = time.monotonic()

    def _refuse_poison(self, *, weights_too: bool = False) -> None:
        """Raise before a number that is not finite gets into the weights (CPU), or at least into a file (anywhere)."""
        poison = self.stepper.watch.poison()
        if poison is None and weights_too and not all_finite(self.stepper.parameters):
            poison = Poison(self.state.step - 1, [WEIGHTS])
        if poison is None:
            return
        epoch = poison.step // self.batches.steps_per_epoch + 1
        kept = ""
        if self.checkpoint is not None and has_checkpoint(self.checkpoint):
            kept = f" The last good state is kept in {self.checkpoint}."
        raise TrainingError(
            f"{poison} in epoch {epoch}, step {poison.step + 1}. Look for extreme values in the inputs, "
            f"or lower the learning rate ({self.options.learning_rate:g}).{kept}"
        )

    def _stop_for_interrupt(self) -> NoReturn:
        state = self.state
        kept = "Nothing was kept, since no checkpoint folder was given."
        if self.checkpoint is not None:
            kept = f"Everything up to there is kept in {self.checkpoint}: resume from it to go on."
        raise Interrupted(f"Training was interrupted after step {state.step} of {self.stepper.total_steps}. {kept}")

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
