"""The floor: each skill is answered right as often as it was in training, whoever asks."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from kt_fewshot.data import Answer, Question, SequenceStore, Vocabulary

from .classic import Classic
from .skill_entries import SkillEntries
from .tracer import Prediction


class SkillMeanOptions(BaseModel):
    """Options of the skill mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strength: float = Field(10.0, gt=0, description="how many answers the mean of all skills counts as in each skill")


@final
class SkillMean(Classic):
    """P(correct) = (wins_k + strength m) / (answers_k + strength) of skill k, m the mean of all answers.

    What every tracer should beat: it knows no student and no item. Of several skills it is their mean; an answer on
    several skills counts as a part of one in each. `mastery` is P(correct): it says nothing of the student.

    Args:
        vocabulary: the skills.
        options: fields of `SkillMeanOptions`.
    """

    name: ClassVar[str] = "skill-mean"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = SkillMeanOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.rate = nn.Parameter(torch.full((vocabulary.n_skills,), 0.5))

    def start(self, n: int) -> Tensor:
        """(n, 0): nothing is remembered."""
        return self.rate.new_zeros(n, 0)

    @torch.no_grad()
    def predict(self, state: Tensor, question: Question) -> Prediction:  # noqa: ARG002
        """See `Tracer.predict`."""
        return self._of(SkillEntries.of_question(question))

    def update(self, state: Tensor, question: Question, answer: Answer) -> Tensor:  # noqa: ARG002
        """The state as it was."""
        return state

    @torch.no_grad()
    def mastery(self, state: Tensor) -> Prediction:
        """See `Tracer.mastery`."""
        rate = self.rate.detach().expand(len(state), -1)
        return Prediction(rate, rate)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        return self._of(SkillEntries.of_store(store.to(self.device)))

    def final_state(self, store: SequenceStore) -> Tensor:
        """See `Tracer.final_state`."""
        return self.start(store.n_students)

    def _of(self, entries: SkillEntries) -> Prediction:
        rate = entries.mean(self.rate[entries.skill])
        return Prediction(rate, rate)

    @torch.no_grad()
    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Count. See `Classic.solve`."""
        entries = SkillEntries.of_store(train)
        share = entries.share() * train.scored[entries.step]
        right = train.correct[train.scored].double()
        everyone = (right.sum() + 1) / (len(right) + 2)
        zero, strength = torch.zeros(len(self.rate), dtype=torch.float64), self.settings.strength
        answers = zero.index_add(0, entries.skill, share)
        wins = zero.index_add(0, entries.skill, share * train.correct[entries.step])
        self.rate.copy_((wins + strength * everyone) / (answers + strength))
        return 1, {}
