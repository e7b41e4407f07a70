"""THE contract of knowledge tracing: what every tracer, trained by gradients or not, can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Self

import torch
from torch import Tensor, nn

from kt_fewshot.data import Answer, Question, SequenceStore, Vocabulary
from kt_fewshot.metrics import PlattScaling
from kt_fewshot.storage import save_checkpoint
from kt_fewshot.training import History, Progress

from .bkt_recursion import Emission

KIND: Final = "tracer"
"""What a saved tracer's manifest says it is."""


class Prediction(NamedTuple):
    """What a tracer says before an answer: `correct` = P(correct) and `mastery`, both (...) in [0, 1]."""

    correct: Tensor
    mastery: Tensor


class Tracer(nn.Module, ABC):
    """Traces what students know.

    A tracer predicts each answer from what came before it and nothing else. There are two ways to ask, and they agree
    (1e-6 in float64, 1e-5 in float32): the whole log at once, `predict_log`; or answer by answer, `start`, `predict`,
    `update`. Questions of a bundle share a screen: `predict_log` says of each what was known before the first of them;
    who goes answer by answer predicts all of a bundle before the first `update`. Parameters and buffers of the module
    are all there is to save, with the vocabulary and the options.

    `mastery` is an estimate in [0, 1]; each tracer says in its docstring what its number means.

    Args:
        vocabulary: the skills and items the tracer knows.
        options: what the tracer was made with, as plain JSON values.
    """

    name: ClassVar[str]
    """What the tracer is called in options and tables."""

    validates: ClassVar[bool] = False
    """Whether `fit` learns something of `valid` too, such as when to stop; those that do not are simple baselines."""

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.options = dict(options)
        self.calibration = PlattScaling()

    @classmethod
    def tells_groups(cls, options: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """Whether a tracer with these options tells groups of students apart, so that its vocabulary wants them."""
        return False

    @abstractmethod
    def fit(
        self,
        train: SequenceStore,
        valid: SequenceStore,
        *,
        checkpoint: Path | None = None,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> History:
        """Learn from `train`, decide when to stop and calibrate on `valid`.

        Args:
            train: the histories learned from.
            valid: histories of other students, or later answers.
            checkpoint: folder in which training keeps what it needs to go on after an interruption.
            resume: go on from `checkpoint`.
            progress: told how far training is.
        """

    @abstractmethod
    def start(self, n: int) -> Any:  # noqa: ANN401 (each tracer has a state of its own)
        """The state of n students without answers."""

    @abstractmethod
    def predict(self, state: Any, question: Question) -> Prediction:  # noqa: ANN401
        """P(correct) of each student's question and mastery of its skills, *before* the answer: (n,)."""

    @abstractmethod
    def update(self, state: Any, question: Question, answer: Answer) -> Any:  # noqa: ANN401
        """The state after the answers."""

    @abstractmethod
    def mastery(self, state: Any) -> Prediction:  # noqa: ANN401
        """Where everyone stands now: for every skill P(correct) of its next question and mastery, (n, skills)."""

    @abstractmethod
    def predict_log(self, store: SequenceStore) -> Prediction:
        """P(correct) of each answer and mastery of its skills before it (and before its bundle): (answers,)."""

    @abstractmethod
    def final_state(self, store: SequenceStore) -> Any:  # noqa: ANN401
        """The state after each student's last answer, students in the store's order."""

    def predict_behaviour(self, store: SequenceStore) -> Mapping[str, Tensor]:  # noqa: ARG002
        """What is expected of each answer's behaviour before it: task -> (answers,), none for a tracer without tasks.

        On the store's scale: standardised log response time, P(hint used), log attempts.
        """
        return {}

    def untold_tasks(self, store: SequenceStore) -> list[str]:  # noqa: ARG002
        """Tasks the tracer would learn but the log tells nothing of; `fit` leaves them out."""
        return []

    def emission(self) -> Emission | None:
        """Guess, slip and learning rate of every skill, (skills,) each; None if the tracer has none."""
        return None

    def save(self, folder: Path) -> None:
        """Write the tracer to a folder: weights and a manifest with their SHA-256; no code."""
        meta = {
            "tracer": self.name,
            "options": self.options,
            "calibration": self.calibration.to_dict(),
            "vocabulary": self.vocabulary.to_dict(),
        }
        save_checkpoint(folder, self.state_dict(), kind=KIND, meta=meta)

    @classmethod
    def restore(cls, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> Self:
        """Rebuild a tracer of this class from what `save` stored."""
        tracer = cls(Vocabulary.from_dict(meta["vocabulary"]), meta["options"])
        tracer.to(next((t.dtype for t in tensors.values() if t.is_floating_point()), torch.float32))
        tracer.load_state_dict(dict(tensors))
        tracer.calibration = PlattScaling.from_dict(meta["calibration"])
        return tracer.eval()

    @property
    def device(self) -> torch.device:
        """Where the tracer computes."""
        return next(iter([*self.parameters(), *self.buffers()])).device
