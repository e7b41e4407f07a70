"""The multi-task core: tasks and the heads that predict them on shared features."""

from .balancing import AGGREGATORS, BALANCINGS, SCALARIZERS, make_balancing
from .convex_heads import LogisticHead, SVMHead
from .fitted_heads import FittedHead, HeadFitter, PrototypeHead, RidgeHead, class_means, squared_distances
from .heads import GatheredLinear, SplitMLP
from .metric_heads import AttentionHead, RelationHead, SoftKMeansHead
from .tasks import Binary, Regression, Task

__all__ = [
    "AGGREGATORS",
    "BALANCINGS",
    "SCALARIZERS",
    "AttentionHead",
    "Binary",
    "FittedHead",
    "GatheredLinear",
    "HeadFitter",
    "LogisticHead",
    "PrototypeHead",
    "Regression",
    "RelationHead",
    "RidgeHead",
    "SVMHead",
    "SoftKMeansHead",
    "SplitMLP",
    "Task",
    "class_means",
    "make_balancing",
    "squared_distances",
]
