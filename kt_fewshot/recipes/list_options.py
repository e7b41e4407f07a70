"""What a tracer can be told: its options, their defaults and what they mean."""

from typing import Any

from kt_fewshot.data import Vocabulary
from kt_fewshot.tracing import tracer_class


def list_options(tracer: str = "dkt") -> dict[str, dict[str, Any]]:
    """Option -> its `default`, as a plain JSON value, and its `meaning`.

    Args:
        tracer: a name from `TRACERS`.

    Raises:
        KTError: if there is no such tracer.
    """
    made: Any = tracer_class(tracer)(Vocabulary(()), {})
    fields = type(made.settings).model_fields
    return {name: {"default": made.options[name], "meaning": field.description or ""} for name, field in fields.items()}
