"""SimpleShot: nearest class mean on centred features of unit length.

Wang, Chao, Weinberger and van der Maaten 2019, "SimpleShot: Revisiting Nearest-Neighbor Classification for Few-Shot
Learning", https://arxiv.org/abs/1911.04623 (its CL2N).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, final

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from kt_fewshot.encoders import Encoder
from kt_fewshot.multitask import HeadFitter, PrototypeHead

from .method import MethodOptions
from .pretrained import PretrainedMethod, PretrainedOptions

MEMORY: Final = 0.99
"""How much of the running mean of the features stays at each step."""


class SimpleShotOptions(PretrainedOptions):
    """Besides the classes of the classifier.

    - `scale`: length of the features. It changes no answer, only how sure the answers are: with 1, as published, far
      too little. The default has the least log-loss on rendered characters of validation.
    """

    scale: float = Field(default=3.0, gt=0, description="length of the features: how sure the answers are")


@final
class SimpleShot(PretrainedMethod):
    """The encoder of an ordinary classifier; features are centred by the training's mean and scaled to one length."""

    name: ClassVar[str] = "simpleshot"
    Options: ClassVar[type[MethodOptions]] = SimpleShotOptions
    options: SimpleShotOptions  # pyright: ignore[reportIncompatibleVariableOverride]
    mean: Tensor

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        self.register_buffer("mean", torch.zeros(encoder.width))

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return PrototypeHead()

    def embed(self, x: Tensor) -> Tensor:
        """See `EmbeddingMethod.embed`; in training features are plain, and their mean is taken along."""
        features = super().embed(x)
        if self.training:
            self.mean.lerp_(features.detach().mean((0, 1)), 1 - MEMORY)
            return features
        return self.options.scale * functional.normalize(features - self.mean, dim=-1)
