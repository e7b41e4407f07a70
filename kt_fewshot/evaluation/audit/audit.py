"""`audit`: every check on the records of a log or of predictions, and what trivial models make of them."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .answer_statistics import find_next_answer, find_running, find_whole_file, running
from .finding import Finding
from .fitted_means import find_fitted_means, find_too_good
from .foreknowledge import Reactions, find_foreknowledge
from .histories import find_out_of_order, find_shared_students
from .records import Records
from .repeats import again, expanded, find_again, find_expanded, find_expanded_predictions
from .same_row import find_same_row, telling
from .trivial_models import PREDICTIONS, Scores, score, scored_records


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    - `kind`: what was audited;
    - `findings`: leaks first; `scores`: trivial models, and the predictions, on the same answers;
    - `untested`: what could not be tested, and why; `verdict`: all of it in a few sentences.
    """

    kind: Literal["log", "predictions"]
    records: int
    students: int
    findings: tuple[Finding, ...]
    scores: Scores
    untested: tuple[str, ...]

    @property
    def leaks(self) -> int:
        """Number of findings that are leaks."""
        return sum(finding.severity == "leak" for finding in self.findings)

    @property
    def verdict(self) -> str:
        """All of it in a sentence or two."""
        risks = len(self.findings) - self.leaks
        found = [f"{n} {name}{'s' if n > 1 else ''}" for n, name in ((self.leaks, "leak"), (risks, "risk")) if n]
        sentence = f"{' and '.join(found)} found." if found else "No leak found."
        return " ".join(part for part in (sentence, self._compared()) if part)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "kind": self.kind,
            "records": self.records,
            "students": self.students,
            "verdict": self.verdict,
            "leaks": self.leaks,
            "findings": [finding.to_dict() for finding in self.findings],
            "scores": self.scores.to_dict(),
            "untested": list(self.untested),
        }

    def _compared(self) -> str:
        """Whether the predictions are better than trivial."""
        difference = self.scores.difference.get("auc")
        if difference is None or not np.isfinite(difference.value):
            return ""
        best = self.scores.best
        if difference.low > 0:
            return f"The predictions beat the best trivial model ({best}) by {difference.value:.4f} AUC."
        if difference.high < 0:
            return f"The predictions are worse than a trivial model ({best}), by {-difference.value:.4f} AUC."
        return f"The predictions do not beat the best trivial model ({best}): the difference in AUC may be chance."


def audit(records: Records, *, draws: int = 1000) -> Audit:
    """Look for leaks.

    In a log: answers told once per skill, rows told twice, rows out of order, columns that know their row's answer, the
    next one or the whole file, students in several parts. In predictions: the same of their rows, and what they know
    that they cannot know.

    Args:
        records: of a log, or of predictions (some `prediction` is known).
        draws: resamples of the students for the intervals.
    """
    foretold = bool(np.isfinite(records.prediction).any())
    by_skill = expanded(records)
    twice = again(records, by_skill)
    once = records.where(~by_skill & ~twice)
    scored = scored_records(once)
    scores = score(once, scored, draws=draws)
    counting = {} if foretold else running(once)
    told = telling(once, scores.auc(scores.best), but=counting)
    findings = [*find_again(records, twice), *find_out_of_order(records), *find_shared_students(records)]
    untested = []
    if foretold:
        reactions = Reactions(once, scored)
        auc = scores.auc(PREDICTIONS)
        findings += find_expanded_predictions(records, by_skill)
        findings += find_foreknowledge(reactions, told)
        findings += find_fitted_means(once, scored)
        findings += find_too_good(auc, scores.auc(scores.best), int(scored.sum()), len(records))
        if not reactions.testable:
            untested.append(
                "Whether predictions know answers that they foretell: too few neighbouring answers of a student on a "
                "skill."
            )
    else:
        findings += find_expanded(records, by_skill)
        findings += find_same_row(told)
        findings += [*find_next_answer(once), *find_running(once, counting), *find_whole_file(once)]
    if not np.isfinite(records.time).any():
        untested.append("Whether rows repeat others or stand out of order: there are no times.")
    return Audit(
        kind="predictions" if foretold else "log",
        records=len(records),
        students=int(records.student.max(initial=-1)) + 1,
        findings=tuple(sorted(findings, key=lambda finding: finding.severity != "leak")),
        scores=scores,
        untested=tuple(untested),
    )
