"""The multi-task core: tasks and the heads that predict them on shared features."""

from typing import TYPE_CHECKING

from kt_fewshot.faces import load_later

from .balancing import AGGREGATORS, BALANCINGS, SCALARIZERS, make_balancing
from .class_tasks import MultiClass, Ordinal
from .convex_heads import LogisticHead, SVMHead
from .fitted_heads import FittedHead, HeadFitter, PrototypeHead, RidgeHead, class_means, squared_distances
from .grouping import group_tasks
from .groups import ByGroup
from .heads import GatheredLinear, SplitMLP
from .low_rank import LowRankLinear
from .metric_heads import AttentionHead, RelationHead, SoftKMeansHead
from .planted import TaskFamily, planted_family, planted_stranger
from .relations import Relations, gradient_cosine, lookahead_affinity
from .sharing import SHARINGS, MakeTower, Sharing, make_sharing
from .skill_graph import GraphPrior, SkillGraph, links_from_counts, links_of
from .tabular import RowBatches, Rows, TaskNetwork, raw_outputs, train_tasks
from .task_calibration import Calibration
from .task_metrics import Metric
from .tasks import Binary, MultiLabel, Regression, Task
from .watched import Watched

if TYPE_CHECKING:
    from .tabular import Joint, MultiTask, of_its_group, one_target_a_group

__all__ = [
    "AGGREGATORS",
    "BALANCINGS",
    "SCALARIZERS",
    "SHARINGS",
    "AttentionHead",
    "Binary",
    "ByGroup",
    "Calibration",
    "FittedHead",
    "GatheredLinear",
    "GraphPrior",
    "HeadFitter",
    "Joint",
    "LogisticHead",
    "LowRankLinear",
    "MakeTower",
    "Metric",
    "MultiClass",
    "MultiLabel",
    "MultiTask",
    "Ordinal",
    "PrototypeHead",
    "Regression",
    "RelationHead",
    "Relations",
    "RidgeHead",
    "RowBatches",
    "Rows",
    "SVMHead",
    "Sharing",
    "SkillGraph",
    "SoftKMeansHead",
    "SplitMLP",
    "Task",
    "TaskFamily",
    "TaskNetwork",
    "Watched",
    "class_means",
    "gradient_cosine",
    "group_tasks",
    "links_from_counts",
    "links_of",
    "lookahead_affinity",
    "make_balancing",
    "make_sharing",
    "of_its_group",
    "one_target_a_group",
    "planted_family",
    "planted_stranger",
    "raw_outputs",
    "squared_distances",
    "train_tasks",
]

load_later(__name__, {"tabular": ("Joint", "MultiTask", "of_its_group", "one_target_a_group")})
