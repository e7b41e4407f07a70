"""Baselines that learn an ordinary classifier of all training classes and keep its encoder."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import Encoder
from kt_fewshot.training import LossSum, mix, own_randomness, seed_generators

from .class_batches import ClassBatches
from .embedding import EmbeddingMethod
from .episode_plan import EpisodePlan
from .episodes import Examples
from .method import MethodOptions, cross_entropy


class PretrainedOptions(MethodOptions):
    """Options of the baselines."""

    base_classes: int | None = Field(default=None, ge=2, description="classes trained on; found from the data")


class PretrainedMethod(EmbeddingMethod):
    """An encoder under a linear classifier of all training classes; only the encoder is kept for new tasks.

    Trained on plain batches of as many examples as the episodes of the plan would have, so that budgets compare.
    """

    Options: ClassVar[type[MethodOptions]] = PretrainedOptions

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        self.classifier: nn.Module | None = None
        if self.options.base_classes:  # pyright: ignore[reportAttributeAccessIssue]
            self._classify(self.options.base_classes)  # pyright: ignore[reportAttributeAccessIssue]

    def make_classifier(self, classes: int) -> nn.Module:
        """Features (examples, width) to logits (examples, classes) of the training classes."""
        return nn.Linear(self.encoder.width, classes)

    def batches(self, data: ClassImages, plan: EpisodePlan, *, steps: int, seed: int) -> ClassBatches:
        """Plain batches; the classifier is made for their classes here, its first weights out of `seed`."""
        cpu = torch.device("cpu")
        with own_randomness(cpu):
            seed_generators(mix(seed, data.n_classes), cpu)
            self._classify(data.n_classes)
        return ClassBatches(data, plan.examples, steps=steps, seed=seed)

    def losses(self, batch: Examples) -> dict[str, LossSum]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Cross-entropy of the training classes."""
        if self.classifier is None:
            raise ValueError(f"{self.name} makes its classifier from the data: call `batches` before training.")
        logits = self.classifier(self.embed(batch.x)[0])[None]
        return {"classes": cross_entropy(logits, batch)}

    def _classify(self, classes: int) -> None:
        if self.classifier is None:
            self.options = self.options.model_copy(update={"base_classes": classes})
            self.classifier = self.make_classifier(classes).to(next(self.encoder.parameters()).device)
