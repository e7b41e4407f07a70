"""Support vector machines on meta-learned features.

Lee, Maji, Ravichandran and Soatto 2019, "Meta-Learning with Differentiable Convex Optimization" (MetaOptNet),
https://arxiv.org/abs/1904.03758; see `SVMHead` for where we depart from it.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, SVMHead

from .embedding import EmbeddingMethod


@final
class SVM(EmbeddingMethod):
    """A support vector machine on the support's features, fitted to its optimum for every task."""

    name: ClassVar[str] = "svm"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return SVMHead()
