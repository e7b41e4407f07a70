"""`RowReader`: from a user's examples and targets to tensors, in the way that was learned in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from .row_batches import Rows
from .target_columns import Column
from .targets import Targets


@dataclass(frozen=True)
class RowReader:
    """How examples are brought to a common scale, and where tensors live.

    Attributes:
        targets: what targets were learned to be.
        scaler: of the columns of a table, or of all numbers of images and sequences; None to leave them.
        device: as torch names it.
    """

    targets: Targets
    scaler: StandardScaler | None
    device: str = "cpu"

    @classmethod
    def learn(cls, targets: Targets, examples: NDArray[Any], *, standardize: bool, device: str) -> Self:
        """From the examples to train on."""
        return cls(targets, StandardScaler().fit(_columns(examples)) if standardize else None, device)

    def read(
        self, examples: NDArray[Any], columns: Mapping[str, Column] | None = None, *, dtype: torch.dtype = torch.float32
    ) -> Rows:
        """Tensors of examples, and of targets where there are any."""
        if self.scaler is not None:
            examples = np.asarray(self.scaler.transform(_columns(examples))).reshape(examples.shape)
        coded = self.targets.encode(columns or {})
        return Rows(
            torch.as_tensor(examples, dtype=dtype, device=self.device),
            {name: torch.as_tensor(one.values, dtype=dtype, device=self.device) for name, one in coded.items()},
            {name: torch.as_tensor(one.there, device=self.device) for name, one in coded.items()},
        )


def _columns(examples: NDArray[Any]) -> NDArray[Any]:
    """Examples as scikit-learn scales them: a table by its columns, all else by one number."""
    return examples if examples.ndim == 2 else examples.reshape(-1, 1)
