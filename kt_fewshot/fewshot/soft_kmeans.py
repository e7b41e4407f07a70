"""Prototypes refined by the queries: a transductive method.

Ren et al. 2018, "Meta-Learning for Semi-Supervised Few-Shot Classification", https://arxiv.org/abs/1803.00676; see
`SoftKMeansHead` for where we depart from it.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, SoftKMeansHead

from .embedding import EmbeddingMethod


@final
class SoftKMeans(EmbeddingMethod):
    """Nearest prototype, after k-means on all queries of the task at once."""

    name: ClassVar[str] = "soft-kmeans"
    transductive: ClassVar[bool] = True

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return SoftKMeansHead()
