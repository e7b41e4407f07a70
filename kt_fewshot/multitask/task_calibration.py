"""`Calibration`: a map of a head's raw outputs that makes what they say honest, and how it is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final, Self

import torch
from torch import Tensor

from kt_fewshot.metrics import fit_platt

STEPS: Final = 50
"""Of L-BFGS at most, for two numbers."""


@dataclass(frozen=True)
class Calibration:
    """Raw outputs z become slope * z + intercept.

    - `slope, intercept: (*shape)` of the outputs that come out;
    - `widens`: whether the outputs that go in have an axis less, as a mean has that gets its noise.
    """

    slope: Tensor
    intercept: Tensor
    widens: bool = False

    def __call__(self, output: Tensor) -> Tensor:
        """(..., *shape) of as many examples as there are in `output`."""
        given = output[..., None] if self.widens else output
        return self.slope.to(output) * given + self.intercept.to(output)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"slope": self.slope.tolist(), "intercept": self.intercept.tolist(), "widens": self.widens}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` gave, read back."""
        slope, intercept = (torch.tensor(values[name], dtype=torch.float64) for name in ("slope", "intercept"))
        return cls(slope, intercept, values["widens"])


def platt(output: Tensor, target: Tensor, mask: Tensor) -> Calibration:
    """Platt scaling of logits, each column its own.

    Args:
        output: (n,) or (n, labels).
        target: the same shape, in {0, 1} within the mask.
        mask: the same shape, bool.
    """
    shape = output.shape[1:]
    columns = [
        part.detach().cpu().reshape(len(part), prod(shape)).unbind(1) for part in (output.double(), target, mask)
    ]
    fitted = [fit_platt(logit[real].numpy(), label[real].numpy()) for logit, label, real in zip(*columns, strict=True)]
    pairs = torch.tensor([(one.slope, one.intercept) for one in fitted], dtype=torch.float64)
    return Calibration(pairs[:, 0].reshape(shape), pairs[:, 1].reshape(shape))


def scaling(loss: Callable[[Tensor], Tensor], output: Tensor, *, shift: bool) -> Calibration:
    """One positive slope for all outputs, and one intercept if `shift`, by which the loss is least.

    Temperature scaling (Guo et al. 2017, https://arxiv.org/abs/1706.04599) where there is no shift. Where we depart
    from it: the slope's logarithm and the intercept have a normal prior, N(0, 1), so that a few separable examples
    give a finite slope.

    Args:
        loss: negative log-likelihood, summed over examples, of calibrated outputs.
        output: (n, k).
        shift: whether there is an intercept.
    """
    with torch.enable_grad():
        raw = output.detach().cpu().double()
        numbers = torch.zeros(2, dtype=torch.float64, requires_grad=True)  # log slope, intercept
        free = torch.tensor([1.0, float(shift)], dtype=torch.float64)
        optimizer = torch.optim.LBFGS([numbers], max_iter=STEPS, line_search_fn="strong_wolfe")

        def closure() -> float:
            optimizer.zero_grad()
            log_slope, intercept = numbers * free
            total = loss(log_slope.exp() * raw + intercept) + 0.5 * numbers.square().sum()
            total.backward()
            return float(total.detach())

        optimizer.step(closure)
    log_slope, intercept = (numbers.detach() * free).unbind()
    ones = torch.ones(raw.shape[1:], dtype=torch.float64)
    return Calibration(log_slope.exp() * ones, intercept * ones)
