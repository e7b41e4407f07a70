"""Conv4: the four convolutional blocks of few-shot benchmarks (Vinyals et al. 2016, https://arxiv.org/abs/1606.04080)."""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from .base import Encoder, Memoryless

BLOCKS = 4


@final
class Conv4(Encoder):
    """Four blocks of 3x3 convolution, batch normalisation, ReLU and 2x2 max-pooling, flattened.

    Images travel with their channels last, which is what fast convolutions want, and are pooled before the ReLU, which
    then has a quarter of the work; the numbers and the gradients are the same.

    Args:
        shape: (channels, height, width) of an image; each side at least 16 pixels, which four poolings halve to one.
        hidden: channels of each block.

    Shape:
        x: (batch, *shape); result: (batch, hidden * (height // 16) * (width // 16)).

    Raises:
        ValueError: if the images are no images, or too small.
    """

    name: ClassVar[str] = "conv4"

    def __init__(self, shape: Sequence[int], *, hidden: int = 64) -> None:
        if len(shape) != 3 or min(shape[1:]) < 2**BLOCKS:
            raise ValueError(f"conv4 needs images of (channels, height, width), sides >= 16. Found {tuple(shape)}.")
        channels, height, width = shape
        blocks = [Memoryless(_block(hidden if k else channels, hidden)) for k in range(BLOCKS)]
        features = hidden * (height >> BLOCKS) * (width >> BLOCKS)
        super().__init__([Memoryless(ChannelsLast()), *blocks, Memoryless(nn.Flatten())], features)
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


@final
class ChannelsLast(nn.Module):
    """The same images, laid out with their channels last."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the same."""
        if x.shape[1] == 1:  # either layout to torch, which takes the slow one unless the strides are spelt out
            return x.contiguous()[:, 0, :, :, None].movedim(-1, 1)
        return x.contiguous(memory_format=torch.channels_last)


def _block(channels: int, hidden: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, hidden, 3, padding=1), nn.BatchNorm2d(hidden), nn.MaxPool2d(2), nn.ReLU())
