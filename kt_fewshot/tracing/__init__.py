"""Knowledge tracing: the tracer contract and the tracers."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kt_fewshot.errors import KTError
from kt_fewshot.storage import load_checkpoint

from .bkt_recursion import Emission, forward_filter
from .tracer import KIND, Prediction, Tracer

if TYPE_CHECKING:
    from .best_lr import BestLR
    from .bkt import BKT
    from .das3h import DAS3H
    from .dkt import DKT
    from .elo import Elo
    from .estimator import KnowledgeTracer
    from .irt import IRT
    from .irt_2pl import IRT2PL
    from .pfa import PFA
    from .skill_mean import SkillMean

TRACERS: Final[Mapping[str, tuple[str, str]]] = {
    "best-lr": (".best_lr", "BestLR"),
    "bkt": (".bkt", "BKT"),
    "das3h": (".das3h", "DAS3H"),
    "dkt": (".dkt", "DKT"),
    "elo": (".elo", "Elo"),
    "irt": (".irt", "IRT"),
    "irt-2pl": (".irt_2pl", "IRT2PL"),
    "pfa": (".pfa", "PFA"),
    "skill-mean": (".skill_mean", "SkillMean"),
}
"""Name -> module and class; a module is loaded when its tracer is asked for."""


def tracer_class(name: str) -> type[Tracer]:
    """The class of a tracer.

    Raises:
        KTError: if there is no such tracer.
    """
    if name not in TRACERS:
        raise KTError(f"Unknown tracer '{name}'. Choose one of: {', '.join(sorted(TRACERS))}.")
    module, cls = TRACERS[name]
    return getattr(import_module(module, __name__), cls)


def load_tracer(folder: Path) -> Tracer:
    """Read a saved tracer of any class.

    Raises:
        CheckpointError: if the folder holds no tracer, or was damaged.
    """
    tensors, meta = load_checkpoint(folder, kind=KIND)
    return tracer_class(meta["tracer"]).restore(tensors, meta)


def __getattr__(name: str) -> Any:  # noqa: ANN401 (a class)
    if name == "KnowledgeTracer":
        return import_module(".estimator", __name__).KnowledgeTracer
    for module, cls in TRACERS.values():
        if cls == name:
            return getattr(import_module(module, __name__), cls)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BKT",
    "DAS3H",
    "DKT",
    "IRT",
    "IRT2PL",
    "PFA",
    "TRACERS",
    "BestLR",
    "Elo",
    "Emission",
    "KnowledgeTracer",
    "Prediction",
    "SkillMean",
    "Tracer",
    "forward_filter",
    "load_tracer",
    "tracer_class",
]
