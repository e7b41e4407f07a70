"""Few-shot learning: episodes, the method contract and the methods."""

from typing import TYPE_CHECKING, Final

from kt_fewshot.faces import load_later
from kt_fewshot.registry import Registry

from .embedded import embedded, features
from .episode_plan import EpisodePlan
from .episode_sampler import EpisodeSampler
from .episode_source import EpisodeSource
from .episodes import Episode, Examples
from .method import Method, MethodOptions, Predictor, cross_entropy
from .saved import load_method, save_method
from .sinusoids import Sinusoids

if TYPE_CHECKING:
    from .anil import ANIL
    from .baseline_plus_plus import BaselinePlusPlus
    from .fomaml import FOMAML
    from .learn2learn_bridge import Learn2LearnANIL, Learn2LearnMAML
    from .logistic import Logistic
    from .maml import MAML
    from .matching import MatchingNet
    from .meta_sgd import MetaSGD
    from .proto_maml import ProtoMAML
    from .protonet import ProtoNet
    from .relation import RelationNet
    from .reptile import Reptile
    from .ridge import Ridge
    from .simpleshot import SimpleShot
    from .soft_kmeans import SoftKMeans
    from .svm import SVM

METHODS: Final[Registry[Method]] = Registry(
    __name__,
    "method",
    {
        "anil": "anil:ANIL",
        "baseline++": "baseline_plus_plus:BaselinePlusPlus",
        "fomaml": "fomaml:FOMAML",
        "l2l-anil": "learn2learn_bridge:Learn2LearnANIL",
        "l2l-maml": "learn2learn_bridge:Learn2LearnMAML",
        "logistic": "logistic:Logistic",
        "maml": "maml:MAML",
        "matchingnet": "matching:MatchingNet",
        "meta-sgd": "meta_sgd:MetaSGD",
        "proto-maml": "proto_maml:ProtoMAML",
        "protonet": "protonet:ProtoNet",
        "relationnet": "relation:RelationNet",
        "reptile": "reptile:Reptile",
        "ridge": "ridge:Ridge",
        "simpleshot": "simpleshot:SimpleShot",
        "soft-kmeans": "soft_kmeans:SoftKMeans",
        "svm": "svm:SVM",
    },
)
"""Name -> module and class; a module is loaded when its method is asked for."""


method_class = METHODS.load
"""The class of a name; an unknown one is a `KTError`."""


__all__ = [
    "ANIL",
    "FOMAML",
    "MAML",
    "METHODS",
    "SVM",
    "BaselinePlusPlus",
    "Episode",
    "EpisodePlan",
    "EpisodeSampler",
    "EpisodeSource",
    "Examples",
    "Learn2LearnANIL",
    "Learn2LearnMAML",
    "Logistic",
    "MatchingNet",
    "MetaSGD",
    "Method",
    "MethodOptions",
    "Predictor",
    "ProtoMAML",
    "ProtoNet",
    "RelationNet",
    "Reptile",
    "Ridge",
    "SimpleShot",
    "Sinusoids",
    "SoftKMeans",
    "cross_entropy",
    "embedded",
    "features",
    "load_method",
    "method_class",
    "save_method",
]

load_later(__name__, METHODS.files())
