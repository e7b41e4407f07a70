"""Logistic regression heads on meta-learned features.

Bertinetto, Henriques, Torr and Vedaldi 2019, "Meta-learning with differentiable closed-form solvers" (LR-D2),
https://arxiv.org/abs/1805.08136.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, LogisticHead

from .embedding import EmbeddingMethod


@final
class Logistic(EmbeddingMethod):
    """Multinomial logistic regression on the support's features, fitted to its optimum for every task."""

    name: ClassVar[str] = "logistic"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return LogisticHead()
