"""The optimizer and the learning rate of each step."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from .options import TrainerOptions


def make_optimizer(model: nn.Module, extra: Iterable[nn.Parameter], options: TrainerOptions) -> Optimizer:
    """An optimizer over the model's parameters, in its own groups if it names some, and `extra` ones without decay.

    Each group remembers its highest learning rate as `peak`; `set_learning_rate` scales from there.
    """
    named = getattr(model, "parameter_groups", None)
    groups: list[dict[str, Any]] = [dict(group) for group in named()] if named else [{"params": model.parameters()}]
    groups.append({"params": extra, "weight_decay": 0.0})
    for group in groups:
        group["params"] = [parameter for parameter in group["params"] if parameter.requires_grad]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise ValueError("The model should have parameters that require a gradient. Found none.")
    parameters = [parameter for group in groups for parameter in group["params"]]
    fused = all(p.is_floating_point() and p.device.type in {"cpu", "cuda"} for p in parameters)
    make = AdamW if options.optimizer == "adamw" else Adam
    optimizer = make(groups, lr=options.learning_rate, weight_decay=options.weight_decay, fused=fused)
    for group in optimizer.param_groups:
        group["peak"] = group["lr"]
    return optimizer


def set_learning_rate(optimizer: Optimizer, factor: float) -> None:
    """Set the rate of every group to a share of its highest."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


def rate_factor(step: int, total_steps: int, options: TrainerOptions) -> float:
    """The share of the highest learning rate that step number `step` (0, 1, ...) of `total_steps` uses, in [0, 1]."""
    if options.schedule == "one-cycle":
        return _one_cycle(step, total_steps)
    if step < options.warmup_steps:
        return (step + 1) / options.warmup_steps
    if options.schedule == "cosine":
        return _half_cosine(1.0, 0.0, (step - options.warmup_steps) / max(total_steps - options.warmup_steps, 1))
    return 1.0


def optimizer_tensors(optimizer: Optimizer) -> dict[str, torch.Tensor]:
    """The optimizer's memory as named tensors: `<parameter number>.<what>`."""
    memory = optimizer.state_dict()["state"]
    return {f"{number}.{name}": value for number, values in memory.items() for name, value in values.items()}


def load_optimizer_tensors(optimizer: Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """The opposite of `optimizer_tensors`; rates and decays stay those of the options."""
    memory: dict[int, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        memory.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({"state": memory, "param_groups": optimizer.state_dict()["param_groups"]})


def _one_cycle(step: int, total_steps: int) -> float:
    """1/25 up to 1 over the first 30 % of the steps, then down to 1/250,000, along half cosines.

    Smith and Topin 2018, "Super-Convergence", https://arxiv.org/abs/1708.07120, as torch's `OneCycleLR` has it; the
    momentum is left alone.
    """
    start, end = 1 / 25, 1 / 25e4
    top = 0.3 * total_steps - 1
    if step <= top:
        return _half_cosine(start, 1.0, step / top)
    return _half_cosine(1.0, end, (step - top) / (total_steps - 1 - top))


def _half_cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) / 2 * (1 + math.cos(math.pi * share))
