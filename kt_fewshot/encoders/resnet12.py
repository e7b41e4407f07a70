"""ResNet-12 as few-shot papers use it (Lee et al. 2019, "MetaOptNet", https://arxiv.org/abs/1904.03758).

Where we depart from it: no DropBlock.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import Encoder, Memoryless
from .conv4 import ChannelsLast

BLOCKS = 4


@final
class ResNet12(Encoder):
    """Four residual blocks of three 3x3 convolutions, each halving the image, and the mean over what is left of it.

    Args:
        shape: (channels, height, width) of an image, sides at least 16 pixels.
        hidden: channels of the first block; the others have 2.5, 5 and 10 times as many (64: 160, 320, 640).

    Shape:
        x: (batch, *shape); result: (batch, 10 * hidden).

    Raises:
        ValueError: if the images are no images, or too small.
    """

    name: ClassVar[str] = "resnet12"

    def __init__(self, shape: Sequence[int], *, hidden: int = 64) -> None:
        if len(shape) != 3 or min(shape[1:]) < 2**BLOCKS:
            raise ValueError(f"resnet12 needs images of (channels, height, width), sides >= 16. Found {tuple(shape)}.")
        widths = [shape[0], hidden, 5 * hidden // 2, 5 * hidden, 10 * hidden]
        blocks = [_Residual(before, after) for before, after in pairwise(widths)]
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__([Memoryless(ChannelsLast()), *map(Memoryless, blocks), Memoryless(pool)], widths[-1])
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


class _Residual(nn.Module):
    """Three convolutions and a shortcut: (batch, before, height, width) to (batch, after, height // 2, width // 2)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *_normalised(before, after, 3),
            nn.LeakyReLU(0.1),
            *_normalised(after, after, 3),
            nn.LeakyReLU(0.1),
            *_normalised(after, after, 3),
        )
        self.shortcut = nn.Sequential(*_normalised(before, after, 1))
        self.end = nn.Sequential(nn.MaxPool2d(2), nn.LeakyReLU(0.1))  # in this order cheaper, and the same

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.convolutions(x) + self.shortcut(x))


def _normalised(before: int, after: int, size: int) -> tuple[nn.Module, nn.Module]:
    convolution = nn.Conv2d(before, after, size, padding=size // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="leaky_relu")
    return convolution, nn.BatchNorm2d(after)
