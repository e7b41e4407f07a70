"""One answer at a time: the heads of a deep tracer as two products, and what skills and items bring looked up.

A question's skills and its item enter everything linearly, as rows of tables. So each table's part in each head is
computed once for all skills and items, and a question costs a sum of rows.
"""

from typing import Final, final

import torch
from torch import Tensor, nn

from kt_fewshot.data import QUESTION_FEATURES, UNKNOWN

from . import now
from .kept import Kept
from .mastery_head import MasteryHead
from .now_tables import Affine, Questions, TwoLogits
from .parts import CorrectnessHead

PIECE: Final = 16
"""Students whose hidden units are computed together, so that they stay near the processor."""


@final
class HeadsNow:
    """Logits of a right answer and of mastery, for one question of each student or for all skills; no gradients.

    Args:
        correct: the head of the next answer.
        mastery: the head of mastery; None leaves its logit 0.
        views: which view of the trunk each of the two sees, and how many there are.
    """

    def __init__(self, correct: CorrectnessHead, mastery: MasteryHead | None, views: tuple[int, int, int]) -> None:
        self.correct, self.mastery, self.views = correct, mastery, views
        self._kept: Kept[TwoLogits] = Kept()

    def asked(self, known: tuple[Tensor, ...], questions: Questions) -> tuple[Tensor, Tensor]:
        """Both logits (n,); `known: (n, width)` a view."""
        x = torch.cat([*known, questions.features], dim=1)
        correct, mastery = now.ask(self._heads(), questions.rows, x, known[self.views[0]]).unbind(-1)
        return correct, mastery

    def every_skill(self, known: tuple[Tensor, ...], features: Tensor) -> tuple[Tensor, Tensor]:
        """Both logits (n, skills) of questions on each skill, of no known item; `features: (n, skills, ...)`."""
        heads = self._heads()
        table, weight, bias = heads.inner
        width, n_skills = known[0].shape[1], features.shape[1]
        rows = table[:n_skills]
        if self.correct.items:
            rows = rows + table[n_skills + UNKNOWN]
        of_known, of_question = weight.split((width * len(known), features.shape[2]))
        of_known = torch.addmm(bias, torch.cat(known, dim=1), of_known)
        logits = features.new_empty(*features.shape[:2], 2)
        for first in range(0, len(features), PIECE):
            piece = slice(first, first + PIECE)
            sums = (features[piece] @ of_question).add_(rows[:, width:])
            logits[piece] = heads.logits(sums.add_(of_known[piece, None]))
        correct, mastery = logits.unbind(-1)
        return correct + known[self.views[0]] @ rows[:, :width].t(), mastery

    def _heads(self) -> TwoLogits:
        heads = [self.correct] if self.mastery is None else [self.correct, self.mastery]
        return self._kept.of(heads, self._merged)

    def _merged(self) -> TwoLogits:
        correct, mastery = self.correct, self.mastery
        deep = [correct.deep, mastery.score if mastery else None]
        rows = self._rows()
        width = correct.skill.weight.shape[1]
        units = rows.shape[1] - width
        known = rows.new_zeros(units, self.views[2], width)
        question = rows.new_zeros(units, len(QUESTION_FEATURES))
        bias, out, out_bias = rows.new_zeros(units), rows.new_zeros(2, units - 2), rows.new_zeros(2)
        if correct.residual:
            question[0] = correct.residual.weight[0]
        begin = 2
        for task, head in enumerate(deep):
            if head is None:
                continue
            of_known, _, of_question = (layer for layer in head.inputs if isinstance(layer, nn.Linear))
            here = slice(begin, begin := begin + len(of_known.bias))
            known[here, self.views[task]], bias[here] = of_known.weight, of_known.bias
            question[here] = of_question.weight
            out[task, here.start - 2 : here.stop - 2], out_bias[task] = head.output.weight[0], head.output.bias[0]
        weight = torch.cat([known.flatten(1), question], dim=1).t().contiguous()
        return TwoLogits(Affine(rows, weight, bias), out, out_bias)

    def _rows(self) -> Tensor:
        """(skills + items, width + 2 + units) the table of `TwoLogits`."""
        correct, mastery = self.correct, self.mastery
        skill = correct.skill.weight
        none = skill.new_zeros(len(skill), 1)
        parts = [skill, correct.skill.bias[:, None], mastery.prior[:, None] if mastery else none]
        project = correct.deep.inputs[1] if correct.deep else None
        if project:
            parts.append(project(correct.question))
        n_units = 0
        if mastery:
            parts.append(mastery.score.inputs[1](mastery.skill))
            n_units = parts[-1].shape[1]
        rows = torch.cat(parts, dim=1)
        if not (correct.items and correct.item_weight):
            return rows
        vector, easiness = correct.items.vector, correct.items.easiness[:, None]
        parts = [correct.item_weight(vector), easiness, torch.zeros_like(easiness)]
        parts += [project(vector)] if project else []
        return torch.cat([rows, torch.cat([*parts, easiness.new_zeros(len(vector), n_units)], dim=1)])
