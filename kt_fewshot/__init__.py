"""Knowledge tracing and few-shot learning on one multi-task core."""

__version__ = "0.1.0"
