"""Convex heads fitted to their optimum: logistic regression and a support vector machine, differentiable.

Both are solved in the space of examples, W = X' A, of which there are few.
"""

from typing import final

import torch
from torch import Tensor, nn

from .fitted_heads import FittedHead, HeadFitter, labels, with_one


@final
class LogisticHead(HeadFitter):
    """Multinomial logistic regression with a ridge: min_W -sum log softmax(X W)_y + l/2 |W|^2.

    Newton's method with a fixed bound on the curvature in place of the Hessian (Boehning 1992,
    https://doi.org/10.1007/BF00048682), so that one factorisation serves every step; the steps are taken from points
    a little further on (Nesterov 1983), which needs far fewer of them:

        A <- V + (X X' / 2 + l I)^-1 (Y - P(V) - l V);  V <- A + k / (k + 3) (A - A before)

    The strength l is learned. The idea of such a head: Bertinetto et al. 2019, https://arxiv.org/abs/1805.08136.

    Args:
        steps: of Newton's method; the gradient runs through all of them.
    """

    def __init__(self, steps: int = 15) -> None:
        super().__init__()
        self.steps = steps
        self.log_strength = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        x, gram = kernel(features, mask)
        real = 1.0 if mask is None else mask[..., None].to(x.dtype)
        wanted = labels(y, n_way, mask, x.dtype)
        strength = self.log_strength.exp()
        root = torch.linalg.cholesky(gram / 2 + strength * torch.eye(x.shape[1], dtype=x.dtype, device=x.device))
        a = ahead = torch.zeros_like(wanted)
        for step in range(1, self.steps + 1):
            error = wanted - (gram @ ahead).softmax(-1) * real
            before, a = a, ahead + torch.cholesky_solve(error - strength * ahead, root)
            ahead = a + step / (step + 3) * (a - before)
        weight = x.transpose(1, 2) @ a  # (tasks, width + 1, way)
        return lambda queries: with_one(queries) @ weight


@final
class SVMHead(HeadFitter):
    """A support vector machine for each class against the rest, with squared hinge loss.

        min_w  l/2 |w|^2 + 1/2 sum_i max(0, 1 - t_i w . x_i)^2

    Newton's method on the examples inside the margin finds the optimum in a few steps; the gradient is that of the last
    step's linear system, which is exact, since at the optimum the set inside the margin does not move.

    The strength l and a scale of the logits are learned. After MetaOptNet (Lee et al. 2019,
    https://arxiv.org/abs/1904.03758), which solves Crammer and Singer's multi-class machine with a QP solver.

    Args:
        steps: of Newton's method, at most.
    """

    def __init__(self, steps: int = 20) -> None:
        super().__init__()
        self.steps = steps
        self.log_strength = nn.Parameter(torch.zeros(()))
        self.log_scale = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, y: Tensor, n_way: int, mask: Tensor | None = None) -> FittedHead:
        """See `HeadFitter`."""
        x, gram = kernel(features, mask)
        real = x.new_ones(y.shape) if mask is None else mask.to(x.dtype)
        sign = (2 * labels(y, n_way, None, x.dtype) - 1).transpose(1, 2)  # (tasks, way, examples)
        inside = real[:, None].expand_as(sign)
        with torch.no_grad():
            for _ in range(self.steps):
                a = self._solve(gram, sign, inside)
                margin = sign * (a @ gram)
                moved = (margin < 1).to(x.dtype) * real[:, None]
                if bool((moved == inside).all()):
                    break
                inside = moved
        weight = self._solve(gram, sign, inside) @ x  # (tasks, way, width + 1)
        scale = self.log_scale.exp()
        return lambda queries: scale * (with_one(queries) @ weight.transpose(1, 2))

    def _solve(self, gram: Tensor, sign: Tensor, inside: Tensor) -> Tensor:
        """Coefficients (tasks, way, examples) of the examples inside the margin, 0 elsewhere."""
        among = gram[:, None] * inside[..., None] * inside[..., None, :]
        ridge = self.log_strength.exp() * torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        return inside * torch.linalg.solve(among + ridge, (inside * sign)[..., None])[..., 0]


def kernel(features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Examples with a 1 at their end, rows of 0 where there is none, and their inner products."""
    x = with_one(features)
    if mask is not None:
        x = x * mask[..., None]
    return x, x @ x.transpose(1, 2)
