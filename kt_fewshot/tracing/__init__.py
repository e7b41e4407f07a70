"""Knowledge tracing: the tracer contract and the tracers."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kt_fewshot.faces import load_later
from kt_fewshot.registry import Registry
from kt_fewshot.storage import load_checkpoint

from .bkt_recursion import Emission, forward_filter, log_likelihood
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
    from .skills_now import skills_now

TRACERS: Final[Registry[Tracer]] = Registry(
    __name__,
    "tracer",
    {
        "best-lr": "best_lr:BestLR",
        "bkt": "bkt:BKT",
        "das3h": "das3h:DAS3H",
        "dkt": "dkt:DKT",
        "elo": "elo:Elo",
        "irt": "irt:IRT",
        "irt-2pl": "irt_2pl:IRT2PL",
        "pfa": "pfa:PFA",
        "skill-mean": "skill_mean:SkillMean",
    },
)
"""Name -> module and class; a module is loaded when its tracer is asked for."""


tracer_class = TRACERS.load
"""The class of a name; an unknown one is a `KTError`."""


def load_tracer(folder: Path) -> Tracer:
    """Read a saved tracer of any class.

    Raises:
        CheckpointError: if the folder holds no tracer, or was damaged.
    """
    tensors, meta = load_checkpoint(folder, kind=KIND)
    return tracer_class(meta["tracer"]).restore(tensors, meta)


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
    "log_likelihood",
    "skills_now",
    "tracer_class",
]

load_later(__name__, TRACERS.files() | {"estimator": ["KnowledgeTracer"], "skills_now": ["skills_now"]})
