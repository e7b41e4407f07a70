"""The multi-task core: tasks and the heads that predict them on shared features."""

from .fitted_heads import FittedHead, HeadFitter, PrototypeHead, RidgeHead, class_means, squared_distances
from .heads import GatheredLinear, SplitMLP
from .tasks import Binary, Regression, Task

__all__ = [
    "Binary",
    "FittedHead",
    "GatheredLinear",
    "HeadFitter",
    "PrototypeHead",
    "Regression",
    "RidgeHead",
    "SplitMLP",
    "Task",
    "class_means",
    "squared_distances",
]
