"""Meta-SGD: the direction and the length of each parameter's step are learned too.

Li, Zhou, Chen and Li 2017, https://arxiv.org/abs/1707.09835.
"""

from typing import ClassVar, final

import torch
from torch import nn

from .episodes import Examples
from .gradient_method import HEAD, GradientMethod
from .inner_loop import Params, Rule, Strategy
from .linear_head import rows_for


@final
class MetaSGD(GradientMethod):
    """Gradient steps with a learned rate for every single parameter; it begins at `inner_rate` and may turn negative.

    One step, as published, unless told otherwise.
    """

    name: ClassVar[str] = "meta-sgd"

    def size_head(self, ways: int) -> None:
        """The head, and the rates of everything."""
        super().size_head(ways)
        adapted = {name: value for name, value in self.named_parameters() if not name.startswith("rates.")}
        self._adapted_names = list(adapted)
        self.rates = nn.ParameterList(torch.full_like(value, self.options.inner_rate) for value in adapted.values())

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
