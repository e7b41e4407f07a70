"""Predictions that have seen what they foretell, or what comes after it.

Honest predictions react to the answer *before* theirs. We look at neighbouring answers of a student on a skill and ask
what the step between their predictions goes along with, all else equal: partial correlations of logit P(correct) with
an answer, given the logit before and the answers between. Means of items are taken out of both, so that easy items do
not count. Thresholds come from eight tracers on six simulated and four real logs (80 honest predictions, none of them
told), and from leaks planted into them:

- With its own answer, an honest prediction goes along as far as it knows more than the one before it (other skills,
  forgetting): up to .14 on simulated students, .24 on real ones, and far less than with the answer before. One that
  has seen its answer: .25 to .8, and more than with the answer before.
- With the next answer: up to .15 for honest ones, .3 to .9 for those that have seen it.
- With what is only known with the answer (hints), given the answer itself: about 0 for honest ones.

What is seen only a little (predictions smoothed over five answers) may stay below. A simulator's true P(correct) is
told too, and rightly: it knows when a student learned, which no answer before tells.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .finding import Finding
from .levels import Levels
from .records import Codes, Flags, Floats, Records, before
from .same_row import Telling

KNOWS: Final = 0.2
"""Partial correlation that counts, three standard errors taken off."""

SURELY: Final = 0.35
"""Partial correlation with the own answer that no honest prediction has, also where it reacts to the answer before."""

NEIGHBOURS: Final = 300
"""Neighbouring answers that are needed to judge."""

ITEM_ANSWERS: Final = 5
"""An item with fewer answers has no mean to be taken out."""


@dataclass(frozen=True)
class Steps:
    """With what the step from one prediction to the next goes along: partial correlations, nan where unknown.

    `previous`: with the answer before; `own`: with the one foretold; `following`: with the next; `pairs`: neighbours.
    """

    previous: float
    own: float
    following: float
    pairs: int

    @property
    def margin(self) -> float:
        """Three standard errors."""
        return 3 / np.sqrt(max(self.pairs, 1))

    @property
    def knows_own(self) -> bool:
        """Whether the answer foretold must have been seen."""
        return self.own - self.margin > KNOWS and (self.own > self.previous or self.own > SURELY)

    @property
    def knows_following(self) -> bool:
        """Whether the next answer must have been seen."""
        return self.following - self.margin > KNOWS


class Reactions:
    """Neighbouring predictions of a student on a skill, each answer once.

    Args:
        records: of predictions, without repeated rows.
        scored: (records,) which predictions count.
    """

    def __init__(self, records: Records, scored: Flags) -> None:
        self.records = records
        scored = scored & np.isfinite(records.prediction)
        inside = np.clip(np.where(scored, records.prediction, 0.5), 1e-6, 1 - 1e-6)
        self._kind, common = _kinds(records, scored)
        self.logit = _without_means(np.log(inside / (1 - inside)), self._kind, scored)
        self.answer = _without_means(records.correct, self._kind, scored)
        groups = records.groups()
        self.before = before(groups.get("student and skill", records.student))
        right_before = np.where(records.follows, np.arange(len(records)) - 1, -1)
        usable = scored & common & (self.before >= 0) & scored[self.before]
        neighbours = usable & (self.before == right_before)
        self.here = np.flatnonzero(neighbours if neighbours.sum() >= 1000 else usable)
        self.after = np.where(np.r_[right_before[1:], -1] >= 0, np.arange(len(records)) + 1, -1)[: len(records)]

    @property
    def testable(self) -> bool:
        """Whether there are neighbours enough."""
        return len(self.here) >= NEIGHBOURS

    @property
    def differ(self) -> bool:
        """Whether predictions for one item differ; those that do not know nothing of a single answer."""
        return self.testable and float(np.std(self.logit[self.here])) > 1e-9

    def steps(self) -> Steps:
        """See `Steps`."""
        here, past = self.here, self.before[self.here]
        correct = self.records.correct
        known = _bent(self.logit[past], correct[past])
        further = self.after[here] >= 0
        with_next, next_one = here[further], self.after[here[further]]
        given = [*_bent(self.logit[past[further]], correct[past[further]]), correct[with_next]]
        given += [correct[with_next] * self.logit[past[further]], correct[with_next] * correct[past[further]]]
        return Steps(
            previous=_partial(self.logit[here], correct[past], [self.logit[past]]),
            own=_partial(self.logit[here], self.answer[here], known),
            following=_partial(self.logit[with_next], self.answer[next_one], given),
            pairs=int(further.sum()),
        )

    def along(self, levels: Levels) -> float:
        """How the predictions' steps go along with a column of their own row, given the answer foretold."""
        here, past = self.here, self.before[self.here]
        correct = self.records.correct
        told = levels.means(correct)[0][levels.code]
        told = _without_means(told, self._kind, np.ones(len(told), dtype=bool))
        known = [*_bent(self.logit[past], correct[past]), correct[here]]
        return abs(_partial(self.logit[here], told[here], known))


def find_foreknowledge(reactions: Reactions, told: list[Telling]) -> list[Finding]:
    """Predictions that have seen the answer, the next one, or what is only known with the answer.

    Args:
        reactions: of the predictions.
        told: columns of the file that tell their own row's answer.
    """
    if not reactions.differ:
        return []
    steps = reactions.steps()
    rows, share = len(reactions.here), len(reactions.here) / len(reactions.records)
    where = f"measured on {rows:,} neighbouring answers of a student"
    beside = f"with the answer before {steps.previous:.2f}"
    found = []
    used = [(one.name, reactions.along(one.levels)) for one in told]
    used = [(name, size) for name, size in used if size - steps.margin > KNOWS]
    if used:
        names = ", ".join(f"{name} ({size:.2f})" for name, size in used)
        sentence = f"Predictions go along with what is only known with the answer: {names} (partial correlation)."
        advice = "Use it as a target, or lagged: as an input for later answers only."
        found.append(Finding("same-row-information", "leak", rows, share, sentence, where, advice))
    elif steps.knows_own:
        sentence = (
            f"Predictions go along with the answer they foretell (partial correlation {steps.own:.2f}; {beside})."
        )
        advice = (
            "Predict before the answer is read: a shift by one row, or what only the answer's row knows, does this."
        )
        found.append(Finding("future", "leak", rows, share, sentence, where, advice))
    if steps.knows_following:
        sentence = (
            f"Predictions go along with answers still to come (partial correlation {steps.following:.2f}; {beside})."
        )
        advice = "Let nothing read a history backwards, smooth it, or take statistics over all of it."
        found.append(Finding("future", "leak", rows, share, sentence, where, advice))
    return found


def _kinds(records: Records, scored: Flags) -> tuple[Codes, Flags]:
    """(records,) what is taken out of predictions and answers, item or skill; whether there are answers enough."""
    groups = records.groups()
    skill = groups.get("skill", np.zeros(len(records), dtype=np.int64))
    item = groups.get("item")
    if item is None:
        return skill, np.ones(len(records), dtype=bool)
    count = np.bincount(item[scored & (item >= 0)], minlength=item.max() + 1)
    common = (item >= 0) & (count[item] >= ITEM_ANSWERS)
    kind = np.where(common, item, item.max() + 2 + skill)
    return kind, common if (common & scored).sum() >= 2 * NEIGHBOURS else np.ones(len(records), dtype=bool)


def _without_means(values: Floats, kind: Codes, among: Flags) -> Floats:
    """Values less the mean of their kind."""
    index = kind - kind.min(initial=0)
    count = np.bincount(index[among], minlength=index.max(initial=0) + 1)
    total = np.bincount(index[among], weights=values[among], minlength=len(count))
    return values - (total / np.maximum(count, 1))[index]


def _bent(logit: Floats, correct: Floats) -> list[Floats]:
    """What a next prediction may be made of: the logit before and the answer to it, not only in a straight line."""
    x = np.clip(logit, -4, 4)
    return [x, correct, x * correct, x**2, x**2 * correct, x**3, x**3 * correct]


def _partial(x: Floats, y: Floats, given: list[Floats]) -> float:
    """Correlation of what linear regressions on `given` leave of two columns; 0 where nothing is left of one."""
    design = np.stack([np.ones(len(x)), *given], axis=1)
    left = [values - design @ np.linalg.lstsq(design, values, rcond=None)[0] for values in (x, y)]
    sizes = [float(np.sqrt(values @ values)) for values in left]
    if min(sizes) < 1e-9 * np.sqrt(max(len(x), 1)):
        return 0.0
    return float(left[0] @ left[1] / (sizes[0] * sizes[1]))
