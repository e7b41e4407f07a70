"""The logistic regression that PFA, Best-LR, DAS3H and item response theory are each a case of.

logit P(correct) = bias + e_item + mean over the question's skills k of (b_k + w_k . x_k) + v . z, where x_k describes
the student's past on skill k and z the past on the item and overall. The families are laid out in Gervet, Koedinger,
Schneider and Mitchell 2020, https://doi.org/10.5281/zenodo.4143614. Where we depart from them: skills are averaged,
not summed (the house's multi-skill rule), and an item that was not in training counts as its skill's average item.
"""

from typing import NamedTuple, final

import numpy as np
import torch
from scipy import sparse
from scipy.special import logit
from torch import Tensor, nn

from kt_fewshot.data import UNKNOWN, SequenceStore, Vocabulary

from .skill_entries import SkillEntries, mean_of_skills


class Evidence(NamedTuple):
    """What is known of n questions before their answers.

    - `item: (n,)` index, 0 unknown;
    - `entries`: the questions' skills;
    - `of_skill: (entries, skill features)`: the past on each skill;
    - `of_answer: (n, features)`: the past on the item, and all of it.
    """

    item: Tensor
    entries: SkillEntries
    of_skill: Tensor
    of_answer: Tensor


@final
class LogisticModel(nn.Module):
    """Coefficients, and the logit they give.

    Args:
        vocabulary: skills and items.
        items: whether items differ in easiness.
        skills: whether skills do, beside their items.
        skill_features: how many describe the past on a skill; each skill has slopes of its own.
        features: how many describe the rest of the past.
    """

    def __init__(
        self, vocabulary: Vocabulary, *, items: bool, skills: bool, skill_features: int = 0, features: int = 0
    ) -> None:
        super().__init__()
        self.has_items, self.has_skills = items, skills
        self.bias = nn.Parameter(torch.zeros(()))
        self.item = nn.Parameter(torch.zeros(vocabulary.n_items if items else 1))
        self.average_item = nn.Parameter(torch.zeros(vocabulary.n_skills))
        self.skill = nn.Parameter(torch.zeros(vocabulary.n_skills))
        self.skill_slopes = nn.Parameter(torch.zeros(vocabulary.n_skills, skill_features))
        self.slopes = nn.Parameter(torch.zeros(features))

    def forward(self, evidence: Evidence) -> Tensor:
        """(n,) logits."""
        entries = evidence.entries
        item = evidence.item if self.has_items else torch.zeros_like(evidence.item)
        unknown = (item == UNKNOWN)[entries.step]
        of_skill = self.skill[entries.skill] + unknown * self.average_item[entries.skill]
        of_skill = of_skill + (self.skill_slopes[entries.skill] * evidence.of_skill).sum(-1)
        return self.bias + self.item[item] + entries.mean(of_skill) + (evidence.of_answer * self.slopes).sum(-1)

    @torch.no_grad()
    def fit(
        self, evidence: Evidence, store: SequenceStore, *, l2: float, others: sparse.csr_matrix | None = None
    ) -> int:
        """Maximise the likelihood of the scored answers with a normal prior on every coefficient but the bias.

        Args:
            evidence: of the store's answers, on the CPU.
            store: the answers.
            l2: precision of the prior: l2 / 2 times the squared coefficients is added to the negative log-likelihood.
            others: (n, columns) of what is fitted beside the model and forgotten.

        Returns:
            iterations of the optimiser.
        """
        for parameter in self.parameters():
            parameter.zero_()
        scored, correct = store.scored.numpy(), store.correct.numpy()
        if len(np.unique(correct[scored])) < 2:  # nothing to tell apart: Laplace's rule of succession
            self.bias.fill_(float(logit((correct[scored].sum() + 1) / (scored.sum() + 2))))
            return 0
        design = sparse.csr_matrix(sparse.hstack([self._design(evidence), others], format="csr"))
        coefficients, bias, iterations = _regress(design[scored], correct[scored], l2)
        self.bias.fill_(bias)
        self._take(coefficients, evidence)
        return iterations

    def _design(self, evidence: Evidence) -> sparse.csr_matrix:
        """One column a coefficient: items, skills, slopes of skills, slopes."""
        entries, n = evidence.entries, len(evidence.item)
        known = self._known(evidence).numpy()
        step, skill, share = (part.numpy() for part in (entries.step, entries.skill, entries.share()))
        here = np.ones(len(step), bool) if self.has_skills else ~known[step]
        n_skills, n_features = self.skill_slopes.shape
        column = skill[:, None] * n_features + np.arange(n_features)
        value = share[:, None] * evidence.of_skill.double().numpy()
        row = np.repeat(step, n_features)
        items = sparse.csr_matrix(
            (np.ones(known.sum()), (known.nonzero()[0], evidence.item.numpy()[known])), (n, len(self.item))
        )
        skills = sparse.csr_matrix((share[here], (step[here], skill[here])), (n, n_skills))
        slopes = sparse.csr_matrix((value.ravel(), (row, column.ravel())), (n, n_skills * n_features))
        rest = sparse.csr_matrix(evidence.of_answer.double().numpy())
        return sparse.csr_matrix(sparse.hstack([items, skills, slopes, rest], format="csr"))

    def _take(self, coefficients: np.ndarray, evidence: Evidence) -> None:
        """Read the columns' coefficients back, and what the average item of each skill is like."""
        sizes = [len(self.item), len(self.skill), self.skill_slopes.numel(), len(self.slopes)]
        item, skill, skill_slopes, slopes = torch.from_numpy(coefficients[: sum(sizes)]).split(sizes)
        easiness = item[evidence.item * self._known(evidence)]
        if self.has_skills:
            self.skill.copy_(skill)
        else:  # answers on unknown items stood in the skills' columns
            unknown = evidence.entries.mean(skill[evidence.entries.skill])
            easiness = torch.where(self._known(evidence), easiness, unknown)
        self.item.copy_(item)
        self.average_item.copy_(mean_of_skills(easiness, evidence.entries, len(skill)))
        self.skill_slopes.copy_(skill_slopes.reshape(self.skill_slopes.shape))
        self.slopes.copy_(slopes)

    def _known(self, evidence: Evidence) -> Tensor:
        return (evidence.item != UNKNOWN) & self.has_items


def _regress(design: sparse.csr_matrix, correct: np.ndarray, l2: float) -> tuple[np.ndarray, float, int]:
    """Coefficients, bias, iterations."""
    from sklearn.linear_model import LogisticRegression  # slow to import, and only fitting needs it

    model = LogisticRegression(C=1 / l2, solver="newton-cg").fit(design, correct)
    return model.coef_[0], float(model.intercept_[0]), int(model.n_iter_[0])
