"""The network of a deep tracer: the trunk that tasks share, a head a task, and the losses that train all of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple, final

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from kt_fewshot.data import (
    BEHAVIOUR,
    QUESTION_FEATURES,
    UNKNOWN,
    SequenceBatch,
    Vocabulary,
    before_answer,
)
from kt_fewshot.encoders import LSTM, Layer, State
from kt_fewshot.multitask import Binary, ByGroup, GraphPrior, Regression, SplitMLP, Task, make_sharing
from kt_fewshot.training import LossSum

from .heads_now import HeadsNow
from .mastery_head import MasteryHead
from .now_tables import Answers, Questions
from .options import DKTOptions
from .parts import AnswerReader, Asked, CorrectnessHead, ItemOffsets

CORRECT: Final = Binary("correct")
BEHAVIOUR_TASKS: Final[dict[str, Task]] = {
    "response_time": Regression("response_time", unit="standard deviations of log seconds"),
    "hints": Binary("hints"),
    "attempts": Regression("attempts", unit="log attempts"),
}


GROUP_DROPOUT: Final = 0.1
"""Share of answers whose student's group is hidden in training."""

LOW_TO_HIGH: Final = (*BEHAVIOUR_TASKS, "correct", "mastery")
"""Tasks in the order in which one may help the next."""

Known = tuple[Tensor, ...]
"""What is known of students, (..., hidden) for each view of the trunk: one that all tasks share, or one a task."""


class TrunkState(NamedTuple):
    """Where a trunk stands: what is known, (batch, hidden) for each view, and what its layers remember."""

    known: Known
    layers: State


@final
class DKTNetwork(nn.Module):
    """Trunk, heads and losses.

    The trunk is one tower of layers, or several, as the sharing scheme has it: a reader of answers and an LSTM.

    Args:
        vocabulary: skills and items.
        options: sizes and tasks.
    """

    def __init__(self, vocabulary: Vocabulary, options: DKTOptions) -> None:
        super().__init__()
        self.options = options
        hidden, embedding, head = options.hidden, options.embedding, options.head_hidden
        rich = not options.plain
        self.items = items = ItemOffsets(vocabulary.n_items, embedding) if rich and vocabulary.items else None

        def make_tower() -> Sequence[Layer]:
            reader = AnswerReader(
                vocabulary,
                hidden=hidden,
                embedding=embedding,
                items=items,
                side=rich,
                behaviour=options.behaviour_inputs,
            )
            return reader, LSTM(hidden)

        def make_tied() -> Sequence[Layer]:
            groups = ("unknown", *vocabulary.groups)
            return [ByGroup(make_tower, groups, width=hidden, tie=options.group_tie or 0.0)]

        tasks = [task for task in LOW_TO_HIGH if task in options.tasks]
        make = make_tower if options.group_tie is None else make_tied
        self.trunk = make_sharing(options.sharing, make, tasks, width=hidden, options=options.sharing_options)
        self.correct = CorrectnessHead(
            vocabulary,
            width=hidden,
            embedding=embedding,
            hidden=head if rich else 0,
            dropout=options.dropout,
            items=self.items,
            rank=options.skill_rank,
        )
        self.skill_prior: GraphPrior | None = None
        self.mastery = None
        if "mastery" in options.tasks:
            self.mastery = MasteryHead(hidden, vocabulary.n_skills, hidden=head, dropout=options.mastery_dropout)
        first, second = (self.trunk.view(task) if task in tasks else 0 for task in ("correct", "mastery"))
        self.heads_now = HeadsNow(self.correct, self.mastery, (first, second, self.trunk.n_views))
        widths = (hidden, embedding, len(QUESTION_FEATURES))
        self.behaviour = nn.ModuleDict(
            {
                name: SplitMLP(*widths, hidden=head, dropout=options.dropout)
                for name in BEHAVIOUR_TASKS
                if name in options.tasks
            }
        )

    def start(self, rows: int) -> TrunkState:
        """The trunk's state before any answer: nothing is known."""
        nothing = self.correct.skill.bias.new_zeros(rows, self.trunk.width)
        return TrunkState((nothing,) * self.trunk.n_views, self.trunk.start(rows))

    def relate_skills(self, links: ArrayLike, answers: int) -> None:
        """Hold skills alike that are linked, as strongly as `skill_graph` says, against all training answers together.

        Args:
            links: (skills, skills) as `GraphPrior` takes them.
            answers: in training.
        """
        self.skill_prior = GraphPrior(links).to(self.correct.skill.bias.device)
        self.skill_prior_share = self.options.skill_graph / answers

    def read(self, batch: SequenceBatch, state: TrunkState, running: Known | None = None) -> tuple[Known, TrunkState]:
        """What is known *before* each answer, (batch, time, hidden) a view, and the state after the last.

        Args:
            batch: the answers.
            state: before the first of them.
            running: as in `before_answer`, where a bundle may have begun before the batch.
        """
        after, layers = self.trunk(batch, state.layers, batch.reset)
        before = _before(after, state.known, batch, running)
        return before, TrunkState(tuple(view[:, -1] for view in after), layers)

    def step(self, answers: Answers, state: TrunkState) -> TrunkState:
        """The state after one answer each."""
        return TrunkState(*self.trunk(answers, state.layers))

    def losses(self, batch: SequenceBatch) -> dict[str, LossSum]:
        """Sum and count of each task's loss over the batch's scored answers."""
        batch = self._hide(batch)
        start = self.start(len(batch.index))
        after, _ = self.trunk(batch, start.layers, batch.reset)
        return self.task_losses(_before(after, start.known, batch), batch) | self._penalties(after, batch)

    def task_losses(self, before: Known, batch: SequenceBatch) -> dict[str, LossSum]:
        """Losses of the tasks alone, from what is known before each answer."""
        losses = {}
        if self._learns_correct:
            losses[CORRECT.name] = CORRECT.loss(self.correct_logit(before, batch), batch.correct, batch.scored)
        if self.mastery:
            skill = batch.sets.single()[batch.skill_set]
            ahead = batch.ahead.masked_fill(~(batch.scored & (skill != -1))[..., None], -1)
            losses["mastery"] = self.mastery.loss(self.mastery_logit(before, batch), skill.clamp(min=0), ahead)
        for name, output in self.behaviour_outputs(before, batch).items():
            target = batch.behaviour[..., BEHAVIOUR.index(name)]
            losses[name] = BEHAVIOUR_TASKS[name].loss(output, target, batch.scored & ~target.isnan())
        return losses

    def correct_logit(self, known: Known, asked: Asked) -> Tensor:
        """Logit (batch, time) of a right answer; 0 where that is none of the tasks."""
        if not self._learns_correct:
            return torch.zeros_like(asked.question[..., 0])
        return self.correct(known[self.trunk.view("correct")], asked)

    def mastery_logit(self, known: Known, asked: Asked) -> Tensor:
        """Logit (batch, time) of P(the skill is mastered)."""
        if self.mastery is None:
            raise TypeError("Mastery is none of the tasks of this network.")
        return self.mastery(known[self.trunk.view("mastery")], asked)

    def asked_now(self, known: Known, questions: Questions) -> tuple[Tensor, Tensor | None]:
        """Logits (n,) of a right answer and, if that is a task, of mastery; `known: (n, hidden)` a view."""
        return self._learned(*self.heads_now.asked(known, questions))

    def every_skill(self, known: Known, features: Tensor) -> tuple[Tensor, Tensor | None]:
        """The same of a question on each skill, (n, skills); `features: (n, skills, QUESTION_FEATURES)`."""
        return self._learned(*self.heads_now.every_skill(known, features))

    def _learned(self, correct: Tensor, mastery: Tensor) -> tuple[Tensor, Tensor | None]:
        return correct if self._learns_correct else torch.zeros_like(correct), mastery if self.mastery else None

    def behaviour_outputs(self, before: Known, batch: SequenceBatch) -> dict[str, Tensor]:
        """Raw output (batch, time) of each head of behaviour, from what is known before each answer."""
        if not self.behaviour:
            return {}
        vector = self.correct.question_vector(batch)
        return {
            name: head(before[self.trunk.view(name)], vector, batch.question) for name, head in self.behaviour.items()
        }

    def shared_parameters(self) -> list[nn.Parameter]:
        """What several tasks have in common: of the trunk, what its sharing says."""
        return self.trunk.shared_parameters()

    def parameter_groups(self) -> list[dict[str, object]]:
        """Guess, slip and learning rate learn faster: a few numbers a skill that all its answers bear on."""
        fast = self.mastery.emission_parameters() if self.mastery else []
        slow = [p for p in self.parameters() if all(p is not q for q in fast)]
        groups: list[dict[str, object]] = [{"params": slow}]
        if fast:
            groups.append({"params": fast, "lr": self.options.emission_learning_rate})
        return groups

    @property
    def _learns_correct(self) -> bool:
        """The single-task twin of another task has this head for its question vectors alone."""
        return CORRECT.name in self.options.tasks

    def _hide(self, batch: SequenceBatch) -> SequenceBatch:
        """Some items and groups become the unknown ones, which so learn what to expect of what was never seen."""
        shares = {
            "item": self.options.item_dropout if self.items else 0.0,
            "group": GROUP_DROPOUT if batch.group is not None else 0.0,
        }
        hidden = {}
        for name, share in shares.items():
            if self.training and share:
                chosen = torch.rand(batch.item.shape, device=batch.item.device) < share
                hidden[name] = getattr(batch, name).masked_fill(chosen, UNKNOWN)
        return replace(batch, **hidden) if hidden else batch

    def _penalties(self, after: Known, batch: SequenceBatch) -> dict[str, LossSum]:
        """Regularisers, as sums over answers like the losses."""
        penalties = {}
        count = batch.scored.sum()
        if self.items and self.options.item_shrinkage:
            prior = self.items.prior(batch.item).masked_fill(~batch.scored, 0).sum()
            penalties["item_shrinkage"] = LossSum(self.options.item_shrinkage * prior, count)
        if self.skill_prior is not None:
            rough = torch.stack([self.skill_prior(table) for table in self.correct.skill_tables()]).sum()
            penalties["skill_graph"] = LossSum(self.skill_prior_share * rough * count, count)
        if (tie := self.trunk.penalty()) is not None:
            penalties["tie"] = LossSum(tie * count, count)
        by_group = [layer for layer in self.trunk.modules() if isinstance(layer, ByGroup)]  # one a tower of the trunk
        if ties := [tie for layer in by_group if (tie := layer.penalty()) is not None]:
            penalties["group_tie"] = LossSum(torch.stack(ties).sum() * count, count)
        if self.options.reconstruction:
            explained = CORRECT.loss(self.correct_logit(after, batch), batch.correct, batch.scored)
            penalties["reconstruction"] = LossSum(self.options.reconstruction * explained.total, count)
        if self.options.waviness:
            penalties["waviness"] = LossSum(
                self.options.waviness * self._waviness(after[self.trunk.view("correct")], batch), count
            )
        return penalties

    def _waviness(self, after: Tensor, batch: SequenceBatch) -> Tensor:
        """DKT+ (Yeung and Yeung 2018, https://arxiv.org/abs/1806.02180): how much all outputs move at each answer.

        Sum over steps of the mean over skills of |p' - p| + (p' - p)^2, as w1 and w2 of the paper.
        """
        skill = self.correct.skill
        outputs = (after @ skill.weight.t() + skill.bias).sigmoid()  # (batch, time, skills)
        move = outputs.diff(dim=1).masked_fill(batch.reset[:, 1:, None], 0)
        return (move.abs() + move.square()).mean(-1).sum()


def _before(after: Known, initial: Known, batch: SequenceBatch, running: Known | None = None) -> Known:
    """The one-step shift, view by view."""
    return tuple(
        before_answer(seen, began, batch.reset, place=batch.place, running=ran)
        for seen, began, ran in zip(after, initial, running or (None,) * len(after), strict=True)
    )
