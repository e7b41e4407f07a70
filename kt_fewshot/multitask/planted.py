"""Planted families: tasks on common inputs whose relatedness is known exactly, to hold methods against."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

INPUTS: Final = 16
"""Columns of a family's inputs."""

LATENTS: Final = 4
"""Features that a family's tasks are made of."""

BENT: Final = 0.3
"""Share of a feature's variance that is its square, so that a linear model does not do."""

SPREAD: Final = (-0.5, 0.15, 0.7)
"""A family has two tasks with a cosine of at most the first, two within +- the second, two with at least the third."""


@dataclass(frozen=True)
class TaskFamily:
    """Regression tasks on the same rows. What task t asks is f_t(x) = sum over k of weights[t, k] phi_k(x).

    The features phi have mean 0 and variance 1 and are uncorrelated when x is standard normal, and each task's weights
    have length 1; so the correlation of two tasks' functions is the cosine of their weights, whatever the draw of x.

    - `tasks`: names;
    - `inputs: (rows, INPUTS)` standard normal;
    - `targets: (rows, tasks)` f_t(x) and noise; `truth: (rows, tasks)` f_t(x) alone;
    - `weights: (tasks, features)`.
    """

    tasks: tuple[str, ...]
    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    truth: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def cosine(self) -> NDArray[np.float64]:
        """(tasks, tasks) in [-1, 1]: correlation of the functions, what tasks have in common that share an output.

        There a task and its negation are at war: what is right for one is wrong for the other.
        """
        return self.weights @ self.weights.T

    @property
    def overlap(self) -> NDArray[np.float64]:
        """(tasks, tasks) in [0, 1]: the share of a task's variance that another's function explains.

        The cosine's square. What tasks have in common that have heads of their own: a task and its negation need the
        same features, and the sign is the head's business.
        """
        return self.cosine**2


def planted_family(seed: int, *, tasks: int = 6, rows: int = 1000, noise: float = 0.5) -> TaskFamily:
    """Tasks with weights in random directions, among them close, opposed and unrelated ones, and all between.

    Args:
        seed: of the weights, the features, the rows and the noise.
        tasks: how many, at least 4.
        rows: how many.
        noise: standard deviation of what is added to f_t(x), which has 1.

    Raises:
        ValueError: if there are fewer than 4 tasks.
    """
    if tasks < 4:
        raise ValueError(f"`tasks` should be at least 4. Found `tasks = {tasks}`.")
    random = np.random.default_rng([seed, 0])
    opposed, apart, close = SPREAD
    while True:
        weights = _unit(random.standard_normal((tasks, LATENTS)))
        cosines = (weights @ weights.T)[np.triu_indices(tasks, 1)]
        if cosines.min() <= opposed and np.abs(cosines).min() <= apart and cosines.max() >= close:
            break
    names = tuple(f"task {number}" for number in range(1, tasks + 1))
    return _draw(names, weights, random, rows=rows, noise=noise)


def planted_stranger(seed: int, *, rows: int = 1000, noise: float = 0.5) -> TaskFamily:
    """Four tasks: three related ones (cosines about .8), and a stranger whose feature none of them uses.

    Args:
        seed: of everything.
        rows: how many.
        noise: standard deviation of what is added to f_t(x), which has 1.
    """
    random = np.random.default_rng([seed, 1])
    common, *own = np.eye(LATENTS + 1)
    near = [common + 0.5 * own[k] for k in range(3)]
    weights = _unit(np.array([*near, own[3]]))
    return _draw(("near 1", "near 2", "near 3", "stranger"), weights, random, rows=rows, noise=noise)


def _draw(
    names: tuple[str, ...], weights: NDArray[np.float64], random: np.random.Generator, *, rows: int, noise: float
) -> TaskFamily:
    directions, _ = np.linalg.qr(random.standard_normal((INPUTS, weights.shape[1])))
    inputs = random.standard_normal((rows, INPUTS))
    along = inputs @ directions  # (rows, features), independent standard normal
    features = np.sqrt(1 - BENT) * along + np.sqrt(BENT / 2) * (along**2 - 1)
    truth = features @ weights.T
    return TaskFamily(names, inputs, truth + noise * random.standard_normal(truth.shape), truth, weights)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
