"""Few-shot learning: episodes, the method contract and the methods."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from kt_fewshot.errors import KTError

from .episode_plan import EpisodePlan
from .episode_sampler import EpisodeSampler
from .episode_source import EpisodeSource
from .episodes import Episode, Examples
from .method import Method, MethodOptions, Predictor, cross_entropy
from .saved import load_method, save_method
from .sinusoids import Sinusoids

if TYPE_CHECKING:
    from .protonet import ProtoNet
    from .ridge import Ridge

METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "protonet": (".protonet", "ProtoNet"),
    "ridge": (".ridge", "Ridge"),
}
"""Name -> module and class; a module is loaded when its method is asked for."""


def method_class(name: str) -> type[Method]:
    """The class of a method.

    Raises:
        KTError: if there is no such method.
    """
    if name not in METHODS:
        raise KTError(f"Unknown method '{name}'. Choose one of: {', '.join(sorted(METHODS))}.")
    module, cls = METHODS[name]
    return getattr(import_module(module, __name__), cls)


def __getattr__(name: str) -> Any:  # noqa: ANN401 (a class)
    for module, cls in METHODS.values():
        if cls == name:
            return getattr(import_module(module, __name__), cls)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "METHODS",
    "Episode",
    "EpisodePlan",
    "EpisodeSampler",
    "EpisodeSource",
    "Examples",
    "Method",
    "MethodOptions",
    "Predictor",
    "ProtoNet",
    "Ridge",
    "Sinusoids",
    "cross_entropy",
    "load_method",
    "method_class",
    "save_method",
]
