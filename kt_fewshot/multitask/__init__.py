"""The multi-task core: tasks and the heads that predict them on shared features."""

from .balancing import AGGREGATORS, BALANCINGS, SCALARIZERS, make_balancing
from .convex_heads import LogisticHead, SVMHead
from .fitted_heads import FittedHead, HeadFitter, PrototypeHead, RidgeHead, class_means, squared_distances
from .heads import GatheredLinear, SplitMLP
from .metric_heads import AttentionHead, RelationHead, SoftKMeansHead
from .planted import TaskFamily, planted_family, planted_stranger
from .sharing import SHARINGS, MakeTower, Sharing, make_sharing
from .tasks import Binary, Regression, Task

__all__ = [
    "AGGREGATORS",
    "BALANCINGS",
    "SCALARIZERS",
    "SHARINGS",
    "AttentionHead",
    "Binary",
    "FittedHead",
    "GatheredLinear",
    "HeadFitter",
    "LogisticHead",
    "MakeTower",
    "PrototypeHead",
    "Regression",
    "RelationHead",
    "RidgeHead",
    "SVMHead",
    "Sharing",
    "SoftKMeansHead",
    "SplitMLP",
    "Task",
    "TaskFamily",
    "class_means",
    "make_balancing",
    "make_sharing",
    "planted_family",
    "planted_stranger",
    "squared_distances",
]
