"""The estimator face: tasks on the rows of a table, by the conventions of scikit-learn, and all that it is made of."""

from typing import TYPE_CHECKING

from kt_fewshot.faces import load_later

from .row_batches import RowBatches, Rows
from .task_network import TaskNetwork
from .task_training import raw_outputs, train_tasks

if TYPE_CHECKING:
    from .estimator import MultiTask
    from .joint import Joint
    from .target_columns import of_its_group, one_target_a_group

__all__ = [
    "Joint",
    "MultiTask",
    "RowBatches",
    "Rows",
    "TaskNetwork",
    "of_its_group",
    "one_target_a_group",
    "raw_outputs",
    "train_tasks",
]

load_later(
    __name__,
    {
        "estimator": ("MultiTask",),
        "joint": ("Joint",),
        "target_columns": ("of_its_group", "one_target_a_group"),
    },
)
