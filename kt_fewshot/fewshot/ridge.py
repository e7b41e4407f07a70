"""Ridge regression heads on meta-learned features.

Bertinetto, Henriques, Torr and Vedaldi 2019, "Meta-learning with differentiable closed-form solvers" (R2-D2),
https://arxiv.org/abs/1805.08136. Where we depart from it: any encoder, and no dropout.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, RidgeHead

from .embedding import EmbeddingMethod


@final
class Ridge(EmbeddingMethod):
    """A ridge regression on the support's features, solved in closed form for every task."""

    name: ClassVar[str] = "ridge"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return RidgeHead()
