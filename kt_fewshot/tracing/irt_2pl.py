"""The two-parameter model of item response theory, with an ability that follows a student's answers."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from kt_fewshot.data import UNKNOWN, Answer, Question, SequenceStore, Vocabulary

from .classic import Classic
from .irt_em import ItemPriors, fit_items
from .replay import replay
from .skill_entries import SkillEntries, item_rows, mean_of_skills
from .tracer import Prediction

WIDEST: Final = 4.0
"""Abilities between -4 and 4 standard deviations are told apart."""


class IRT2PLOptions(BaseModel):
    """Options of the two-parameter model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    abilities: int = Field(33, ge=5, description="points of the grid of abilities")
    easiness_spread: float = Field(1.0, gt=0, description="standard deviation of the prior on easiness")
    discrimination_spread: float = Field(0.3, gt=0, description="the same of discrimination, whose mean is about 1")
    iterations: int = Field(100, ge=1, description="of expectation and maximisation, at most")
    tolerance: float = Field(1e-5, gt=0, description="gain of log-likelihood an answer below which fitting ends")


class Ability(NamedTuple):
    """What is known of n students' abilities: `log_belief: (n, abilities)`, log P(ability | answers so far)."""

    log_belief: Tensor


@final
class IRT2PL(Classic):
    """logit P(correct) = discrimination x ability + easiness, averaged over what the ability may be by now.

    Birnbaum 1968; items are fitted by maximising the marginal likelihood (Bock and Aitkin 1981,
    https://doi.org/10.1007/BF02293801) with normal priors. A student's ability is N(0, 1) before the first answer and
    is updated by Bayes' rule with each answer, on a grid: exact, and the same whether answers come one by one or all
    at once. It is one number for all skills and all time: what a student learns on the way shows only as much as
    later answers outweigh earlier ones.

    An item that was not in training counts as its skill's average item; in a log without items the skill is the item.
    `mastery` is P(correct) on the skill's average item.

    Args:
        vocabulary: skills and items.
        options: fields of `IRT2PLOptions`.
    """

    name: ClassVar[str] = "irt-2pl"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = IRT2PLOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        n_items, n_skills = vocabulary.n_items, vocabulary.n_skills
        self.easiness, self.discrimination = nn.Parameter(torch.zeros(n_items)), nn.Parameter(torch.ones(n_items))
        self.average_easiness = nn.Parameter(torch.zeros(n_skills))
        self.average_discrimination = nn.Parameter(torch.ones(n_skills))

    def start(self, n: int) -> Ability:
        """See `Tracer.start`."""
        return Ability((-self._grid().square() / 2).log_softmax(0).repeat(n, 1))

    @torch.no_grad()
    def predict(self, state: Ability, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        belief = state.log_belief.exp()
        average = self._logits(torch.zeros_like(question.item), entries)
        return Prediction(
            (belief * self._logits(question.item, entries).sigmoid()).sum(-1), (belief * average.sigmoid()).sum(-1)
        )

    @torch.no_grad()
    def update(self, state: Ability, question: Question, answer: Answer) -> Ability:
        """See `Tracer.update`."""
        sign = (2 * answer.correct.to(self.easiness.dtype) - 1)[:, None]
        logits = self._logits(question.item, SkillEntries.of_question(question))
        return Ability((state.log_belief + nn.functional.logsigmoid(sign * logits)).log_softmax(-1))

    @torch.no_grad()
    def mastery(self, state: Ability) -> Prediction:
        """See `Tracer.mastery`."""
        right = (self.average_discrimination * self._grid()[:, None] + self.average_easiness).sigmoid()
        said = state.log_belief.exp() @ right  # (n, skills)
        return Prediction(said, said)

    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        return replay(self, store)[0]

    def final_state(self, store: SequenceStore) -> Ability:
        """See `Tracer.final_state`."""
        return replay(self, store)[1]

    def _grid(self) -> Tensor:
        """(abilities,) evenly spaced."""
        return torch.linspace(-WIDEST, WIDEST, self.settings.abilities, dtype=self.easiness.dtype, device=self.device)

    def _logits(self, item: Tensor, entries: SkillEntries) -> Tensor:
        """(n, abilities): of a right answer, for each ability."""
        unknown = item == UNKNOWN
        easiness = torch.where(unknown, entries.mean(self.average_easiness[entries.skill]), self.easiness[item])
        average = entries.mean(self.average_discrimination[entries.skill])
        discrimination = torch.where(unknown, average, self.discrimination[item])
        return discrimination[:, None] * self._grid() + easiness[:, None]

    @torch.no_grad()
    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Maximise the marginal likelihood. See `Classic.solve`."""
        row = item_rows(train, self.vocabulary.n_items)
        fitted = fit_items(
            train.student()[train.scored],
            row[train.scored],
            train.correct[train.scored],
            grid=self._grid().double().cpu(),
            priors=ItemPriors(self.settings.easiness_spread, self.settings.discrimination_spread),
            n_rows=self.vocabulary.n_items + len(train.sets.members),
            iterations=self.settings.iterations,
            tolerance=self.settings.tolerance,
        )
        entries = SkillEntries.of_store(train)
        for name in ("easiness", "discrimination"):
            values = getattr(fitted, name)
            getattr(self, name).copy_(values[: self.vocabulary.n_items])
            getattr(self, f"average_{name}").copy_(mean_of_skills(values[row], entries, self.vocabulary.n_skills))
        return len(fitted.log_likelihood), {"log_likelihood": fitted.log_likelihood[-1]}
