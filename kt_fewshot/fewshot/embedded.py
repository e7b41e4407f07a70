"""Features in place of examples: where episodes draw the same items again and again, each passes the encoder once."""

from copy import copy
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import Encoder, Memoryless

from .embedding import EmbeddingMethod
from .method import Method

BATCH: Final = 256
"""Items that pass the encoder at a time."""


def embedded(method: Method, data: ClassImages) -> tuple[Method, ClassImages]:
    """A method and data that give the same predictions in less time, for methods that embed each example by itself.

    Others, and anything in training, come back as they are.

    Args:
        method: in eval mode, on the device of the data.
        data: what episodes are drawn from.

    Returns:
        the method with an encoder that passes features through; and the data with features for items, in fp32.
    """
    if not isinstance(method, EmbeddingMethod) or method.training:
        return method, data
    done = copy(method)
    done._modules = {**method._modules, "encoder": _Through(method.encoder.width)}
    every = torch.arange(len(data), device=data.x.device)
    return done, replace(data, x=features(method, data, every), mean=(0.0,), std=(1.0,))


@torch.no_grad()
def features(method: Method, data: ClassImages, items: Tensor) -> Tensor:
    """(items, width) what the encoder of a method makes of items, in fp32.

    Args:
        method: in eval mode, on the device of the data.
        data: where the items are from.
        items: (items,) which.
    """
    return torch.cat([method.encoder(data.values(part)).float() for part in items.split(BATCH)])


class _Through(Encoder):
    """Features to features."""

    def __init__(self, width: int) -> None:
        super().__init__([Memoryless(torch.nn.Identity())], width)
