"""Training of any module that knows its losses: the trainer, its options, history, resume, seeding."""

from .average import WeightAverage
from .distributed import Processes, ProcessLostError
from .early_stopping import EarlyStopping
from .freed_memory import keep_freed_memory
from .history import History, Row
from .joining import joined
from .options import Precision, TrainerOptions
from .precision import autocast
from .progress import Progress, Silence
from .seeding import mix, own_randomness, seed_generators
from .trainable import Balancing, BatchSource, LossSum, PlainSum, Trainable, Validation
from .trainer import Trainer

__all__ = [
    "Balancing",
    "BatchSource",
    "EarlyStopping",
    "History",
    "LossSum",
    "PlainSum",
    "Precision",
    "ProcessLostError",
    "Processes",
    "Progress",
    "Row",
    "Silence",
    "Trainable",
    "Trainer",
    "TrainerOptions",
    "Validation",
    "WeightAverage",
    "autocast",
    "joined",
    "keep_freed_memory",
    "mix",
    "own_randomness",
    "seed_generators",
]
