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
    from .baseline_plus_plus import BaselinePlusPlus
    from .logistic import Logistic
    from .matching import MatchingNet
    from .protonet import ProtoNet
    from .relation import RelationNet
    from .ridge import Ridge
    from .simpleshot import SimpleShot
    from .soft_kmeans import SoftKMeans
    from .svm import SVM

METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "baseline++": (".baseline_plus_plus", "BaselinePlusPlus"),
    "logistic": (".logistic", "Logistic"),
    "matchingnet": (".matching", "MatchingNet"),
    "protonet": (".protonet", "ProtoNet"),
    "relationnet": (".relation", "RelationNet"),
    "ridge": (".ridge", "Ridge"),
    "simpleshot": (".simpleshot", "SimpleShot"),
    "soft-kmeans": (".soft_kmeans", "SoftKMeans"),
    "svm": (".svm", "SVM"),
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
    "SVM",
    "BaselinePlusPlus",
    "Episode",
    "EpisodePlan",
    "EpisodeSampler",
    "EpisodeSource",
    "Examples",
    "Logistic",
    "MatchingNet",
    "Method",
    "MethodOptions",
    "Predictor",
    "ProtoNet",
    "RelationNet",
    "Ridge",
    "SimpleShot",
    "Sinusoids",
    "SoftKMeans",
    "cross_entropy",
    "load_method",
    "method_class",
    "save_method",
]
