"""Bayesian Knowledge Tracing: each skill is mastered or not, answers show it through guesses and slips."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, final

import torch
from torch import Tensor, nn

from kt_fewshot.data import Answer, Occurrences, Question, SequenceStore, Vocabulary

from .bkt_em import BKTParameters, fit_parameters
from .bkt_options import BKTOptions
from .bkt_recursion import Emission, forward_filter, p_correct, posterior, practise
from .classic import Classic
from .skill_entries import SkillEntries
from .tracer import Prediction

EDGE: Final = 0.01
"""A chance this near to where it ends is worth a flag."""


@final
class BKT(Classic):
    """P(correct) = m (1 - slip) + (1 - m) guess, where m = P(mastered) is updated by Bayes' rule and by practice.

    Corbett and Anderson 1995, https://doi.org/10.1007/BF01099821. Every skill has a prior, a learning rate, a guess and
    a slip (and with `forgetting` a rate of loss), fitted by expectation and maximisation on all (student, skill)
    sequences. Where we depart from it: guess and slip end at 0.5 (`highest_guess`, `highest_slip`), and a few made-up
    observations (`strength`) keep a skill with few answers near common values; with 0 it is maximum likelihood.

    An answer on several skills is an answer on each of them: P(correct) is the mean of what its skills say, and each
    skill is updated by the answer as if it were alone. `mastery` is m, the latent state, P(the skill is mastered now);
    of several skills, their mean. Items play no role.

    Args:
        vocabulary: the skills.
        options: fields of `BKTOptions`.
    """

    name: ClassVar[str] = "bkt"

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        self.settings = BKTOptions(**options)
        super().__init__(vocabulary, self.settings.model_dump(mode="json"))
        for name, value in BKTParameters.usual(vocabulary.n_skills, self.settings)._asdict().items():
            self.register_parameter(name, nn.Parameter(torch.from_numpy(value).float()))

    prior: nn.Parameter
    learn: nn.Parameter
    guess: nn.Parameter
    slip: nn.Parameter
    forget: nn.Parameter

    def start(self, n: int) -> Tensor:
        """(n, skills) P(mastered) of students without answers."""
        return self.prior.detach().repeat(n, 1)

    @torch.no_grad()
    def predict(self, state: Tensor, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        entries = SkillEntries.of_question(question)
        return self._said(entries, state[entries.step, entries.skill])

    @torch.no_grad()
    def update(self, state: Tensor, question: Question, answer: Answer) -> Tensor:
        """See `Tracer.update`."""
        entries = SkillEntries.of_question(question)
        emission = self.emission().of(entries.skill)
        at = (entries.step, entries.skill)
        return state.index_put(at, practise(posterior(state[at], answer.correct[entries.step], emission), emission))

    @torch.no_grad()
    def mastery(self, state: Tensor) -> Prediction:
        """See `Tracer.mastery`."""
        return Prediction(p_correct(state, self.emission()), state)

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`."""
        entries, groups, before = self._filtered(store)
        groups = Occurrences(*(part.to(self.device) for part in groups))
        return self._said(entries, groups.as_asked(before, entries.bundle(store.to(self.device))))

    @torch.no_grad()
    def final_state(self, store: SequenceStore) -> Tensor:
        """See `Tracer.final_state`."""
        entries, groups, before = self._filtered(store)
        last = groups.order[groups.starts + groups.sizes - 1].to(self.device)
        emission = self.emission().of(entries.skill[last])
        correct = store.correct.to(self.device)[entries.step[last]]
        student = store.student().to(self.device)[entries.step[last]]
        after = practise(posterior(before[last], correct, emission), emission)
        return self.start(store.n_students).index_put((student, entries.skill[last]), after)

    @torch.no_grad()
    def emission(self) -> Emission:
        """Guess, slip, learning rate and rate of loss of every skill, (skills,) each."""
        return Emission(*(getattr(self, name).detach() for name in Emission._fields))

    def flags(self) -> dict[str, list[str]]:
        """Skills whose fitted parameters do not mean what they should, and why; read them before trusting mastery."""
        found = {name: self._odd(k) for k, name in enumerate(self.vocabulary.skills, start=1)}
        return {name: reasons for name, reasons in found.items() if reasons}

    def _odd(self, skill: int) -> list[str]:
        learn, guess, slip, prior = (getattr(self, n)[skill].item() for n in ("learn", "guess", "slip", "prior"))
        signs = {
            f"guess + slip = {guess + slip:.2f}: a right answer speaks against mastery": guess + slip > 1,
            f"guess = {guess:.2f} is at its bound": guess > self.settings.highest_guess - EDGE,
            f"slip = {slip:.2f} is at its bound": slip > self.settings.highest_slip - EDGE,
            f"learn = {learn:.3f}: nobody learns it": learn < EDGE and prior < 1 - EDGE,
            f"learn = {learn:.3f}: one answer teaches it": learn > 1 - EDGE,
            f"prior = {prior:.3f}: everybody has mastered it before": prior > 1 - EDGE,
        }
        return [reason for reason, holds in signs.items() if holds]

    def _filtered(self, store: SequenceStore) -> tuple[SkillEntries, Occurrences, Tensor]:
        """Entries, their groups (student, skill), and P(mastered) before each."""
        store = store.to(torch.device("cpu"))
        entries = SkillEntries.of_store(store)
        groups = Occurrences.of(store.student()[entries.step] * self.vocabulary.n_skills + entries.skill)
        emission = Emission(*(field.cpu() for field in self.emission().of(entries.skill.to(self.device))))
        prior = self.prior.detach().cpu()[entries.skill]
        before = forward_filter(groups, store.correct[entries.step], prior, emission)
        here = SkillEntries(entries.step.to(self.device), entries.skill.to(self.device), entries.answers)
        return here, groups, before.to(self.device)

    def _said(self, entries: SkillEntries, mastery: Tensor) -> Prediction:
        right = p_correct(mastery, self.emission().of(entries.skill))
        return Prediction(entries.mean(right), entries.mean(mastery))

    @torch.no_grad()
    def solve(self, train: SequenceStore) -> tuple[int, Mapping[str, float]]:
        """Expectation and maximisation. See `Classic.solve`."""
        entries = SkillEntries.of_store(train)
        fitted = fit_parameters(
            entries.skill,
            train.correct[entries.step],
            groups=Occurrences.of(train.student()[entries.step] * self.vocabulary.n_skills + entries.skill),
            n_skills=self.vocabulary.n_skills,
            options=self.settings,
        )
        for name, values in fitted.parameters._asdict().items():
            getattr(self, name).copy_(torch.from_numpy(values))
        return len(fitted.curve), {"log_likelihood": fitted.curve[-1]}
