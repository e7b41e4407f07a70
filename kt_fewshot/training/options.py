"""`TrainerOptions`: every number that decides how a model is trained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, kw_only=True)
class TrainerOptions:
    """How to train. Results are a function of these, the model's first weights, the data and the machine's arithmetic.

    Attributes:
        epochs: passes over the batches, at most.
        learning_rate: the highest, if `schedule` changes it.
        schedule: "constant"; "cosine": down to 0 along half a cosine; "one-cycle": up and down (Smith 2018).
        warmup_steps: steps over which the rate grows linearly from 0, for "constant" and "cosine".
        optimizer: "adamw" decays weights apart from the gradient, "adam" as part of it.
        weight_decay: of parameters that say nothing else through `parameter_groups()`.
        clip_norm: longest gradient; None never shortens it.
        patience: stop after so many epochs without a better validation score; None runs all epochs.
        min_epochs: never stop before so many.
        average_decay: validate and keep an exponential moving average of the weights, a = decay * a + (1 - decay) * w;
            the decay grows as min(decay, (1 + step) / (10 + step)). None: the weights themselves.
        chunks: cut each batch in so many parts and add their gradients, to save memory.
        seed: of dropout and all other randomness inside the model.
        precision: of the forward pass: "bf16" is mixed precision, "auto" takes it on CUDA and fp32 on CPU.
        checkpoint_seconds: save the training's state about so often, besides every epoch's end; changes no number.
        max_seconds: stop as if by early stopping after so long, interruptions not counted; None never stops.

    Raises:
        ValueError: if a value is out of its range.
    """

    epochs: int = 30
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine", "one-cycle"] = "constant"
    warmup_steps: int = 0
    optimizer: Literal["adamw", "adam"] = "adamw"
    weight_decay: float = 0.0
    clip_norm: float | None = 5.0
    patience: int | None = 5
    min_epochs: int = 1
    average_decay: float | None = None
    chunks: int = 1
    seed: int = 0
    precision: Precision = "auto"
    checkpoint_seconds: float = 60.0
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        """Check every range once."""
        for name, low in (("epochs", 1), ("patience", 1), ("min_epochs", 1), ("chunks", 1), ("seed", 0)):
            self._require(name, f"at least {low}", lambda value, low=low: value >= low)
        for name in ("warmup_steps", "weight_decay", "checkpoint_seconds", "max_seconds"):
            self._require(name, "at least 0", lambda value: value >= 0)
        for name in ("learning_rate", "clip_norm"):
            self._require(name, "above 0", lambda value: value > 0)
        self._require("average_decay", "in [0, 1)", lambda value: 0 <= value < 1)
        for name, choices in _CHOICES.items():
            self._require(name, f"one of {', '.join(choices)}", lambda value, choices=choices: value in choices)
        if self.schedule == "one-cycle" and self.warmup_steps:
            raise ValueError("`warmup_steps` should be 0 with the one-cycle schedule, which warms up by itself.")

    def _require(self, name: str, wanted: str, holds: Callable[[Any], bool]) -> None:
        value = getattr(self, name)
        off = value is None and name in _MAY_BE_OFF
        if not off and (value is None or not holds(value)):
            raise ValueError(f"`{name}` should be {wanted}. Found `{name} = {value!r}`.")


_MAY_BE_OFF: Final = {"clip_norm", "patience", "average_decay", "max_seconds"}

_CHOICES: Final = {
    "schedule": ("constant", "cosine", "one-cycle"),
    "optimizer": ("adamw", "adam"),
    "precision": ("auto", "fp32", "bf16"),
}
