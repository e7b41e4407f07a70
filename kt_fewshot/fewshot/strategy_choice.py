"""Which strategy computes a batch: by the user's word, or by device and memory."""

from typing import Final, final

import torch
from torch import Tensor, nn

from .episodes import Examples
from .inner_loop import Loop, Strategy, StrategyName, Vectorised

SECOND_ORDER: Final = 4.0
"""Memory of a differentiable gradient step over that of its forward pass."""

SHARE: Final = 0.8
"""Of the free memory that may be planned with."""


@final
class StrategyChoice:
    """Chooses.

    On a CPU one task at a time is fastest: its tensors fit the cache. A GPU is kept busy only by many tasks at once,
    which is chosen where their activations fit the free memory. Trainers that cut batches in chunks choose for a chunk.

    Args:
        name: "auto", or what the user wants.
    """

    def __init__(self, name: StrategyName) -> None:
        self.name = name
        self._bytes: dict[torch.Size, float] = {}

    def __call__(self, support: Examples, query: Examples, *, steps: int, encoder: nn.Module) -> Strategy:
        """For tasks with these examples, `steps` gradient steps on the support."""
        if self.name != "auto":
            return Loop() if self.name == "loop" else Vectorised()
        device = support.x.device
        if device.type != "cuda":
            return Loop()
        if support.shape not in self._bytes:
            self._bytes[support.shape] = activation_bytes(encoder, support.x[0, :1])
        examples = SECOND_ORDER * steps * support.y.numel() + query.y.numel()
        free, _ = torch.cuda.mem_get_info(device)
        return Vectorised() if examples * self._bytes[support.shape] <= SHARE * free else Loop()


def activation_bytes(module: nn.Module, x: Tensor) -> float:
    """Bytes an example that a forward pass keeps for its gradient, parameters included.

    Args:
        module: any.
        x: (examples, *shape).
    """
    kept = 0

    def count(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel() * tensor.element_size()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        module(x)
    return kept / len(x)
