"""Keep the best weights and stop when nothing better comes."""

import math

from torch import Tensor, nn


class EarlyStopping:
    """The best epoch so far, and whether to go on.

    Args:
        patience: stop after so many epochs without a better score; None never stops.
        min_epochs: never stop before so many.
    """

    def __init__(self, patience: int | None, min_epochs: int = 1) -> None:
        self.patience = patience
        self.min_epochs = min_epochs
        self.best_score = -math.inf
        self.best_epoch = 0
        self.best_weights: dict[str, Tensor] = {}

    def update(self, score: float, epoch: int, model: nn.Module) -> bool:
        """Keep a copy of the model's state if its score is better than any before; a nan is never better.

        Args:
            score: higher is better.
            epoch: 1, 2, ...
            model: carries the weights that reached the score.

        Returns:
            Whether it is the best so far.
        """
        if not score > self.best_score:
            return False
        self.best_score, self.best_epoch = score, epoch
        self.best_weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return True

    def should_stop(self, epoch: int) -> bool:
        """Whether to stop after epoch number `epoch` (1, 2, ...)."""
        return self.patience is not None and epoch >= max(self.min_epochs, self.best_epoch + self.patience)
