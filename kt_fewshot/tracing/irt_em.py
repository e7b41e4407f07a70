"""Marginal maximum likelihood for the two-parameter model: expectation over abilities, maximisation over items.

Bock and Aitkin 1981, "Marginal maximum likelihood estimation of item parameters: application of an EM algorithm",
https://doi.org/10.1007/BF02293801. Where we depart from it: easiness and discrimination have normal priors around
means that are fitted too, since most items of a real log have a dozen answers.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import logsigmoid

NEWTON_STEPS: Final = 3
LEAST_DISCRIMINATION: Final = 0.05
"""An item that weaker students answer better is no item of this ability; its discrimination ends here."""


class ItemPriors(NamedTuple):
    """Standard deviations of the priors on the parameters of items."""

    easiness: float
    discrimination: float


class Items(NamedTuple):
    """Fitted items: fields (rows,), and the penalised log-likelihood an answer after each iteration, in nats."""

    easiness: Tensor
    discrimination: Tensor
    log_likelihood: tuple[float, ...]


def fit_items(
    student: Tensor,
    row: Tensor,
    correct: Tensor,
    *,
    grid: Tensor,
    priors: ItemPriors,
    n_rows: int,
    iterations: int,
    tolerance: float,
) -> Items:
    """Fit easiness and discrimination of items; abilities are N(0, 1).

    Args:
        student: (n,) who answered.
        row: (n,) which item.
        correct: (n,) in {0, 1}.
        grid: (abilities,) evenly spaced, float64.
        priors: of the items.
        n_rows: number of items; one without answers gets the means.
        iterations: at most so many.
        tolerance: end when an iteration gains less log-likelihood an answer.
    """
    right = _table(student, row, correct.double(), n_rows)
    wrong = _table(student, row, 1 - correct.double(), n_rows)
    log_prior = (-grid.square() / 2).log_softmax(0)
    theta = torch.stack([torch.ones_like(grid), grid], dim=-1)  # (abilities, 2)
    items = torch.tensor([[0.0, 1.0]], dtype=torch.float64).repeat(n_rows, 1)  # easiness, discrimination
    center, precision = items[0].clone(), torch.tensor(priors, dtype=torch.float64) ** -2
    answers, curve = max(len(correct), 1), []
    for _ in range(iterations):
        logits = items @ theta.T  # (rows, abilities)
        of_student = _times(right.T, logsigmoid(logits)) + _times(wrong.T, logsigmoid(-logits)) + log_prior
        penalty = (precision * (items - center).square()).sum() / 2
        curve.append(float(of_student.logsumexp(-1).sum() - penalty) / answers)
        if len(curve) > 1 and curve[-1] - curve[-2] < tolerance:
            break
        belief = of_student.softmax(-1)  # (students, abilities)
        wins, fails = _times(right, belief), _times(wrong, belief)  # (rows, abilities), expected
        items = _maximise(items, wins, fails, theta=theta, center=center, precision=precision)
        center = items[(wins + fails).sum(-1) > 0].mean(0)
        items = torch.where((wins + fails).sum(-1, keepdim=True) > 0, items, center)
    return Items(items[:, 0], items[:, 1], tuple(curve))


def _maximise(
    items: Tensor, wins: Tensor, fails: Tensor, *, theta: Tensor, center: Tensor, precision: Tensor
) -> Tensor:
    """Newton's steps for all items at once; one that would make an item worse is not made."""

    def value(items: Tensor) -> Tensor:
        logits = items @ theta.T
        likelihood = (wins * logsigmoid(logits) + fails * logsigmoid(-logits)).sum(-1)
        return likelihood - (precision * (items - center).square()).sum(-1) / 2

    for _ in range(NEWTON_STEPS):
        p = (items @ theta.T).sigmoid()
        gradient = (wins * (1 - p) - fails * p) @ theta - precision * (items - center)
        curvature = torch.einsum("rq,qi,qj->rij", (wins + fails) * p * (1 - p), theta, theta) + precision.diag()
        step = torch.linalg.solve(curvature, gradient)
        bounded = (items + step).clamp_min(torch.tensor([-torch.inf, LEAST_DISCRIMINATION], dtype=items.dtype))
        items = torch.where((value(bounded) >= value(items))[:, None], bounded, items)
    return items


def _table(student: Tensor, row: Tensor, weight: Tensor, n_rows: int) -> sparse.csr_matrix:
    """(rows, students) sums of `weight`."""
    n_students = int(student.max()) + 1 if len(student) else 1
    return sparse.csr_matrix((weight.numpy(), (row.numpy(), student.numpy())), (n_rows, n_students))


def _times(table: sparse.csr_matrix, dense: Tensor) -> Tensor:
    return torch.from_numpy(np.asarray(table @ dense.numpy()))
