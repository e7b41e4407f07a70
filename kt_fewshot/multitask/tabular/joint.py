"""`Joint`: one distribution of all targets of a row, the product of what the heads say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from torch import Tensor

from .targets import Targets

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Joint:
    """Joint multi-label classification and regression: p(y | x) = product over targets (and labels) of p(y_k | x).

    Given the features, targets are taken as independent: what they have in common they have through the features. What
    two targets share beyond that (a bad day) is not in it.

    Attributes:
        targets: tasks and codings.
        outputs: name -> (rows, *output_shape) raw outputs of each task's `likelihood`.
    """

    targets: Targets
    outputs: Mapping[str, Tensor]

    def log_likelihood(self, y: Any) -> Floats:  # noqa: ANN401
        """(rows,) log p(y | x) in nats, a density where there are numbers: in their own unit.

        Args:
            y: targets as in `MultiTask.fit`; those that are missing, wholly or in some rows, are left out.

        Raises:
            ValueError: if y is not what it should be.
        """
        return np.sum(list(self.each(y).values()), axis=0)

    def each(self, y: Any) -> dict[str, Floats]:  # noqa: ANN401
        """Name -> (rows,) each target's part of the `log_likelihood`; 0 where it is missing."""
        found = {}
        for name, coded in self.targets.read(y, self._rows).items():
            task = self.targets.tasks[name].likelihood
            loss = task.elementwise(self.outputs[name], torch.as_tensor(coded.values)).numpy()
            density = -loss - np.log(self.targets.codings[name].unit)
            found[name] = np.where(coded.there, density, 0.0).reshape(self._rows, -1).sum(1)
        return found

    def pit(self, y: Any) -> dict[str, Floats]:  # noqa: ANN401
        """Name -> (rows,) P(target <= y | x) of the numbers among the targets, nan where one is missing.

        Evenly spread over [0, 1] if the distributions are right (probability integral transform: Dawid 1984).
        """
        found = {}
        for name, coded in self.targets.read(y, self._rows).items():
            if not self.targets.is_discrete(name):
                mean, scale = self._normal(name)
                found[name] = np.where(coded.there, ndtr((coded.values - mean) / scale), np.nan)
        return found

    def interval(self, level: float = 0.95) -> dict[str, Floats]:
        """Name -> (rows, 2) the ends between which a number lies with probability `level`; in its own unit.

        Raises:
            ValueError: if `level` is not in (0, 1).
        """
        if not 0 < level < 1:
            raise ValueError(f"`level` should be in (0, 1). Found `level = {level}`.")
        half = float(ndtri((1 + level) / 2))
        found = {}
        for name in self.targets.tasks:
            if not self.targets.is_discrete(name):
                mean, scale = self._normal(name)
                ends = np.stack([mean - half * scale, mean + half * scale], axis=1)
                found[name] = self.targets.codings[name].decode(ends)
        return found

    def expected(self) -> dict[str, Floats]:
        """Name -> what is expected of a target: how likely each class or label is, or the mean in its own unit."""
        said = {
            name: self.targets.tasks[name].likelihood.expected(output).numpy() for name, output in self.outputs.items()
        }
        return {
            name: values if self.targets.is_discrete(name) else self.targets.codings[name].decode(values)
            for name, values in said.items()
        }

    @property
    def _rows(self) -> int:
        return len(next(iter(self.outputs.values())))

    def _normal(self, name: str) -> tuple[Floats, Floats]:
        """Mean and standard deviation, each (rows,), of a coded number."""
        mean, log_scale = self.outputs[name].unbind(-1)
        return mean.numpy(), log_scale.exp().numpy()
