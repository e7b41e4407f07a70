"""The whole state of a training, saved and brought back so that it ends as if never interrupted, to the last bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn
from torch.optim import Optimizer

from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import load_checkpoint, plain_json, save_checkpoint

from .average import WeightAverage
from .distributed import Processes
from .early_stopping import EarlyStopping
from .history import History
from .optimization import load_optimizer_tensors, optimizer_tensors
from .totals import Totals
from .trainable import Balancing

KIND: Final = "training-state"
_GENERATIONS: Final = 2
_MAY_CHANGE: Final = {"epochs", "checkpoint_seconds", "max_seconds"}


@dataclass
class TrainingState:
    """Everything that changes while a model is trained.

    No generator's state is among it: the batches are a function of the epoch, all other randomness of the step.

    Attributes:
        epoch: whole epochs done; `step_in_epoch`: steps done in the one at hand; `step`: steps done in all.
        epoch_seconds: time spent on the epoch at hand; `seconds`: on everything.
    """

    model: nn.Module
    optimizer: Optimizer
    balancing: Balancing
    average: WeightAverage | None
    stopping: EarlyStopping
    totals: Totals = field(default_factory=Totals)
    history: History = field(default_factory=History)
    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0


_NUMBERS: Final = ("epoch", "step_in_epoch", "step", "epoch_seconds", "seconds")


def save_state(folder: Path, state: TrainingState, settings: Mapping[str, Any]) -> None:
    """Save the state, keeping the one saved before as well.

    Args:
        folder: where.
        state: between two steps.
        settings: all that decides the numbers to come; `load_state` refuses others.

    Raises:
        StorageError: if it cannot be written; the state saved before still loads.
    """
    tensors, meta = _packed(state)
    save_checkpoint(folder, tensors, {"settings": settings, **meta}, kind=KIND, keep=_GENERATIONS)


def load_state(folder: Path, state: TrainingState, settings: Mapping[str, Any]) -> None:
    """Bring a fresh state to where a saved one was.

    If the newest is damaged, the one before it is taken: from there the same steps lead to the same end.

    Raises:
        CheckpointError: if there is none or all are damaged, if the settings differ, or if it is of another model.
    """
    tensors, meta = _newest_whole(folder)
    _check_settings(meta["settings"], plain_json(settings), folder)
    try:
        _unpack(state, tensors, meta)
    except (RuntimeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{folder} is the state of another model, resume with the same one: {reason}") from error


def share_state(state: TrainingState, processes: Processes) -> None:
    """Bring every process to the writer's state, to the last bit."""
    if processes.count == 1:
        return
    tensors, meta = _packed(state)
    tensors, meta = processes.from_writer(({name: tensor.cpu() for name, tensor in tensors.items()}, meta))
    if not processes.is_writer:
        _unpack(state, tensors, meta)


def _packed(state: TrainingState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state as named tensors and plain values."""
    balancing = _state_dict(state.balancing)
    tensors = {
        **_prefixed("model", state.model.state_dict()),
        **_prefixed("optimizer", optimizer_tensors(state.optimizer)),
        **_prefixed("average", state.average.weights if state.average else {}),
        **_prefixed("best", state.stopping.best_weights),
        **_prefixed("balancing", {name: value for name, value in balancing.items() if isinstance(value, Tensor)}),
    }
    meta = {
        **{name: getattr(state, name) for name in _NUMBERS},
        "totals": state.totals.to_json(),
        "history": state.history.to_json(),
        "best_score": state.stopping.best_score,
        "best_epoch": state.stopping.best_epoch,
        "balancing": {name: value for name, value in balancing.items() if not isinstance(value, Tensor)},
    }
    return tensors, meta


def _unpack(state: TrainingState, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """The opposite of `_packed`."""
    parts = {name: _unprefixed(name, tensors) for name in ("model", "optimizer", "average", "best", "balancing")}
    state.model.load_state_dict(parts["model"])
    load_optimizer_tensors(state.optimizer, parts["optimizer"])
    if state.average:
        state.average.load(parts["average"])
    if parts["balancing"] or meta["balancing"]:
        state.balancing.load_state_dict(parts["balancing"] | meta["balancing"])  # pyright: ignore[reportAttributeAccessIssue]
    for name in _NUMBERS:
        setattr(state, name, meta[name])
    device = next(state.model.parameters()).device
    state.totals.load(meta["totals"], device)
    state.history = History.from_json(meta["history"])
    if meta["best_epoch"]:
        state.stopping.best_score, state.stopping.best_epoch = meta["best_score"], meta["best_epoch"]
        state.stopping.best_weights = {name: tensor.to(device) for name, tensor in parts["best"].items()}


def _newest_whole(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        return load_checkpoint(folder, kind=KIND)
    except CheckpointError as newest:
        try:
            return load_checkpoint(folder, kind=KIND, generation=1)
        except CheckpointError:
            raise newest from None


def _check_settings(saved: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    advice = "Resume with the same options (only `epochs` may be raised), or start anew in another folder."
    if saved.get("data") != now.get("data"):  # a hash, which tells a user nothing
        raise CheckpointError(
            f"The training in {folder} was begun on other answers than those there are now. "
            "Resume with the same log and split, or start anew in another folder."
        )
    for name in sorted({*saved, *now} - _MAY_CHANGE):
        if saved.get(name) != now.get(name):
            raise CheckpointError(
                f"The training in {folder} was begun with `{name} = {saved.get(name)!r}`. "
                f"Found `{name} = {now.get(name)!r}`. {advice}"
            )
    raised, fixed = now["epochs"] > saved["epochs"], now["schedule"] != "constant"
    if now["epochs"] < saved["epochs"] or (raised and fixed):
        why = f"; the {now['schedule']} schedule has fixed its learning rates" if raised else ""
        raise CheckpointError(
            f"The training in {folder} was begun with `epochs = {saved['epochs']}`{why}. "
            f"Found `epochs = {now['epochs']}`. {advice}"
        )


def _state_dict(balancing: Balancing) -> dict[str, Any]:
    remember = getattr(balancing, "state_dict", None)
    return dict(remember()) if remember else {}


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
