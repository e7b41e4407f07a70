"""Matching networks: the support's labels, weighted by attention.

Vinyals et al. 2016, "Matching Networks for One Shot Learning", https://arxiv.org/abs/1606.04080. Where we depart from
it: no full context embeddings, and the sharpness of the attention is learned.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import AttentionHead, HeadFitter

from .embedding import EmbeddingMethod


@final
class MatchingNet(EmbeddingMethod):
    """Attention by cosine over the support."""

    name: ClassVar[str] = "matchingnet"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return AttentionHead()
