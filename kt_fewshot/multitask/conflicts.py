"""Two tasks at war over one point, with ends that are known: what the plain sum does, what a balancing should do."""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from kt_fewshot.training import LossSum

from .balancing import make_balancing

NAMES: Final = ("steep", "flat")


@final
class TwoQuadratics(nn.Module):
    """A point in the plane and two losses, s / 2 |x - (1, 0)|^2 ("steep") and 1 / 2 |x - (-1, 0)|^2 ("flat").

    From (0, 1) the gradients are orthogonal at first, and then turn against each other. The best compromises are the
    points between (-1, 0) and (1, 0). In the limit of small steps

    - the plain sum ends at ((s - 1) / (s + 1), 0), where the flat loss is 2 (s / (s + 1))^2: for s above 2.5 *worse*
      than the 1 it began with;
    - steps along the shortest vector between the gradients (MGDA: Désidéri 2012,
      https://doi.org/10.1016/j.crma.2012.03.014) lower both losses by the same amount at any moment, so that their
      difference stays s - 1: the end is where s (x - 1)^2 - (x + 1)^2 = 2 (s - 1) on the line between;
    - any method whose steps are against no task (UPGrad, DualProj, PCGrad ...) ends between the two with neither loss
      above what it was.

    Args:
        steepness: s.
        agree: whether both losses have their minimum at (1, 0) instead, so that there is nothing to balance.
    """

    def __init__(self, steepness: float = 5.0, *, agree: bool = False) -> None:
        super().__init__()
        self.steepness, self.agree = steepness, agree
        self.point = nn.Parameter(torch.tensor([0.0, 1.0], dtype=torch.float64))

    def losses(self, batch: Any = None) -> dict[str, LossSum]:  # noqa: ANN401, ARG002 (what a trainer hands in)
        """Both losses at the point."""
        return {name: LossSum(loss, torch.ones(())) for name, loss in self.at(self.point).items()}

    def at(self, point: Tensor) -> dict[str, Tensor]:
        """Both losses at any point."""
        minima = torch.tensor([[1.0, 0.0], [1.0 if self.agree else -1.0, 0.0]], dtype=point.dtype)
        steep, flat = (0.5 * (point - minimum).square().sum() for minimum in minima)
        return {"steep": self.steepness * steep, "flat": flat}

    def shared_parameters(self) -> list[nn.Parameter]:
        """The point."""
        return [self.point]

    def end_of_sum(self) -> tuple[float, float]:
        """Where the plain sum ends."""
        return (1.0, 0.0) if self.agree else ((self.steepness - 1) / (self.steepness + 1), 0.0)

    def end_of_shortest(self) -> tuple[float, float]:
        """Where steps along the shortest vector between the gradients end, which is not where both losses agree.

        The smaller root of (s - 1) x^2 - 2 (s + 1) x - (s - 1) = 0.
        """
        s = self.steepness
        return (s + 1 - sqrt((s + 1) ** 2 + (s - 1) ** 2)) / (s - 1), 0.0


def descend(toy: TwoQuadratics, balancing: str, *, rate: float = 0.02, steps: int = 300) -> Mapping[str, float]:
    """Move the toy's point by gradient descent; where both losses are in the end.

    Args:
        toy: is moved.
        balancing: out of `BALANCINGS`.
        rate: of the steps.
        steps: how many.

    Raises:
        KTError: if there is no such balancing, or it needs what is not installed.
    """
    method = make_balancing(balancing, NAMES)
    optimizer = torch.optim.SGD([toy.point, *method.parameters()], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        method.backward(toy.at(toy.point), toy)
        optimizer.step()
        if (look_again := getattr(method, "look_again", None)) is not None:
            look_again({name: loss.detach() for name, loss in toy.at(toy.point).items()})
    return {name: float(loss.detach()) for name, loss in toy.at(toy.point).items()}
