"""Item response theory in its published form: how easy an item is, and what a new student is expected to be able to."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from scipy import sparse
from torch import Tensor

from kt_fewshot.data import Answer, Question, SequenceStore, Vocabulary

from .classic import Classic
from .logistic import Evidence, LogisticModel
from .skill_entries import SkillEntries
from .tracer import Prediction


class IRTOptions(BaseModel):
    """Options of item response theory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(1.0, gt=0, description="precision of the normal prior on easiness and ability")
    abilities: bool = Field(False, description="whether the students of training have abilities of their own")


@final
class IRT(Classic):
    """The one-parameter model: logit P(correct) = ability of the student + easiness of the item.

    Rasch 1960; as logistic regression, Gervet et al. 2020, https://doi.org/10.5281/zenodo.4143614. One ability a
    student, fitted: so a student who was not in training has none but the prior's mean, 0, and P(correct) is the
    item's alone, whatever the student answers. That is the published number for unseen students, and it stays so
    here; `irt-2pl` is the row in which a new student's ability follows the answers. By default training students are
    taken at the same mean ability, as published; with `abilities` each has one, which makes the easiness that of
    equally able students but fits new students less well.

    An item that was not in training counts as its skill's average item; in a log without items the skill is the item.
    `mastery` is P(correct) on the skill's average item: it says nothing of the student.

    Args:
        vocabulary: skills and items.
        options: fields of `IRTOptions`.
    """

    name: ClassVar[str] = "irt"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = IRTOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.model = LogisticModel(vocabulary, items=True, skills=False)

    def start(self, n: int) -> Tensor:
        """(n, 0): nothing is remembered."""
        return self.model.bias.new_zeros(n, 0)

    @torch.no_grad()
    def predict(self, state: Tensor, question: Question) -> Prediction:  # noqa: ARG002
        """See `Tracer.predict`."""
        return self._said(question.item, SkillEntries.of_question(question))

    def update(self, state: Tensor, question: Question, answer: Answer) -> Tensor:  # noqa: ARG002
        """The state as it was."""
        return state

    @torch.no_grad()
    def mastery(self, state: Tensor) -> Prediction:
        """See `Tracer.mastery`."""
        rate = (self.model.bias + self.model.average_item).sigmoid().expand(len(state), -1)
        return Prediction(rate, rate)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        store = store.to(self.device)
        return self._said(store.item, SkillEntries.of_store(store))

    def final_state(self, store: SequenceStore) -> Tensor:
        """See `Tracer.final_state`."""
        return self.start(store.n_students)

    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Maximise the penalised likelihood. See `Classic.solve`."""
        evidence = self._evidence(train.item, SkillEntries.of_store(train))
        others = None
        if self.settings.abilities:
            rows = np.arange(len(train))
            others = sparse.csr_matrix((np.ones(len(rows)), (rows, train.student().numpy())))
        return self.model.fit(evidence, train, l2=self.settings.l2, others=others), {}

    def _said(self, item: Tensor, entries: SkillEntries) -> Prediction:
        average = self._evidence(torch.zeros_like(item), entries)
        return Prediction(self.model(self._evidence(item, entries)).sigmoid(), self.model(average).sigmoid())

    def _evidence(self, item: Tensor, entries: SkillEntries) -> Evidence:
        nothing = self.model.bias.new_zeros(len(item), 0)
        return Evidence(item.long(), entries, nothing[:1].expand(len(entries.step), 0), nothing)
