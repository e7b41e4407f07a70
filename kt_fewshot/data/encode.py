"""From the log table to the sequence store: everything a model may know of each answer, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

from .history_features import Occurrences, count_features, tally_features, upcoming
from .interactions import SKILL_SEPARATOR, Interactions
from .skill_sets import NumberedSets, SkillSets
from .store import HORIZON, SequenceStore
from .vocabulary import UNKNOWN, Vocabulary

GAP_SCALE = 10.0
"""Divides log(1 + seconds): a day is 1.1, a year 1.7."""


@dataclass(frozen=True)
class Unknown:
    """How much of a log a vocabulary does not know: skills, and answers on unknown skills and items."""

    skills: tuple[str, ...]
    skill_answers: int
    item_answers: int


def unknown_in(interactions: Interactions, vocabulary: Vocabulary) -> Unknown:
    """Count what goes to the unknown rows."""
    new = sorted(set(interactions.skill_names()) - set(vocabulary.skills))
    table = interactions.table
    with_new = table["skills"].drop_nulls().str.split(SKILL_SEPARATOR).list.set_intersection(new).list.len() > 0
    items = table["item"].drop_nulls()
    return Unknown(tuple(new), int(with_new.sum()), int((~items.is_in(list(vocabulary.items))).sum()))


def encode(
    interactions: Interactions,
    vocabulary: Vocabulary,
    *,
    scored: np.ndarray | None = None,
    numbered: NumberedSets | None = None,
    dtype: torch.dtype = torch.float32,
) -> SequenceStore:
    """Turn a log into the columns a trainer reads.

    Skills and items the vocabulary does not know go to the unknown rows; of a set, only the known skills stay.

    Args:
        interactions: the log; rows keep their order.
        vocabulary: names to indices.
        scored: (answers,) bool, which answers count in losses and metrics; all by default.
        numbered: the skill sets of earlier pieces of the log, where it comes in pieces; those of this one are added.
        dtype: of the real-valued columns.
    """
    table = interactions.table
    numbered = numbered or NumberedSets(vocabulary)
    skill_set = numbered.of(table["skills"])
    sets = numbered.sets
    item = _index(table["item"], vocabulary.items)
    correct = torch.tensor(table["correct"].to_numpy())
    student = torch.tensor(table["student"].rle_id().to_numpy().astype(np.int64))
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), torch.bincount(student).cumsum(0)])
    skill = _SkillOccurrences.of(student, skill_set, sets, vocabulary.n_skills)
    time = torch.tensor(table["time"].fill_null(float("nan")).to_numpy(), dtype=torch.float64)
    of_item = Occurrences.of(student * vocabulary.n_items + item)
    past = _Past.of(skill, Occurrences.of(student), of_item, correct=correct, time=time, dtype=dtype)
    place = _places(interactions)
    heard = past.features(item, None)
    question = past.features(item, torch.arange(len(place)) - place) if len(place) else heard
    return SequenceStore(
        starts=starts,
        skill_set=skill_set.to(torch.int32),
        item=item.to(torch.int32),
        correct=correct,
        scored=torch.ones(len(table), dtype=torch.bool) if scored is None else torch.from_numpy(scored.copy()),
        question=question,
        behaviour=_behaviour(table, vocabulary, dtype),
        ahead=skill.ahead(sets, skill_set, correct),
        time=time,
        place=place,
        heard=heard[: len(place)],
        group=_groups(table["group"], vocabulary),
        sets=sets,
    )


def log_gap(seconds: Tensor) -> Tensor:
    """A time gap as a feature: log(1 + seconds) / 10; 0 where the gap is unknown (NaN) or negative."""
    return torch.log1p(seconds.nan_to_num(0.0).clamp(min=0)) / GAP_SCALE


def _index(names: pl.Series, known: Sequence[str]) -> Tensor:
    """Each name's index, counted from 1; `UNKNOWN` of others."""
    if not known:
        return torch.full((len(names),), UNKNOWN)
    code = pl.DataFrame({"name": known}, schema={"name": pl.String}).with_row_index("code", offset=1)
    coded = names.to_frame("name").join(code, on="name", how="left", maintain_order="left")
    return torch.tensor(coded["code"].fill_null(UNKNOWN).to_numpy().astype(np.int64))


def _groups(groups: pl.Series, vocabulary: Vocabulary) -> Tensor:
    """(answers,) group of each answer; (0,) where none are told apart."""
    if not vocabulary.groups:
        return torch.zeros(0, dtype=torch.int16)
    return _index(groups, vocabulary.groups).to(torch.int16)


def _behaviour(table: pl.DataFrame, vocabulary: Vocabulary, dtype: torch.dtype) -> Tensor:
    mean, deviation = vocabulary.response_time
    columns = table.select(
        (pl.col("response_time").cast(pl.Float64).clip(0).log1p() - mean) / deviation,
        (pl.col("hints") > 0).cast(pl.Float64),
        pl.col("attempts").cast(pl.Float64).clip(1).log(),
    )
    return torch.tensor(columns.fill_null(float("nan")).to_numpy(), dtype=dtype)


def _places(interactions: Interactions) -> Tensor:
    """(answers,) how many answers of its bundle came before each; (0,) where no two answers share one."""
    if not interactions.has("bundle"):
        return torch.zeros(0, dtype=torch.int32)
    numbers = interactions.bundle_numbers().to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] + 1))  # the first differs from the one before it too
    place = np.arange(len(numbers)) - starts[numbers]
    return torch.from_numpy(place.astype(np.int32) if place.any() else np.zeros(0, dtype=np.int32))


def _previous(occurrences: Occurrences, time: Tensor) -> Tensor:
    """The time of the group's previous occurrence; NaN for the first."""
    previous = time[occurrences.order].roll(1)
    previous[occurrences.starts] = float("nan")
    result = torch.empty_like(previous)
    result[occurrences.order] = previous
    return result


@dataclass(frozen=True)
class _Past:
    """What is known of the history before each answer, in groups: by skill, overall and by item.

    `*_tally`: features of the group's tally; `*_time`: when the group's previous answer was, NaN for the first.
    """

    skill: "_SkillOccurrences"
    everything: Occurrences
    of_item: Occurrences
    skill_tally: Tensor
    tally: Tensor
    item_tally: Tensor
    skill_time: Tensor
    last_time: Tensor
    time: Tensor

    @classmethod
    def of(
        cls,
        skill: "_SkillOccurrences",
        everything: Occurrences,
        of_item: Occurrences,
        *,
        correct: Tensor,
        time: Tensor,
        dtype: torch.dtype,
    ) -> "_Past":
        return cls(
            skill,
            everything,
            of_item,
            skill_tally=tally_features(skill.groups, correct[skill.step], dtype=dtype),
            tally=tally_features(everything, correct, dtype=dtype),
            item_tally=count_features(of_item, correct, dtype=dtype),
            skill_time=_previous(skill.groups, time[skill.step]),
            last_time=_previous(everything, time),
            time=time,
        )

    def features(self, item: Tensor, bundle: Tensor | None) -> Tensor:
        """(answers, QUESTION_FEATURES) before each answer or, with bundles, before its bundle."""
        of_entry = None if bundle is None else bundle[self.skill.step]
        skill_gap = self.time[self.skill.step] - self.skill.groups.as_asked(self.skill_time, of_entry)
        gap = self.time - self.everything.as_asked(self.last_time, bundle)
        dtype = self.tally.dtype
        return torch.cat(
            [
                self.skill.mean(self.skill.groups.as_asked(self.skill_tally, of_entry)),
                self.everything.as_asked(self.tally, bundle),
                self.of_item.as_asked(self.item_tally, bundle) * (item != UNKNOWN)[:, None],
                log_gap(gap).to(dtype)[:, None],
                self.skill.mean(log_gap(skill_gap).to(dtype)[:, None]),
            ],
            dim=1,
        )


@dataclass(frozen=True)
class _SkillOccurrences:
    """One entry for each (answer, skill of the answer): `step` is the answer; groups are a student's skills."""

    step: Tensor
    groups: Occurrences
    n_answers: int

    @classmethod
    def of(cls, student: Tensor, skill_set: Tensor, sets: SkillSets, n_skills: int) -> "_SkillOccurrences":
        members = sets.members[skill_set]  # (answers, largest)
        step, place = (members >= 0).nonzero(as_tuple=True)
        return cls(step, Occurrences.of(student[step] * n_skills + members[step, place]), len(skill_set))

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the skills of each answer: (entries, features) to (answers, features)."""
        if len(self.step) == self.n_answers:
            return values
        total = values.new_zeros(self.n_answers, values.shape[1]).index_add_(0, self.step, values)
        return total / torch.bincount(self.step, minlength=self.n_answers)[:, None]

    def ahead(self, sets: SkillSets, skill_set: Tensor, correct: Tensor) -> Tensor:
        alone = sets.single()[skill_set] >= 0
        told = torch.where(alone, correct, 2).to(torch.int8)
        ahead = upcoming(self.groups, told[self.step], HORIZON)
        result = torch.full((self.n_answers, HORIZON), -1, dtype=torch.int8)
        first = alone[self.step]
        result[self.step[first]] = ahead[first]
        return result
