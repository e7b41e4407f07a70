"""The recursion of Bayesian Knowledge Tracing: what one answer says of a latent skill, and what practice does to it.

Corbett and Anderson 1995, "Knowledge tracing", https://doi.org/10.1007/BF01099821. A skill is mastered or not. A
master slips with probability `slip`, a non-master guesses right with probability `guess`, and each opportunity turns a
non-master into a master with probability `learn` (and a master into a non-master with probability `forget`).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from kt_fewshot.data import Occurrences

SMALLEST = 1e-6
"""Keeps probabilities off 0 and 1, where a likelihood ends."""


class Emission(NamedTuple):
    """How a latent skill shows and moves; tensors that broadcast with the mastery they are used on."""

    guess: Tensor
    slip: Tensor
    learn: Tensor
    forget: Tensor

    def of(self, skill: Tensor) -> "Emission":
        """The rows of some skills."""
        return Emission(*(field[skill] for field in self))


def p_correct(mastery: Tensor, emission: Emission) -> Tensor:
    """P(correct) from P(mastered): m (1 - slip) + (1 - m) guess."""
    return mastery * (1 - emission.slip) + (1 - mastery) * emission.guess


def posterior(mastery: Tensor, correct: Tensor, emission: Emission) -> Tensor:
    """P(mastered) once the answer is known, before practice has an effect; `correct` in {0, 1}."""
    of_master = mastery * torch.where(correct > 0, 1 - emission.slip, emission.slip)
    of_other = (1 - mastery) * torch.where(correct > 0, emission.guess, 1 - emission.guess)
    return of_master / (of_master + of_other).clamp(min=SMALLEST)  # a part of a sum, so that rounding keeps it below 1


def practise(mastery: Tensor, emission: Emission) -> Tensor:
    """P(mastered) after one opportunity to learn (and to forget)."""
    return mastery * (1 - emission.forget) + (1 - mastery) * emission.learn


def log_likelihood(mastery: Tensor, ahead: Tensor, emission: Emission) -> tuple[Tensor, Tensor]:
    """Log-likelihood of the next answers on a skill, given P(mastered) before the first of them.

    Args:
        mastery: (...) in (0, 1).
        ahead: (..., horizon) answers in {0, 1}; 2 for an opportunity that tells nothing; negative for no opportunity.
        emission: of the skill, broadcasting with `mastery`.

    Returns:
        (...) the log-likelihood in nats, 0 where no answer is told; (...) how many answers were told.
    """
    total = torch.zeros_like(mastery)
    for answer in ahead.unbind(-1):
        told = (answer == 0) | (answer == 1)
        right = p_correct(mastery, emission).clamp(SMALLEST, 1 - SMALLEST)
        total = total + torch.where(told, torch.where(answer > 0, right, 1 - right).log(), 0.0)
        known = torch.where(told, posterior(mastery, answer, emission), mastery)
        mastery = practise(known, emission)
    return total, ((ahead == 0) | (ahead == 1)).sum(-1)


def forward_filter(groups: Occurrences, correct: Tensor, prior: Tensor, emission: Emission) -> Tensor:
    """P(mastered) *before* each answer, given the answers before it: Bayes' rule, step by step.

    With the parameters that generated the answers this is the best any tracer can know.

    Args:
        groups: occurrences grouped by (student, skill).
        correct: (n,) in {0, 1}, in the log's order.
        prior: (n,) P(mastered) before the group's first answer.
        emission: of each occurrence's skill, fields (n,).

    Returns:
        (n,) in [0, 1].
    """
    result = torch.empty_like(prior)
    mastery = prior.new_empty(0)
    for rank, here in enumerate(groups.by_rank()):
        mastery = prior[here] if rank == 0 else mastery[: len(here)]
        result[here] = mastery
        mastery = practise(posterior(mastery, correct[here], emission.of(here)), emission.of(here))
    return result
