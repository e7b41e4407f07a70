"""Mastery as a latent state: P(skill is mastered now), identified by the next answers on the skill.

P(next answer correct) is not mastery: a master slips, a non-master guesses. This head says m = P(mastered) and each
skill has a guess, a slip and a learning rate; what is maximised is the exact likelihood of the *next* same-skill
answers under Bayesian Knowledge Tracing started from m. One future answer could not tell m from guess and slip; several
can, since a master stays one and a non-master learns at a rate the skill shares among students. The recursion is that
of Corbett and Anderson 1995; that a network gives its starting point is our own step.
"""

import math
from typing import final

import torch
from torch import Tensor, nn

from kt_fewshot.data import HORIZON, QUESTION_FEATURES, mean_over_skills
from kt_fewshot.encoders import look_up
from kt_fewshot.multitask import SplitMLP
from kt_fewshot.training import LossSum

from ..bkt_recursion import Emission, log_likelihood
from .parts import Asked


@final
class MasteryHead(nn.Module):
    """Gives m for a student and a skill; owns guess, slip and learning rate of every skill.

    guess and slip lie below 0.5, so that mastery means what it says: a master is more often right than wrong.

    Args:
        width: of the trunk's features.
        n_skills: the unknown skill included.
        embedding: width of the head's own skill vectors.
        hidden: units of the hidden layer.
        dropout: share of hidden units dropped in training.
    """

    def __init__(
        self, width: int, n_skills: int, *, embedding: int = 16, hidden: int = 64, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.skill = nn.Parameter(torch.randn(n_skills, embedding) * 0.1)
        self.prior = nn.Parameter(torch.zeros(n_skills))
        self.score = SplitMLP(width, embedding, len(QUESTION_FEATURES), hidden=hidden, dropout=dropout)
        self.guess_logit = nn.Parameter(torch.full((n_skills,), _logit(0.2 / 0.5)))
        self.slip_logit = nn.Parameter(torch.full((n_skills,), _logit(0.1 / 0.5)))
        self.learn_logit = nn.Parameter(torch.full((n_skills,), _logit(0.1)))

    def forward(self, features: Tensor, asked: Asked) -> Tensor:
        """Logit of m for the practised skills, (batch, time); of several skills, for their mean.

        Args:
            features: (batch, time, width) of the trunk, before the answer.
            asked: the questions.
        """
        skill = look_up(mean_over_skills(self.skill, asked.sets), asked.skill_set)
        prior = look_up(mean_over_skills(self.prior, asked.sets), asked.skill_set)
        return self.score(features, skill, asked.question) + prior

    def emission(self) -> Emission:
        """guess, slip (< 0.5), learn of every skill: (skills,); nothing is forgotten."""
        guess, slip = 0.5 * self.guess_logit.sigmoid(), 0.5 * self.slip_logit.sigmoid()
        return Emission(guess, slip, self.learn_logit.sigmoid(), torch.zeros_like(guess))

    def emission_parameters(self) -> list[nn.Parameter]:
        """What `emission` is computed from."""
        return [self.guess_logit, self.slip_logit, self.learn_logit]

    def loss(self, logit: Tensor, skill: Tensor, ahead: Tensor) -> LossSum:
        """Negative log-likelihood of the next answers on single skills.

        A full horizon weighs as one answer, so that this loss and that of the next answer are of one size.

        Args:
            logit: (n,) of m before the first of the answers.
            skill: (n,) indices.
            ahead: (n, horizon), as `SequenceStore.ahead`.
        """
        total, told = log_likelihood(logit.sigmoid(), ahead, self.emission().of(skill))
        return LossSum(-total.sum() / HORIZON, told.sum() / HORIZON)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
