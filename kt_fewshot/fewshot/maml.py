"""Model-agnostic meta-learning: parameters from which a few gradient steps learn a task.

Finn, Abbeel and Levine 2017, https://arxiv.org/abs/1703.03400. As options, two tricks of MAML++ (Antoniou, Edwards and
Storkey 2019, https://arxiv.org/abs/1810.09502): learned rates, and the loss after every step.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from kt_fewshot.encoders import Encoder

from .episodes import Examples
from .gradient_method import GradientMethod, GradientOptions
from .inner_loop import Params, Rule, Strategy
from .method import MethodOptions


class MAMLOptions(GradientOptions):
    """Besides what all gradient methods can be told.

    - `learned_rates`: one learned rate for each parameter tensor and step, all beginning at `inner_rate`; later steps
      than `inner_steps` take the last one's;
    - `early_loss`: share of the loss that the queries have after the steps before the last, in equal parts. MAML++
      lets it fall to 0 over the first epochs; here it is constant.
    """

    test_steps: int | None = Field(default=3, ge=1)
    learned_rates: bool = False
    early_loss: float = Field(default=0.0, ge=0, lt=1)


class MAML(GradientMethod):
    """Every parameter takes gradient steps; the way back goes through the steps, exactly.

    As published for Omniglot: 1 step of 0.4 in training, 3 afterwards.
    """

    name: ClassVar[str] = "maml"
    Options: ClassVar[type[MethodOptions]] = MAMLOptions
    options: MAMLOptions  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        shape = (sum(1 for _ in self.encoder.parameters()) + 2, self.options.inner_steps)  # 2: the head's
        self.rates = nn.Parameter(torch.full(shape, self.options.inner_rate)) if self.options.learned_rates else None

    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """See `GradientMethod.start`."""
        return self.all_parameters(strategy, len(support), n_way)

    def rule(self, n_way: int) -> Rule:
        """See `GradientMethod.rule`."""
        if self.rates is None:
            return super().rule(n_way)
        of_steps = self.rates.unbind(1)

        def step(number: int, params: Params, gradients: Params) -> Params:
            rates = of_steps[min(number, len(of_steps) - 1)]
            return {
                name: value - rate * gradients[name] for rate, (name, value) in zip(rates, params.items(), strict=True)
            }

        return step

    def loss_weights(self) -> list[float]:
        """See `GradientMethod.loss_weights`."""
        early = self.steps - 1
        share = self.options.early_loss if self.training and early else 0.0
        return [share / early] * early + [1 - share] if early else [1.0]
