"""Logs in, sequences out: the log table, its readers, the simulator, splits, the store and its batches."""

from .encode import Unknown, encode, log_gap, unknown_in
from .history_features import (
    N_FEATURES,
    Occurrences,
    Tally,
    after,
    describe,
    empty_tally,
    final_tally,
    tally_features,
    upcoming,
)
from .interactions import SCHEMA, SKILL_SEPARATOR, Interactions, join_skills
from .live_history import Answer, LiveHistory, Question
from .sequences import Finals, PackedRows, SequenceBatch, SlidingWindows, Streams, before_answer
from .simulator import SIMULATORS, SimulatedStudents, Simulator, simulate
from .skill_sets import SkillSets, mean_over_skills
from .store import BEHAVIOUR, HORIZON, QUESTION_FEATURES, SKILL_FEATURES, SequenceStore
from .vocabulary import UNKNOWN, Vocabulary

__all__ = [
    "BEHAVIOUR",
    "HORIZON",
    "N_FEATURES",
    "QUESTION_FEATURES",
    "SCHEMA",
    "SIMULATORS",
    "SKILL_FEATURES",
    "SKILL_SEPARATOR",
    "UNKNOWN",
    "Answer",
    "Finals",
    "Interactions",
    "LiveHistory",
    "Occurrences",
    "PackedRows",
    "Question",
    "SequenceBatch",
    "SequenceStore",
    "SimulatedStudents",
    "Simulator",
    "SkillSets",
    "SlidingWindows",
    "Streams",
    "Tally",
    "Unknown",
    "Vocabulary",
    "after",
    "before_answer",
    "describe",
    "empty_tally",
    "encode",
    "final_tally",
    "join_skills",
    "log_gap",
    "mean_over_skills",
    "simulate",
    "tally_features",
    "unknown_in",
    "upcoming",
]
