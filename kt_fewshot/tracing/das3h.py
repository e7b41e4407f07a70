"""DAS3H: logistic regression on how much a skill was practised within the last hour, day, week, month, and ever."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from kt_fewshot.data import Answer, Question, SequenceStore, Vocabulary

from .classic import Classic
from .logistic import Evidence, LogisticModel
from .skill_entries import SkillEntries
from .time_windows import N_FEATURES, WindowedHistory, asked_at, window_features
from .tracer import Prediction


class DAS3HOptions(BaseModel):
    """Options of DAS3H."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(1.0, gt=0, description="precision of the normal prior on the coefficients")


@final
class DAS3H(Classic):
    """Item, skill, and log(1 + wins), log(1 + attempts) on the skill in five time windows, with slopes a skill.

    Choffin, Popineau, Bourda and Vie 2019, "DAS3H: Modeling Student Learning and Forgetting for Optimally Scheduling
    Distributed Practice of Skills", https://arxiv.org/abs/1905.06873. Where we depart from it: a student has no fitted
    ability, since new students have none; the time-free part is that of Best-LR's coding by Gervet et al. 2020; skills
    are averaged, not summed; an item that was not in training counts as its skill's average item.

    It needs times. In a log without any, the window that never ends is all there is, and what is left is item, skill
    and counts on the skill.

    `mastery` is P(correct) on the skill's average item; that of every skill now is at the time of the last answer.

    Args:
        vocabulary: skills and items.
        options: fields of `DAS3HOptions`.
    """

    name: ClassVar[str] = "das3h"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = DAS3HOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.model = LogisticModel(vocabulary, items=True, skills=True, skill_features=N_FEATURES)

    def start(self, n: int) -> WindowedHistory:
        """See `Tracer.start`."""
        return WindowedHistory.start(n, self.vocabulary.n_skills, self.device)

    @torch.no_grad()
    def predict(self, state: WindowedHistory, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        student = torch.arange(len(question.item), device=self.device)
        features = state.features(entries, student, asked_at(question), dtype=self.model.bias.dtype)
        return self._said(question.item, entries, features)

    def update(self, state: WindowedHistory, question: Question, answer: Answer) -> WindowedHistory:
        """See `Tracer.update`."""
        return state.after(question, answer)

    @torch.no_grad()
    def mastery(self, state: WindowedHistory) -> Prediction:
        """See `Tracer.mastery`."""
        shape = state.wins.shape
        entries = SkillEntries.every_skill(*shape, device=self.device)
        student = entries.step // shape[1]
        features = state.features(entries, student, state.clock[student], dtype=self.model.bias.dtype)
        said = self._said(torch.zeros_like(student), entries, features).mastery.reshape(shape)
        return Prediction(said, said)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        entries, features = self._windows(store.to(torch.device("cpu")), self.model.bias.dtype)
        entries = SkillEntries(entries.step.to(self.device), entries.skill.to(self.device), entries.answers)
        return self._said(store.item.to(self.device), entries, features.to(self.device))

    def final_state(self, store: SequenceStore) -> WindowedHistory:
        """See `Tracer.final_state`."""
        history = WindowedHistory.of_store(store.to(torch.device("cpu")), self.vocabulary.n_skills)
        return history.to(self.device)

    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Maximise the penalised likelihood. See `Classic.solve`."""
        entries, features = self._windows(train, torch.float64)
        return self.model.fit(self._evidence(train.item, entries, features), train, l2=self.settings.l2), {}

    def _windows(self, store: SequenceStore, dtype: torch.dtype) -> tuple[SkillEntries, Tensor]:
        entries = SkillEntries.of_store(store)
        return entries, window_features(store, entries, self.vocabulary.n_skills, dtype=dtype)

    def _said(self, item: Tensor, entries: SkillEntries, features: Tensor) -> Prediction:
        evidence = self._evidence(item, entries, features)
        average = evidence._replace(item=torch.zeros_like(evidence.item))
        return Prediction(self.model(evidence).sigmoid(), self.model(average).sigmoid())

    def _evidence(self, item: Tensor, entries: SkillEntries, features: Tensor) -> Evidence:
        return Evidence(item.long(), entries, features, features.new_zeros(len(item), 0))
