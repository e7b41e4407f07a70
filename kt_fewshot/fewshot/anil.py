"""Almost no inner loop: the head alone takes gradient steps, on features that all tasks share.

Raghu, Raghu, Bengio and Vinyals 2020, https://arxiv.org/abs/1909.09157.
"""

from typing import ClassVar, final

import torch
from pydantic import Field
from torch import Tensor

from .episodes import Examples
from .gradient_method import HEAD, GradientMethod, GradientOptions
from .inner_loop import Inputs, Params, Strategy
from .method import MethodOptions


class ANILOptions(GradientOptions):
    """What all gradient methods can be told."""

    inner_steps: int = Field(default=5, ge=1)
    inner_rate: float = Field(default=0.5, gt=0)


@final
class ANIL(GradientMethod):
    """Gradient steps of the head; each example passes through the encoder once."""

    name: ClassVar[str] = "anil"
    Options: ClassVar[type[MethodOptions]] = ANILOptions
    options: ANILOptions  # pyright: ignore[reportIncompatibleVariableOverride]

    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:  # noqa: ARG002
        """The head of each task, with a first axis `tasks` whatever the strategy: it is small."""
        return {name: value.expand(len(support), *value.shape) for name, value in self.adapted_head(n_way).items()}

    def see(self, strategy: Strategy, inputs: Inputs) -> Inputs:
        """Features: (tasks, examples, width)."""
        return Inputs(strategy.run(self.features, {}, inputs))

    def outputs(self, strategy: Strategy, params: Params, seen: Inputs) -> Tensor:  # noqa: ARG002
        """See `GradientMethod.outputs`."""
        weight, bias = params[HEAD + "weight"], params[HEAD + "bias"]
        with torch.autocast(seen.x.device.type, enabled=False):
            return torch.baddbmm(bias[:, None], seen.x, weight.transpose(1, 2))
