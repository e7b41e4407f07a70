"""Expectation and maximisation for Bayesian Knowledge Tracing, all skills and all sequences at once.

Baum and others' forward-backward recursion on two latent states, run over ranks: the first answers of all sequences,
then the second ones, and so on.
"""

import itertools
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kt_fewshot.data import Occurrences

from .bkt_options import BKTOptions
from .bkt_recursion import SMALLEST

Floats = NDArray[np.float64]

USUAL: Final = {"prior": 0.4, "learn": 0.1, "guess": 0.2, "slip": 0.1, "forget": 0.02}
"""Where fitting starts, and what made-up observations say."""


class BKTParameters(NamedTuple):
    """Chances of every skill: fields (skills,)."""

    prior: Floats
    learn: Floats
    guess: Floats
    slip: Floats
    forget: Floats

    @classmethod
    def usual(cls, n_skills: int, options: BKTOptions) -> "BKTParameters":
        """Common values for every skill, within the options' bounds."""
        return cls(*(np.full(n_skills, USUAL[name]) for name in cls._fields)).bounded(options)

    @classmethod
    def drawn(cls, n_skills: int, options: BKTOptions, generator: np.random.Generator) -> "BKTParameters":
        """Any values, within the options' bounds."""
        highest = {"prior": 1.0, "learn": 0.5, "guess": 0.5, "slip": 0.5, "forget": 0.3}
        return cls(*(generator.uniform(0, highest[name], n_skills) for name in cls._fields)).bounded(options)

    def bounded(self, options: BKTOptions) -> "BKTParameters":
        """The nearest parameters that the options allow."""
        prior, learn = (field.clip(SMALLEST, 1 - SMALLEST) for field in (self.prior, self.learn))
        guess = self.guess.clip(SMALLEST, min(options.highest_guess, 1 - SMALLEST))
        slip = self.slip.clip(SMALLEST, min(options.highest_slip, 1 - SMALLEST))
        forget = self.forget.clip(SMALLEST, 1 - SMALLEST) if options.forgetting else np.zeros_like(self.forget)
        return BKTParameters(prior, learn, guess, slip, forget)

    def where(self, better: NDArray[np.bool_], other: "BKTParameters") -> "BKTParameters":
        """These where `better: (skills,)`, the others elsewhere."""
        return BKTParameters(*(np.where(better, mine, theirs) for mine, theirs in zip(self, other, strict=True)))


class Fitted(NamedTuple):
    """Fitted parameters, and the penalised log-likelihood an answer before each iteration of the first start, nats."""

    parameters: BKTParameters
    curve: tuple[float, ...]


def fit_parameters(
    skill: Tensor, correct: Tensor, *, groups: Occurrences, n_skills: int, options: BKTOptions
) -> Fitted:
    """Fit every skill.

    Args:
        skill: (n,) of each entry.
        correct: (n,) in {0, 1}.
        groups: the entries' sequences, one a student and skill.
        n_skills: the unknown one included; a skill without answers gets usual values.
        options: bounds, made-up observations, when to end.
    """
    sequences = Sequences.of(skill, correct, groups, n_skills)
    best, score, curve = _climb(BKTParameters.usual(n_skills, options), sequences, options)
    generator = np.random.default_rng(options.seed)
    for _ in range(options.starts - 1):
        other, found, _ = _climb(BKTParameters.drawn(n_skills, options, generator), sequences, options)
        best, score = best.where(score >= found, other), np.maximum(score, found)
    return Fitted(best, curve)


def _climb(
    parameters: BKTParameters, sequences: "Sequences", options: BKTOptions
) -> tuple[BKTParameters, Floats, tuple[float, ...]]:
    """Iterate from one starting point: parameters, each skill's penalised log-likelihood, the curve."""
    made_up = {name: options.strength for name in BKTParameters._fields if name != "forget" or options.forgetting}
    curve: list[float] = []
    while True:
        expected = sequences.expect(parameters)
        score = expected.log_likelihood.copy()
        for name, strength in made_up.items():
            value = getattr(parameters, name)
            score += strength * (USUAL[name] * np.log(value) + (1 - USUAL[name]) * np.log(1 - value))
        curve.append(float(score.sum()) / max(len(sequences.right), 1))
        if len(curve) > options.iterations or (len(curve) > 1 and curve[-1] - curve[-2] < options.tolerance):
            return parameters, score, tuple(curve)
        parameters = expected.most_likely(parameters, options)


class Expected(NamedTuple):
    """Expected counts of every skill, `(happened, could have)` a parameter, fields (skills,); and log-likelihoods."""

    prior: tuple[Floats, Floats]
    learn: tuple[Floats, Floats]
    guess: tuple[Floats, Floats]
    slip: tuple[Floats, Floats]
    forget: tuple[Floats, Floats]
    log_likelihood: Floats

    def most_likely(self, before: BKTParameters, options: BKTOptions) -> BKTParameters:
        """The parameters that maximise the expected log-likelihood; as before where there is no evidence at all."""
        values = {}
        for name in BKTParameters._fields:
            happened, chances = getattr(self, name)
            happened, chances = happened + options.strength * USUAL[name], chances + options.strength
            values[name] = np.where(chances > 0, happened / np.maximum(chances, 1e-300), getattr(before, name))
        return BKTParameters(**values).bounded(options)


class Sequences(NamedTuple):
    """Entries in the order of ranks: `rank r` is `starts[r]` to `starts[r + 1]`, longer sequences first in each."""

    skill: NDArray[np.int64]
    right: NDArray[np.bool_]
    starts: NDArray[np.int64]
    n_skills: int

    @classmethod
    def of(cls, skill: Tensor, correct: Tensor, groups: Occurrences, n_skills: int) -> "Sequences":
        """Sort entries by rank."""
        ranks = list(groups.by_rank())
        order = torch.cat(ranks) if ranks else torch.zeros(0, dtype=torch.int64)
        starts = np.cumsum([0, *map(len, ranks)])
        return cls(skill[order].numpy(), correct[order].numpy() > 0, starts, n_skills)

    def expect(self, parameters: BKTParameters) -> Expected:
        """Forward, backward, count."""
        prior, learn, guess, slip, forget = (field[self.skill] for field in parameters)
        mastered, other = np.where(self.right, 1 - slip, slip), np.where(self.right, guess, 1 - guess)
        before, chance = self._forward(prior, learn, forget, mastered, other)
        known = before * mastered / chance  # P(mastered | the answers up to this one)
        smooth = self._backward(before, known, forget)
        first, later = slice(0, self._first_rank()), slice(self._first_rank(), None)
        widths = np.diff(self.starts)
        previous = np.arange(len(before))[later] - np.repeat(widths[:-1], widths[1:])
        gained = (1 - known[previous]) * learn[later] * smooth[later] / before[later]
        lost = known[previous] * forget[later] * (1 - smooth[later]) / np.maximum(1 - before[later], SMALLEST**2)
        return Expected(
            prior=(self._sum(smooth[first], first), self._sum(np.ones(first.stop), first)),
            learn=(self._sum(gained, later), self._sum(1 - smooth[previous], later)),
            guess=(self._sum((1 - smooth) * self.right), self._sum(1 - smooth)),
            slip=(self._sum(smooth * ~self.right), self._sum(smooth)),
            forget=(self._sum(lost, later), self._sum(smooth[previous], later)),
            log_likelihood=self._sum(np.log(chance)),
        )

    def _forward(
        self, prior: Floats, learn: Floats, forget: Floats, mastered: Floats, other: Floats
    ) -> tuple[Floats, Floats]:
        """P(mastered | earlier answers) and P(answer | earlier answers) of every entry."""
        before, chance, stay = np.empty_like(prior), np.empty_like(prior), 1 - forget - learn
        m = prior[: self._first_rank()]
        for begin, end in itertools.pairwise(self.starts.tolist()):
            m = m[: end - begin]
            before[begin:end] = m
            joint = m * mastered[begin:end]
            seen = joint + (1 - m) * other[begin:end]
            chance[begin:end] = seen
            m = learn[begin:end] + joint / seen * stay[begin:end]
        return before, chance

    def _backward(self, before: Floats, known: Floats, forget: Floats) -> Floats:
        """P(mastered | all answers of the sequence) of every entry."""
        smooth = known.copy()
        keep, lose = known * (1 - forget), known * forget
        above = np.maximum(1 - before, SMALLEST**2)
        ranks = list(itertools.pairwise(self.starts.tolist()))
        for (begin, _), (next_begin, next_end) in reversed(list(itertools.pairwise(ranks))):
            here, after = slice(begin, begin + next_end - next_begin), slice(next_begin, next_end)
            s = smooth[after]
            smooth[here] = keep[here] * s / before[after] + lose[here] * (1 - s) / above[after]
        return smooth

    def _first_rank(self) -> int:
        return int(self.starts[1]) if len(self.starts) > 1 else 0

    def _sum(self, values: Floats, entries: slice = slice(None)) -> Floats:
        """(skills,) sums over entries."""
        return np.bincount(self.skill[entries], values, self.n_skills).astype(np.float64)
