"""What a tracer or a few-shot method can be told: its options, their defaults and what they mean."""

from typing import Any

from pydantic import BaseModel

from kt_fewshot.data import Vocabulary
from kt_fewshot.fewshot import method_class
from kt_fewshot.tracing import tracer_class


def list_options(tracer: str = "dkt") -> dict[str, dict[str, Any]]:
    """Option of a tracer -> its `default`, as a plain JSON value, and its `meaning`.

    Args:
        tracer: a name from `TRACERS`.

    Raises:
        KTError: if there is no such tracer.
    """
    made: Any = tracer_class(tracer)(Vocabulary(()), {})
    return _listed(type(made.settings), made.options)


def list_method_options(method: str) -> dict[str, dict[str, Any]]:
    """Option of a few-shot method -> its `default`, as a plain JSON value, and its `meaning`.

    Args:
        method: a name from `METHODS`.

    Raises:
        KTError: if there is no such method.
    """
    kind = method_class(method).Options
    return _listed(kind, kind().model_dump(mode="json"))


def _listed(kind: type[BaseModel], defaults: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"default": defaults[name], "meaning": field.description or ""}
        for name, field in kind.model_fields.items()
    }
