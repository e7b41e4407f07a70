"""Methods that only embed: one encoder for all tasks, and a head fitted on the features of the support set."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from kt_fewshot.encoders import Encoder
from kt_fewshot.multitask import FittedHead, HeadFitter
from kt_fewshot.training import LossSum

from .episodes import Episode, Examples
from .method import Method, Predictor, at_least_single, cross_entropy


class EmbeddingMethod(Method):
    """An encoder and a fitted head.

    In training, support and query pass through the encoder together, so that both are normalised alike; afterwards
    each example is embedded by itself (running statistics), so that no prediction depends on other queries.

    Features are handed to the head in fp32 at least, whatever the encoder computed in.
    """

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        self.head = self.make_head()

    @abstractmethod
    def make_head(self) -> HeadFitter:
        """What fits the head on features; its own parameters are learned across tasks."""

    def adapt(self, support: Examples, n_way: int) -> Predictor:
        """See `Method.adapt`."""
        fitted = self._fit(self.embed(support.x), support, n_way)
        return lambda query: fitted(self.embed(query))

    def losses(self, batch: Episode) -> dict[str, LossSum]:
        """See `Method.losses`; support and query are embedded in one pass."""
        support, query = batch.support, batch.query
        features = self.embed(torch.cat([support.x, query.x], 1))
        of_support, of_query = features.split([support.x.shape[1], query.x.shape[1]], 1)
        with torch.autocast(features.device.type, enabled=False):
            logits = self._fit(of_support, support, batch.n_way)(of_query)
        return {"query": cross_entropy(logits, query)}

    def embed(self, x: Tensor) -> Tensor:
        """Features (tasks, examples, width) of examples (tasks, examples, *shape)."""
        return at_least_single(self.encoder(x.flatten(0, 1))).unflatten(0, x.shape[:2])

    def _fit(self, features: Tensor, support: Examples, n_way: int) -> FittedHead:
        return self.head(features, support.y, n_way, support.mask)
