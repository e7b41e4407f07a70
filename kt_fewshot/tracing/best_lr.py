"""Best-LR: the logistic regression that knows items, skills, and the log counts of everything."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from kt_fewshot.data import UNKNOWN, Answer, LiveHistory, Question, SequenceStore, Vocabulary

from .classic import Classic
from .logistic import Evidence, LogisticModel
from .skill_entries import Counts, SkillEntries, counts_before
from .tracer import Prediction


class BestLROptions(BaseModel):
    """Options of Best-LR."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(1.0, gt=0, description="precision of the normal prior on the coefficients")


@final
class BestLR(Classic):
    """Item, skill, and log(1 + wins), log(1 + attempts) on the skill, on the item and overall.

    Gervet, Koedinger, Schneider and Mitchell 2020, "When is Deep Learning the Best Approach to Knowledge Tracing?",
    https://doi.org/10.5281/zenodo.4143614. The counts of a skill have slopes of their own for each skill, those of the
    item and of all answers are shared. Where we depart from it: skills are averaged, not summed; an item that was not
    in training counts as its skill's average item.

    `mastery` is P(correct) on the skill's average item, met for the first time.

    Args:
        vocabulary: skills and items.
        options: fields of `BestLROptions`.
    """

    name: ClassVar[str] = "best-lr"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = BestLROptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.model = LogisticModel(vocabulary, items=True, skills=True, skill_features=2, features=4)

    def start(self, n: int) -> LiveHistory:
        """See `Tracer.start`."""
        return LiveHistory.start(n, self.vocabulary, dtype=self.model.bias.dtype, device=self.device)

    @torch.no_grad()
    def predict(self, state: LiveHistory, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        item = question.item.long()
        rows = torch.arange(len(item), device=item.device)
        wins = state.item_wins[rows, item].long()
        of_item = Counts(wins, wins + state.item_fails[rows, item])
        return self._said(self._evidence_now(state, rows, entries, item, of_item))

    def update(self, state: LiveHistory, question: Question, answer: Answer) -> LiveHistory:
        """See `Tracer.update`."""
        return state.after(question, answer)

    @torch.no_grad()
    def mastery(self, state: LiveHistory) -> Prediction:
        """See `Tracer.mastery`."""
        shape = state.skill.wins.shape
        entries = SkillEntries.every_skill(*shape, device=self.device)
        student, nothing = entries.step // shape[1], torch.zeros_like(entries.step)
        evidence = self._evidence_now(state, student, entries, nothing, Counts(nothing, nothing))
        said = self.model(evidence).sigmoid().reshape(shape)
        return Prediction(said, said)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        return self._said(self._evidence_of(store.to(self.device), self.model.bias.dtype))

    def final_state(self, store: SequenceStore) -> LiveHistory:
        """See `Tracer.final_state`."""
        return LiveHistory.of_store(store.to(torch.device("cpu")), self.vocabulary).to(self.device)

    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Maximise the penalised likelihood. See `Classic.solve`."""
        return self.model.fit(self._evidence_of(train, torch.float64), train, l2=self.settings.l2), {}

    def _said(self, evidence: Evidence) -> Prediction:
        """P(correct), and the same on the average item met for the first time."""
        never = torch.zeros_like(evidence.of_answer[:, :2])
        average = evidence._replace(
            item=torch.zeros_like(evidence.item), of_answer=torch.cat([never, evidence.of_answer[:, 2:]], dim=-1)
        )
        return Prediction(self.model(evidence).sigmoid(), self.model(average).sigmoid())

    def _evidence_of(self, store: SequenceStore, dtype: torch.dtype) -> Evidence:
        """Of a whole log."""
        entries, student, item = SkillEntries.of_store(store), store.student(), store.item.long()
        bundle = store.bundle()
        of_skill = counts_before(
            student[entries.step] * self.vocabulary.n_skills + entries.skill,
            store.correct[entries.step],
            entries.bundle(store),
        )
        of_item = counts_before(student * self.vocabulary.n_items + item, store.correct, bundle)
        return _evidence(item, entries, of_skill, (of_item, counts_before(student, store.correct, bundle)), dtype)

    def _evidence_now(
        self, state: LiveHistory, student: Tensor, entries: SkillEntries, item: Tensor, of_item: Counts
    ) -> Evidence:
        """Of questions to the students `student: (n,)`."""
        at = (student[entries.step], entries.skill)
        of_skill = Counts(state.skill.wins[at], state.skill.wins[at] + state.skill.fails[at])
        wins, fails = state.overall.wins[student], state.overall.fails[student]
        return _evidence(item, entries, of_skill, (of_item, Counts(wins, wins + fails)), self.model.bias.dtype)


def _evidence(
    item: Tensor, entries: SkillEntries, of_skill: Counts, others: tuple[Counts, Counts], dtype: torch.dtype
) -> Evidence:
    """`others`: counts on the item, which say nothing for an unknown one, and overall."""
    of_item, overall = (torch.log1p(torch.stack(counts, dim=-1).to(dtype)) for counts in others)
    of_item = of_item * (item != UNKNOWN)[:, None]
    return Evidence(
        item, entries, torch.log1p(torch.stack(of_skill, dim=-1).to(dtype)), torch.cat([of_item, overall], dim=-1)
    )
