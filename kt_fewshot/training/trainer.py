"""`Trainer`: minimises a model's losses over batches. Knows neither models nor logs."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import has_checkpoint

from .average import WeightAverage
from .distributed import Processes
from .early_stopping import EarlyStopping
from .history import History
from .loop import Loop, Validate
from .optimization import make_optimizer
from .options import TrainerOptions
from .progress import Progress, Silence
from .resume import TrainingState, load_state, share_state
from .stepper import Stepper
from .trainable import Balancing, BatchSource, PlainSum, Trainable


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

        Where several processes have joined (see `Processes`), all call this at the same time, with the same batches;
        the first one's weights, checkpoint and validation are everyone's.

        Args:
            model: an `nn.Module`, on the device to train on.
            batches: what to train on, on the same device.
            validate: called at each epoch's end, with the model in eval mode and averaged weights.
            checkpoint: folder to keep the training's state in, from which it can be resumed; None keeps nothing. Of
                several processes the first one's counts.
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
        processes = Processes.here()
        checkpoint = checkpoint if processes.is_writer else None
        if checkpoint is not None and not resume and has_checkpoint(checkpoint):
            raise CheckpointError(f"{checkpoint} keeps the state of a training. Resume it, or choose another folder.")
        state = self._fresh_state(model)
        stepper = self._stepper(state, self.options.epochs * batches.steps_per_epoch)
        settings = self._settings(batches) if checkpoint is not None else {}
        if checkpoint is not None and resume and has_checkpoint(checkpoint):
            load_state(checkpoint, state, settings)
        share_state(state, processes)
        progress = progress or Silence()
        loop = Loop(state, stepper, batches, validate, settings=settings, checkpoint=checkpoint, progress=progress)
        return loop.run()

    def _fresh_state(self, model: nn.Module) -> TrainingState:
        decay = self.options.average_decay
        return TrainingState(
            model=model,
            optimizer=make_optimizer(model, self.balancing.parameters(), self.options),
            balancing=self.balancing,
            average=None if decay is None else WeightAverage(model, decay),
            stopping=EarlyStopping(self.options.patience, self.options.min_epochs),
        )

    def _stepper(self, state: TrainingState, total_steps: int) -> Stepper:
        return Stepper(
            model=state.model,
            optimizer=state.optimizer,
            balancing=state.balancing,
            options=self.options,
            loss_scale=self.loss_scale,
            weights=self.weights,
            total_steps=total_steps,
            totals=state.totals,
        )

    def _settings(self, batches: BatchSource) -> dict[str, Any]:
        """All that decides the numbers of a training, besides the model itself."""
        return {
            **asdict(self.options),
            "loss_scale": self.loss_scale,
            "weights": self.weights,
            "balancing": type(self.balancing).__name__,
            "steps_per_epoch": batches.steps_per_epoch,
            "data": getattr(batches, "fingerprint", None),
        }
