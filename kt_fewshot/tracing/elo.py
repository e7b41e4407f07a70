"""The Elo rating system: a student's rating rises with a right answer by as much as the answer was a surprise."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from kt_fewshot.data import UNKNOWN, Answer, Occurrences, Question, SequenceStore, Vocabulary

from .classic import Classic
from .replay import before_bundle, replay
from .skill_entries import SkillEntries, item_rows, mean_of_skills
from .tracer import Prediction

BISECTIONS: Final = 30


class EloOptions(BaseModel):
    """Options of the Elo rating system; step and decay are Pelánek's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: float = Field(1.0, gt=0, description="how far the first answer moves a rating, in logits a unit of surprise")
    decay: float = Field(0.05, gt=0, description="how fast the step shrinks with the answers")
    skills: bool = Field(True, description="whether a student has a rating on each skill, beside the overall one")


class Ratings(NamedTuple):
    """Of n students: `overall: (n,)`, `skill: (n, skills)`, and how many answers each rating rests on."""

    overall: Tensor
    answers: Tensor
    skill: Tensor
    skill_answers: Tensor


@final
class Elo(Classic):
    """logit P(correct) = rating of the student + mean over skills of the rating on the skill - difficulty of the item.

    Pelánek 2016, "Applications of the Elo rating system in adaptive educational systems",
    https://doi.org/10.1016/j.compedu.2016.03.017. After an answer the student's ratings move by U(n) (correct - P),
    where U(n) = step / (1 + decay n) is larger the less is known, n being the answers that the rating rests on. Items
    are rated in one pass over the training students and stay as they are afterwards. Where we depart from it: there
    answers have one order in time; here all students' first answers are one round, all second ones the next. The m
    answers to an item within a round move its difficulty by one step, of the length of m single steps, that ends where
    it is in balance with the surprise left over; a plain step of that length would overshoot.

    An item that was not in training counts as its skill's average item. `mastery` is P(correct) on that item.

    Args:
        vocabulary: skills and items.
        options: fields of `EloOptions`.
    """

    name: ClassVar[str] = "elo"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = EloOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        self.difficulty = nn.Parameter(torch.zeros(vocabulary.n_items))
        self.average_difficulty = nn.Parameter(torch.zeros(vocabulary.n_skills))

    def start(self, n: int) -> Ratings:
        """See `Tracer.start`."""
        one, every = self.difficulty.new_zeros(n), self.difficulty.new_zeros(n, self.vocabulary.n_skills)
        return Ratings(one, one.clone(), every, every.clone())

    @torch.no_grad()
    def predict(self, state: Ratings, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        rating = _rating(state, entries)
        average = entries.mean(self.average_difficulty[entries.skill])
        return Prediction((rating - self._difficulty(question.item, entries)).sigmoid(), (rating - average).sigmoid())

    @torch.no_grad()
    def update(self, state: Ratings, question: Question, answer: Answer) -> Ratings:
        """See `Tracer.update`."""
        entries = SkillEntries.of_question(question)
        p = (_rating(state, entries) - self._difficulty(question.item, entries)).sigmoid()
        return self._moved(state, entries, answer.correct - p)

    @torch.no_grad()
    def mastery(self, state: Ratings) -> Prediction:
        """See `Tracer.mastery`."""
        said = (state.overall[:, None] + state.skill - self.average_difficulty).sigmoid()
        return Prediction(said, said)

    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        return replay(self, store)[0]

    def final_state(self, store: SequenceStore) -> Ratings:
        """See `Tracer.final_state`."""
        return replay(self, store)[1]

    def _difficulty(self, item: Tensor, entries: SkillEntries) -> Tensor:
        average = entries.mean(self.average_difficulty[entries.skill])
        return torch.where(item == UNKNOWN, average, self.difficulty[item])

    def _moved(self, state: Ratings, entries: SkillEntries, surprise: Tensor) -> Ratings:
        """The ratings after answers that were a surprise by `surprise: (n,)` in (-1, 1)."""
        overall = state.overall + self._step(state.answers) * surprise
        if not self.settings.skills:
            return state._replace(overall=overall, answers=state.answers + 1)
        at = (entries.step, entries.skill)
        move = self._step(state.skill_answers[at]) * surprise[entries.step]
        return Ratings(
            overall,
            state.answers + 1,
            state.skill.index_put(at, move, accumulate=True),
            state.skill_answers.index_put(at, torch.ones_like(move), accumulate=True),
        )

    def _step(self, answers: Tensor) -> Tensor:
        return self.settings.step / (1 + self.settings.decay * answers)

    @torch.no_grad()
    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """One pass over the training students, round by round."""
        row, n_items = item_rows(train, self.vocabulary.n_items), self.vocabulary.n_items
        difficulty = torch.zeros(n_items + len(train.sets.members), dtype=torch.float64)
        answers = torch.zeros_like(difficulty)
        rounds = Occurrences.of(train.student()).by_rank()
        state = Ratings(*(field.double().cpu() for field in self.start(train.n_students)))
        known = state
        for here in rounds:
            state, known = (Ratings(*(field[: len(here)] for field in ratings)) for ratings in (state, known))
            known = before_bundle(state, known, train.place[here]) if len(train.place) else state
            entries = SkillEntries.of(train.skill_set[here].long(), train.sets)
            rating, correct = _rating(known, entries), train.correct[here].double()
            surprise = correct - (_rating(state, entries) - difficulty[row[here]]).sigmoid()
            told = train.scored[here]
            items, at, met = row[here][told].unique(return_inverse=True, return_counts=True)
            length = self._round_length(answers[items], met)
            difficulty[items] = _balance(difficulty[items], length, rating[told], correct[told], at=at, met=met)
            answers[items] += met
            state = self._moved(state, entries, surprise)
        entries = SkillEntries.of_store(train)
        self.difficulty.copy_(difficulty[:n_items])
        self.average_difficulty.copy_(mean_of_skills(difficulty[row], entries, self.vocabulary.n_skills))
        return int(train.lengths.max()), {}

    def _round_length(self, answers: Tensor, met: Tensor) -> Tensor:
        """The sum of U(n) over `met` answers from the n-th on; as an integral, but exact for a single answer."""
        decay = self.settings.decay
        rest = torch.log1p(decay * (met - 1) / (1 + decay * (answers + 0.5))) / decay
        return self._step(answers) + self.settings.step * rest


def _rating(state: Ratings, entries: SkillEntries) -> Tensor:
    return state.overall + entries.mean(state.skill[entries.step, entries.skill])


def _balance(difficulty: Tensor, length: Tensor, rating: Tensor, correct: Tensor, *, at: Tensor, met: Tensor) -> Tensor:
    """d' = d - length x mean over the item's answers of (correct - P at d'), by bisection: d' is within `length` of d.

    Args:
        difficulty: (items,) before the round.
        length: (items,) of the step.
        rating: (n,) of the students.
        correct: (n,) in {0, 1}.
        at: (n,) the item of each answer.
        met: (items,) answers an item.
    """
    low, high = difficulty - length, difficulty + length
    wins = torch.zeros_like(difficulty).index_add_(0, at, correct)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        expected = torch.zeros_like(difficulty).index_add_(0, at, (rating - middle[at]).sigmoid())
        too_high = middle - difficulty + length * (wins - expected) / met > 0
        low, high = torch.where(too_high, low, middle), torch.where(too_high, middle, high)
    return (low + high) / 2
