"""Prototypical networks: a class is the mean of its examples' features.

Snell, Swersky and Zemel 2017, "Prototypical Networks for Few-shot Learning", https://arxiv.org/abs/1703.05175.
"""

from typing import ClassVar, final

from kt_fewshot.multitask import HeadFitter, PrototypeHead

from .embedding import EmbeddingMethod


@final
class ProtoNet(EmbeddingMethod):
    """Nearest prototype by squared Euclidean distance."""

    name: ClassVar[str] = "protonet"

    def make_head(self) -> HeadFitter:
        """See `EmbeddingMethod.make_head`."""
        return PrototypeHead()
