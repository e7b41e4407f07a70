"""Performance Factors Analysis: a skill's easiness, and what each success and each failure on it says."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from kt_fewshot.data import Answer, LiveHistory, Question, SequenceStore, Vocabulary

from .classic import Classic
from .logistic import Evidence, LogisticModel
from .skill_entries import Counts, SkillEntries, counts_before
from .tracer import Prediction


class PFAOptions(BaseModel):
    """Options of Performance Factors Analysis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    counts: Literal["log", "raw"] = Field("log", description="whether counts enter as log(1 + count), or as they are")
    l2: float = Field(1.0, gt=0, description="precision of the normal prior on the coefficients")


@final
class PFA(Classic):
    """logit P(correct) = bias + mean over skills k of b_k + gamma_k f(successes_k) + rho_k f(failures_k).

    Pavlik, Cen and Koedinger 2009, "Performance Factors Analysis", https://eric.ed.gov/?id=ED506305.
    Where we depart from it: f(c) = log(1 + c) by default, as in Gervet et al. 2020, where a hundredth success says
    less than a first one (`counts="raw"` is the paper's f(c) = c); skills are averaged, not summed.

    `mastery` is P(correct) of the skill's next question (the model knows no items).

    Args:
        vocabulary: the skills.
        options: fields of `PFAOptions`.
    """

    name: ClassVar[str] = "pfa"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = PFAOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.model = LogisticModel(vocabulary, items=False, skills=True, skill_features=2)

    def start(self, n: int) -> LiveHistory:
        """See `Tracer.start`."""
        return LiveHistory.start(n, self.vocabulary, dtype=self.model.bias.dtype, device=self.device)

    @torch.no_grad()
    def predict(self, state: LiveHistory, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        at = (entries.step, entries.skill)
        return self._said(entries, state.skill.wins[at], state.skill.fails[at])

    def update(self, state: LiveHistory, question: Question, answer: Answer) -> LiveHistory:
        """See `Tracer.update`."""
        return state.after(question, answer)

    @torch.no_grad()
    def mastery(self, state: LiveHistory) -> Prediction:
        """See `Tracer.mastery`."""
        wins, fails = state.skill.wins, state.skill.fails  # (n, skills)
        entries = SkillEntries.every_skill(*wins.shape, device=wins.device)
        said = self._said(entries, wins.flatten(), fails.flatten()).correct.reshape(wins.shape)
        return Prediction(said, said)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        store = store.to(self.device)
        entries, counts = self._counted(store)
        return self._said(entries, counts.wins, counts.attempts - counts.wins)

    def final_state(self, store: SequenceStore) -> LiveHistory:
        """See `Tracer.final_state`."""
        return LiveHistory.of_store(store.to(torch.device("cpu")), self.vocabulary).to(self.device)

    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Maximise the penalised likelihood. See `Classic.solve`."""
        entries, counts = self._counted(train)
        evidence = self._evidence(entries, counts.wins, counts.attempts - counts.wins, dtype=torch.float64)
        return self.model.fit(evidence, train, l2=self.settings.l2), {}

    def _counted(self, store: SequenceStore) -> tuple[SkillEntries, Counts]:
        entries = SkillEntries.of_store(store)
        key = store.student()[entries.step] * self.vocabulary.n_skills + entries.skill
        return entries, counts_before(key, store.correct[entries.step], entries.bundle(store))

    def _said(self, entries: SkillEntries, wins: Tensor, fails: Tensor) -> Prediction:
        said = self.model(self._evidence(entries, wins, fails, dtype=self.model.bias.dtype)).sigmoid()
        return Prediction(said, said)

    def _evidence(self, entries: SkillEntries, wins: Tensor, fails: Tensor, *, dtype: torch.dtype) -> Evidence:
        counts = torch.stack([wins, fails], dim=-1).to(dtype)
        nothing = counts.new_zeros(entries.answers, 0)
        features = torch.log1p(counts) if self.settings.counts == "log" else counts
        return Evidence(torch.zeros_like(entries.step[:1]).expand(entries.answers), entries, features, nothing)
