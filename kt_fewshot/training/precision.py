"""The arithmetic of the forward pass: fp32, or bf16 where it pays."""

from contextlib import AbstractContextManager

import torch

from .options import Precision


def chosen_precision(precision: Precision, device: torch.device) -> Precision:
    """What "auto" means on a device: bf16 on CUDA that has it, fp32 elsewhere; an explicit choice is honoured."""
    if precision != "auto":
        return precision
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager:
    """A context for the forward pass and the losses; the backward pass belongs outside.

    Weights, gradients and the optimizer stay in fp32; bf16 has fp32's range, so losses need no scaling.
    """
    enabled = chosen_precision(precision, device) == "bf16"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
