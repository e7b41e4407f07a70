"""Relation networks: a learned comparison.

Sung et al. 2018, "Learning to Compare: Relation Network for Few-Shot Learning", https://arxiv.org/abs/1711.06025; see
`RelationHead` for where we depart from it.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, RelationHead

from .embedding import EmbeddingMethod


@final
class RelationNet(EmbeddingMethod):
    """A small network compares each query with each class."""

    name: ClassVar[str] = "relationnet"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return RelationHead(self.encoder.width)
