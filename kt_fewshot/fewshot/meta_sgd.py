"""Meta-SGD: the direction and the length of each parameter's step are learned too.

Li, Zhou, Chen and Li 2017, https://arxiv.org/abs/1707.09835.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import nn

from kt_fewshot.encoders import Encoder

from .episodes import Examples
from .gradient_method import HEAD, GradientMethod, rows_for
from .inner_loop import Params, Rule, Strategy


@final
class MetaSGD(GradientMethod):
    """Gradient steps with a learned rate for every single parameter; it begins at `inner_rate` and may turn negative.

    One step, as published, unless told otherwise.
    """

    name: ClassVar[str] = "meta-sgd"

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        self._adapted_names = [name for name, _ in self.named_parameters()]
        rates = [torch.full_like(value, self.options.inner_rate) for value in self.parameters()]
        self.rates = nn.ParameterList(rates)

    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """See `GradientMethod.start`."""
        return self.all_parameters(strategy, len(support), n_way)

    def rule(self, n_way: int) -> Rule:
        """See `GradientMethod.rule`."""
        rates = dict(zip(self._adapted_names, self.rates, strict=True))
        of_task = {name: rows_for(rate, n_way) if name.startswith(HEAD) else rate for name, rate in rates.items()}
        return lambda _, params, gradients: {
            name: value - of_task[name] * gradients[name] for name, value in params.items()
        }
