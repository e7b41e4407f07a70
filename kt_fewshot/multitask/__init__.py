"""The multi-task core: tasks and the heads that predict them on shared features."""

from .heads import GatheredLinear, SplitMLP
from .tasks import Binary, Regression, Task

__all__ = ["Binary", "GatheredLinear", "Regression", "SplitMLP", "Task"]
