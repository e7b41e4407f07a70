"""The multi-skill rule: an answer on several skills is one step, and a set of skills counts as the mean of them.

A log that repeats a three-skill answer as three rows shows a model the same outcome three times, two of them after the
fact. Here such an answer is one step with a set of skills, so that this leak cannot be expressed.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl
import torch
from torch import Tensor

from .interactions import SKILL_SEPARATOR
from .vocabulary import UNKNOWN, Vocabulary


class SkillSets(NamedTuple):
    """Distinct sets of skills. `members: (sets, largest)` holds skill indices, padded with -1; no set is empty."""

    members: Tensor

    @classmethod
    def of(cls, sets: Iterable[Sequence[int]]) -> "SkillSets":
        """From lists of skill indices; an empty one becomes the unknown skill."""
        rows = [list(skills) or [UNKNOWN] for skills in sets] or [[UNKNOWN]]
        largest = max(map(len, rows))
        return cls(torch.tensor([row + [-1] * (largest - len(row)) for row in rows]))

    @property
    def weights(self) -> Tensor:
        """(sets, largest): 1 / size for members, 0 for padding."""
        inside = self.members >= 0
        return inside / inside.sum(-1, keepdim=True)

    def to(self, device: torch.device) -> "SkillSets":
        """The same sets on another device."""
        return SkillSets(self.members.to(device))

    def single(self) -> Tensor:
        """(sets,) the skill of a one-skill set, -1 for a set of several and for the unknown skill."""
        alone = (self.members >= 0).sum(-1) == 1
        first = self.members[:, 0]
        return torch.where(alone & (first != UNKNOWN), first, -1)


class NumberedSets:
    """Skill sets numbered in the order they are met in.

    Args:
        vocabulary: of its skills, others are left out.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._index = vocabulary.skill_index()
        self._names = pl.DataFrame(schema={"skills": pl.String, "code": pl.Int64})
        self._members: list[list[int]] = []

    def of(self, skills: pl.Series) -> Tensor:
        """(answers,) the number of each answer's set; new sets get the next numbers."""
        names = pl.DataFrame({"skills": skills.unique(maintain_order=True)})
        new = names.join(self._names, on="skills", how="anti", nulls_equal=True, maintain_order="left")
        for text in new["skills"]:
            self._members.append(
                [self._index[name] for name in (text or "").split(SKILL_SEPARATOR) if name in self._index]
            )
        code = pl.int_range(self._names.height, self._names.height + new.height, eager=True)
        self._names = pl.concat([self._names, new.with_columns(code=code)])
        codes = pl.DataFrame({"skills": skills}).join(
            self._names, on="skills", how="left", nulls_equal=True, maintain_order="left"
        )
        return torch.tensor(codes["code"].to_numpy())

    @property
    def sets(self) -> SkillSets:
        """All sets so far."""
        return SkillSets.of(self._members)


def mean_over_skills(rows: Tensor, sets: SkillSets) -> Tensor:
    """Value of a set from the values of its skills: their mean.

    Args:
        rows: (skills, ...) one value a skill.
        sets: the sets.

    Returns:
        (sets, ...)
    """
    if sets.members.shape[1] == 1:
        return rows[sets.members[:, 0]]
    gathered = rows[sets.members.clamp(min=0)]  # (sets, largest, ...)
    weights = sets.weights.to(rows.dtype)
    return (gathered * weights.reshape(*weights.shape, *[1] * (rows.dim() - 1))).sum(1)
