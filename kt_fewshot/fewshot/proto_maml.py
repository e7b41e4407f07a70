"""Proto-MAML: MAML whose head begins at the prototypes of the support set.

Triantafillou et al. 2020, "Meta-Dataset", https://arxiv.org/abs/1903.03096, section 3.
"""

from typing import ClassVar, final

import torch

from kt_fewshot.multitask import class_means

from .episodes import Examples
from .gradient_method import ENCODER, HEAD
from .inner_loop import Params, Strategy
from .maml import MAML


@final
class ProtoMAML(MAML):
    """Weight 2 c_k and bias -|c_k|^2 give each class the logit of its prototype c_k; then every parameter takes steps.

    The way back goes through the prototypes too. The head has rows for as many classes as a task has; `ways`
    is without effect.
    """

    name: ClassVar[str] = "proto-maml"

    def size_head(self, ways: int) -> None:  # noqa: ARG002 (the contract's)
        """None is learned."""
        self.head = None

    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """See `GradientMethod.start`.

        Raises:
            ValueError: if the task is a regression.
        """
        if not n_way:
            raise ValueError("proto-maml begins at the classes' prototypes. Found a regression (`n_way = 0`).")
        features = strategy.run(self.features, {}, strategy.inputs(support))
        with torch.autocast(features.device.type, enabled=False):
            prototypes = class_means(features, support.y, n_way, support.mask)
            head = {HEAD + "weight": 2 * prototypes, HEAD + "bias": -prototypes.square().sum(-1)}
        encoder = {ENCODER + name: value for name, value in self.encoder.named_parameters()}
        return {**strategy.spread(encoder, len(support)), **strategy.own(head)}
