"""A tracer that says what it is told to say, so that what is made of it can be worked out by hand."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from kt_fewshot.data import SequenceStore, Vocabulary
from kt_fewshot.tracing import Prediction, Tracer

Say = Callable[[SequenceStore], Tensor]


class Told(Tracer):
    """Says `correct(store)` and `mastery(store)` of a log and `now: (students, skills)` at its end."""

    name: ClassVar[str] = "told"

    def __init__(
        self, vocabulary: Vocabulary, *, correct: Say, mastery: Say | None = None, now: Tensor | None = None
    ) -> None:
        super().__init__(vocabulary, {})
        self.said, self.now = (correct, mastery or correct), now

    def predict_log(self, store: SequenceStore) -> Prediction:
        return Prediction(*(say(store).double() for say in self.said))

    def final_state(self, store: SequenceStore) -> Any:
        """The store's students, by their places in the whole log."""
        return store

    def mastery(self, state: SequenceStore) -> Prediction:
        assert self.now is not None
        values = self.now[: state.n_students]
        return Prediction(1 - values, values)

    def predict_behaviour(self, store: SequenceStore) -> dict[str, Tensor]:
        return {"attempts": torch.zeros(len(store))}

    def fit(self, *_: Any, **__: Any) -> Any: ...
    def start(self, n: int) -> Any: ...
    def predict(self, state: Any, question: Any) -> Any: ...
    def update(self, state: Any, question: Any, answer: Any) -> Any: ...
