"""Balancing: how the losses of several tasks become one gradient. torchjd's methods, behind the trainer's one step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from kt_fewshot.errors import KTError
from kt_fewshot.training import Balancing, PlainSum, Processes

from .gradients import flat, unflat
from .remembered import memory_of, remind


class TorchJDBalancing(ABC):
    """What both kinds have in common: which losses are tasks, and a method of torchjd with its memory.

    A loss that is no task is a regulariser: it is added as it is, and no method weighs it.

    Args:
        method: of torchjd, for as many tasks.
        tasks: names of the losses that are balanced.
    """

    def __init__(self, method: nn.Module, tasks: Sequence[str]) -> None:
        self.method = method
        self.tasks = tuple(tasks)

    @abstractmethod
    def backward(self, losses: dict[str, Tensor], model: Any) -> None:  # noqa: ANN401
        """See `Balancing.backward`."""

    def after_step(self) -> None:  # noqa: B027 (few have anything to do)
        """Nothing, for most."""

    def after_epoch(self) -> None:
        """Some look back at the epoch."""
        step = getattr(self.method, "step", None)
        if step is not None:
            step()

    def parameters(self) -> Iterable[nn.Parameter]:
        """The method's, where they are learned with the model's."""
        return self.method.parameters()

    def state_dict(self) -> dict[str, Any]:
        """What the method remembers from step to step."""
        return memory_of(self.method)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Bring it back."""
        remind(self.method, state)

    def _others(self, losses: Mapping[str, Tensor]) -> list[Tensor]:
        return [loss for name, loss in losses.items() if name not in self.tasks]


class Scalarized(TorchJDBalancing):
    """One number of all losses, and its gradient: costs no more than their plain sum.

    A task that is absent from a batch counts there with the loss it had last, and 1 before it had any: methods that
    take logarithms or products of losses would be thrown off by a 0.

    Args:
        method: of torchjd, for as many tasks.
        tasks: names of the losses that are balanced.
    """

    def __init__(self, method: nn.Module, tasks: Sequence[str]) -> None:
        super().__init__(method, tasks)
        self.last: dict[str, Tensor] = {}

    def backward(self, losses: dict[str, Tensor], model: Any) -> None:  # noqa: ANN401, ARG002
        """See `Balancing.backward`."""
        torch.stack([self.method(self._values(losses)), *self._others(losses)]).sum().backward()

    def _values(self, losses: Mapping[str, Tensor]) -> Tensor:
        """(tasks,) the tasks' losses."""
        one = next(iter(losses.values())).new_ones(())
        self.last |= {task: losses[task].detach() for task in self.tasks if task in losses}
        return torch.stack([losses.get(task, self.last.get(task, one).to(one)) for task in self.tasks])

    def state_dict(self) -> dict[str, Any]:
        """The method's memory and the last losses."""
        return super().state_dict() | {f"last.{task}": loss for task, loss in self.last.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Bring both back."""
        last = {name: value for name, value in state.items() if name.startswith("last.")}
        super().load_state_dict({name: value for name, value in state.items() if name not in last})
        self.last = {name.removeprefix("last."): value for name, value in last.items()}


@final
class LookingBack(Scalarized):
    """FAMO (Liu et al. 2023, https://arxiv.org/abs/2306.03792): weights move by what the last step did to each loss.

    Costs one more pass forward a step, over the same batch.
    """

    def look_again(self, losses: dict[str, Tensor]) -> None:
        """See `Balancing`."""
        self.method.update(self._values(losses))  # pyright: ignore[reportCallIssue]

    def parameters(self) -> Iterable[nn.Parameter]:
        """None: the method trains its weights itself."""
        return ()

    def state_dict(self) -> dict[str, Any]:
        """The method's memory, and that of the optimizer inside it."""
        optimizer: Any = self.method._optimizer
        inside = {} if optimizer is None else next(iter(optimizer.state.values()), {})
        return super().state_dict() | {f"inside.{name}": value for name, value in inside.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Bring both back."""
        super().load_state_dict({name: value for name, value in state.items() if not name.startswith("inside.")})
        inside = {name.removeprefix("inside."): value for name, value in state.items() if name.startswith("inside.")}
        if inside:
            method: Any = self.method
            method._optimizer = torch.optim.Adam([method._w], lr=method.lr, weight_decay=method.weight_decay)
            method._optimizer.state[method._w] = inside


@final
class Aggregated(TorchJDBalancing):
    """The tasks' gradients on what they share, combined so that they do not work against each other.

    Costs a backward pass a task. What belongs to one task alone has the gradient of its own loss.
    """

    def backward(self, losses: dict[str, Tensor], model: Any) -> None:  # noqa: ANN401
        """See `Balancing.backward`."""
        shared = [parameter for parameter in model.shared_parameters() if parameter.requires_grad]
        ids = {id(parameter) for parameter in shared}
        own = [p for p in model.parameters() if p.requires_grad and id(p) not in ids]
        rows = []
        for task in self.tasks:
            if task in losses:
                gradients = torch.autograd.grad(losses[task], [*shared, *own], retain_graph=True, allow_unused=True)
                if shared:
                    rows.append(flat(gradients[: len(shared)], shared))
                _add(own, gradients[len(shared) :])
        if rest := self._others(losses):
            torch.stack(rest).sum().backward()
        if rows:
            processes = Processes.here()
            together = self.method(processes.sum(torch.stack(rows))) / processes.count  # each process adds the same
            _add(shared, unflat(together, shared))


def _scalarizer(name: str, *arguments: Any, **options: Any) -> nn.Module:
    """A scalarizer of torchjd, which is loaded only where it is used."""
    return getattr(import_module("torchjd.scalarization"), name)(*arguments, **options)


def _aggregator(name: str, **options: Any) -> nn.Module:
    return getattr(import_module("torchjd.aggregation"), name)(**options)


def _projector() -> object:
    return import_module(".projector", __package__).NNLSProjector()


Make = Callable[[int], nn.Module]
"""A method of torchjd for a number of tasks."""

SCALARIZERS: Final[Mapping[str, Make]] = {
    "dwa": lambda _n: _scalarizer("DWA"),
    "geometric-mean": lambda _n: _scalarizer("GeometricMean"),
    "imtl-l": lambda n: _scalarizer("IMTLL", n),
    "random": lambda _n: _scalarizer("Random"),
    "stch": lambda _n: _scalarizer("STCH", mu=1.0),
    "uncertainty": lambda n: _scalarizer("UW", n),
}
"""Name -> scalarizer."""

LOOKING_BACK: Final[Mapping[str, Make]] = {"famo": lambda n: _scalarizer("FAMO", n)}
"""Name -> scalarizer that sees the losses again after each step."""

AGGREGATORS: Final[Mapping[str, Make]] = {
    "aligned": lambda _n: _aggregator("AlignedMTL"),
    "cagrad": lambda _n: _aggregator("CAGrad", c=0.5),
    "config": lambda _n: _aggregator("ConFIG"),
    "dualproj": lambda _n: _aggregator("DualProj", projector=_projector()),
    "fairgrad": lambda _n: _aggregator("FairGrad", alpha=1.0),
    "graddrop": lambda _n: _aggregator("GradDrop"),
    "gradvac": lambda _n: _aggregator("GradVac"),
    "imtl-g": lambda _n: _aggregator("IMTLG"),
    "mgda": lambda _n: _aggregator("MGDA"),
    "nash": lambda n: _aggregator("NashMTL", n_tasks=n),
    "pcgrad": lambda _n: _aggregator("PCGrad"),
    "upgrad": lambda _n: _aggregator("UPGrad", projector=_projector()),
}
"""Name -> aggregator."""

SOLVERS: Final = {"cagrad": "pip install cvxpy clarabel", "nash": "pip install cvxpy ecos (whose licence is the GPL)"}
"""What is left to the user to install, for its weight or its licence."""

BALANCINGS: Final = ("sum", *sorted([*SCALARIZERS, *LOOKING_BACK, *AGGREGATORS]))
"""Every name; "sum" is the plain sum of the weighted losses."""


def make_balancing(name: str, tasks: Sequence[str]) -> Balancing:
    """A balancing by its name.

    Args:
        name: out of `BALANCINGS`.
        tasks: names of the losses to balance; all others are regularisers.

    Raises:
        KTError: if there is no such balancing, or it needs a solver that is not installed.
    """
    if name not in BALANCINGS:
        raise KTError(f"Unknown balancing '{name}'. Choose one of: {', '.join(BALANCINGS)}.")
    if name == "sum" or len(tasks) < 2:  # one task alone is plain training
        return PlainSum()
    try:
        return next(
            kind(methods[name](len(tasks)), tasks)
            for kind, methods in ((Scalarized, SCALARIZERS), (LookingBack, LOOKING_BACK), (Aggregated, AGGREGATORS))
            if name in methods
        )
    except ImportError as error:
        raise KTError(f"Balancing '{name}' needs solvers that are not installed: {SOLVERS[name]}.") from error


def _add(parameters: Sequence[nn.Parameter], gradients: Sequence[Tensor | None]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad + gradient
