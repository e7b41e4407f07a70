"""The parts of a deep tracer: a layer that reads answers, and the head that predicts the next one."""

from collections.abc import Iterator
from typing import Protocol, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from kt_fewshot.data import BEHAVIOUR, QUESTION_FEATURES, SequenceBatch, SkillSets, Vocabulary, mean_over_skills
from kt_fewshot.encoders import Layer, State, dropout, look_up
from kt_fewshot.multitask import GatheredLinear, LowRankLinear, SplitMLP

from . import now
from .kept import Kept
from .now_tables import Affine, Answers
from .placed import placed_linear


class Asked(Protocol):
    """What is known of questions before their answers; a `SequenceBatch` knows it of its own."""

    @property
    def skill_set(self) -> Tensor:
        """(batch, time) rows of `sets`."""
        ...

    @property
    def item(self) -> Tensor:
        """(batch, time) indices, 0 unknown."""
        ...

    @property
    def question(self) -> Tensor:
        """(batch, time, QUESTION_FEATURES)."""
        ...

    @property
    def sets(self) -> SkillSets:
        """The skill sets."""
        ...


@final
class ItemOffsets(nn.Module):
    """What sets an item apart from its skill: a small vector and a difficulty, shrunk towards none.

    Most items are answered a few times, so an item starts as its skill and moves away as far as evidence takes it: a
    Gaussian prior on its offset weighs against all its answers together. The unknown item (index 0) stands for rare
    and unseen ones; it learns from known items hidden at random.

    Args:
        n_items: the unknown item included.
        width: of the vectors.
    """

    answers: Tensor

    def __init__(self, n_items: int, width: int) -> None:
        super().__init__()
        self.vector = nn.Parameter(torch.randn(n_items, width) * 0.02)
        self.easiness = nn.Parameter(torch.zeros(n_items))
        self.register_buffer("answers", torch.ones(n_items))

    def count(self, item: Tensor) -> None:
        """Take the training answers' items: (answers,) indices."""
        self.answers.copy_(torch.bincount(item.flatten(), minlength=len(self.answers)).clamp(min=1))

    def prior(self, item: Tensor) -> Tensor:
        """Each answer's share of its item's prior: (...) squared length of the offset / the item's training answers."""
        length = look_up(self.vector, item).square().sum(-1) + look_up(self.easiness, item).square()
        return length / self.answers[item]


@final
class AnswerReader(Layer):
    """Answers as gate pre-activations of an LSTM: (skill set x answer), item offset, history features and behaviour.

    The skill set and the answer come in as one row of a lookup table, already projected to the LSTM's gates: the mean
    over the set's skills of an embedding for right or wrong. The others are added as a matrix product.

    Args:
        vocabulary: skills and items.
        hidden: LSTM units.
        embedding: width of skill and item vectors.
        items: shared item offsets; None reads no items.
        side: whether history features and behaviour are read.
        behaviour: whether behaviour is, where `side` is.

    Shape:
        x: a `SequenceBatch`; y: (batch, time, 4 * hidden). Of `Answers`, which have no axis of time, y has none.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        hidden: int,
        embedding: int,
        items: ItemOffsets | None,
        side: bool,
        behaviour: bool = True,
    ) -> None:
        super().__init__()
        self.behaviour = behaviour
        self.answer = nn.Parameter(torch.randn(vocabulary.n_skills, 2, embedding))
        self.project = nn.Linear(embedding, 4 * hidden)
        nn.init.constant_(self.project.bias[hidden : 2 * hidden], 1.0)  # remember, until told to forget
        self.items = items
        self.project_item = nn.Linear(2 * embedding, 4 * hidden, bias=False) if items else None
        width = len(QUESTION_FEATURES) + (len(BEHAVIOUR) if behaviour else 0)
        self.project_side = nn.Linear(width, 4 * hidden, bias=False) if side else None
        self._kept: Kept[Affine] = Kept()

    def start(self, batch: int) -> State:  # noqa: ARG002 (the contract's)
        """Nothing: each answer is read by itself."""
        return ()

    def forward(  # noqa: D102 (the contract's)
        self,
        x: SequenceBatch | Answers,
        state: State,
        reset: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, State]:
        return self._read_now(x) if isinstance(x, Answers) else self._read(x), state

    def _read(self, x: SequenceBatch) -> Tensor:
        right = x.correct > 0
        of_sets = self.project(mean_over_skills(self.answer, x.sets))  # (sets, 2, 4 * hidden)
        gates = look_up(of_sets.flatten(0, 1), 2 * x.skill_set + right)
        side, of_side = x.heard[..., :0], []
        if self.project_side:
            side = torch.cat([x.heard, *((x.behaviour.nan_to_num(0.0),) if self.behaviour else ())], dim=-1)
            of_side = [self.project_side.weight]
        if self.items and self.project_item:
            weight = torch.cat([self.project_item.weight, *of_side], dim=1)
            offset = look_up(self.items.vector, x.item)
            offset, side, weight = (part.to(gates.dtype) for part in (offset, side, weight))
            beside = placed_linear(offset.flatten(0, 1), right.flatten(), side.flatten(0, 1), weight)
            return gates + beside.view(gates.shape)
        return gates + functional.linear(side, *of_side) if of_side else gates

    def _read_now(self, x: Answers) -> Tensor:
        """(n, 4 * hidden)."""
        affine = self._kept.of([self], self._affine)
        parts = [x.features, *((x.behaviour.nan_to_num(0.0),) if self.behaviour else ())]
        side = torch.cat(parts, dim=1) if self.project_side else x.features[:, :0]
        return now.read(affine, x.rows, side, x.correct)

    def _affine(self) -> Affine:
        """What skills, items, history and behaviour bring, with all that is known of the weights computed."""
        rows, nothing = self._all_rows(), self.project.bias.new_zeros(len(self.project.bias))
        side = self.project_side.weight.t().contiguous() if self.project_side else nothing[:0].view(0, len(nothing))
        return Affine(rows, side, nothing)

    def _all_rows(self) -> Tensor:
        """(2 * (skills + items), 4 * hidden) what each skill and item brings, answered wrong and right."""
        rows = self.project(self.answer).flatten(0, 1)
        if not (self.items and self.project_item):
            return rows
        right, wrong = self.project_item.weight.chunk(2, dim=1)
        of_items = functional.linear(self.items.vector, torch.cat([wrong, right]))
        return torch.cat([rows, of_items.view(-1, len(right))])


@final
class CorrectnessHead(nn.Module):
    """Logit of a right answer to a question, from the trunk's features before it.

    Deep Knowledge Tracing's linear output of the skill (a set counts as the mean of its skills' output weights), moved
    by the item's offset; and, unless plain, a linear logistic residual on history features (the part that Best-LR
    already knows) and one hidden layer over trunk, question and history.

    Args:
        vocabulary: skills and items.
        width: of the trunk's features.
        embedding: width of skill and item vectors.
        hidden: units of the hidden layer; 0 for the plain head.
        dropout: share of features dropped in training.
        items: shared item offsets; None reads no items.
        rank: of the skills' output weights; None leaves each skill its own.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        width: int,
        embedding: int,
        hidden: int,
        dropout: float,
        items: ItemOffsets | None,
        rank: int | None = None,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        n = vocabulary.n_skills
        self.skill = LowRankLinear(width, n, rank=rank) if rank else GatheredLinear(width, n)
        self.items = items
        self.item_weight = nn.Linear(embedding, width, bias=False) if items else None
        self.residual = self.question = self.deep = None
        if hidden:
            self.residual = nn.Linear(len(QUESTION_FEATURES), 1, bias=False)
            nn.init.zeros_(self.residual.weight)
            self.question = nn.Parameter(torch.randn(vocabulary.n_skills, embedding) * 0.1)
            self.deep = SplitMLP(width, embedding, len(QUESTION_FEATURES), hidden=hidden, dropout=dropout)

    def forward(self, features: Tensor, asked: Asked) -> Tensor:
        """Logit: (batch, time), from `features: (batch, time, width)` of the history before the answer."""
        features = dropout(features, self.dropout, self.training)
        offset = look_up(self.items.vector, asked.item) if self.items else None
        weight = look_up(mean_over_skills(self.skill.weight, asked.sets), asked.skill_set)
        bias = look_up(mean_over_skills(self.skill.bias, asked.sets), asked.skill_set)
        if self.items and self.item_weight:
            weight = weight + self.item_weight(offset).to(weight.dtype)
            bias = bias + look_up(self.items.easiness, asked.item)
        logit = self.skill(features, weight, bias)
        if self.deep and self.residual:
            logit = logit + self.residual(asked.question).squeeze(-1)
            logit = logit + self.deep(features, self._moved(asked, offset), asked.question)
        return logit

    def skill_tables(self) -> Iterator[Tensor]:
        """(skills, ...): what this head knows of each skill."""
        yield self.skill.weight
        yield self.skill.bias
        if self.question is not None:
            yield self.question

    def question_vector(self, asked: Asked) -> Tensor:
        """(batch, time, embedding): the mean of the question's skills, moved by the item's offset."""
        return self._moved(asked, look_up(self.items.vector, asked.item) if self.items else None)

    def _moved(self, asked: Asked, offset: Tensor | None) -> Tensor:
        if self.question is None:
            raise TypeError("A plain head has no question vectors; give it `hidden` units.")
        vector = look_up(mean_over_skills(self.question, asked.sets), asked.skill_set)
        return vector if offset is None else vector + offset
