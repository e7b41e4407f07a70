"""Logs in, sequences out: the log table, its readers, the simulator, splits, the store and its batches; images."""

from typing import TYPE_CHECKING

from kt_fewshot.faces import load_later

from .interactions import SCHEMA, SKILL_SEPARATOR, Interactions, join_skills
from .readers import READERS, ColumnChoice, CompactLog, Ingest, Log, Watch, read_compact, read_log, unwatched

if TYPE_CHECKING:
    from .bucketed_log import BucketedLog, BucketedSplit
    from .encode import Unknown, encode, log_gap, unknown_in
    from .expanded_rows import expanded_rows
    from .folds import by_student_folds, held_out
    from .frames import frame_columns, interactions_of
    from .growing_store import GrowingStore
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
    from .images import (
        LOADERS,
        ClassImages,
        ImageForm,
        Splits,
        image_files,
        images_of,
        load_image_folder,
        load_images,
        load_omniglot,
        load_table,
        read_class_folder,
        read_images,
        read_table,
        read_unlabelled,
        split_arrays,
        split_classes,
    )
    from .live import Answer, LiveHistory, Question
    from .log_cache import clear_cache, is_cached_log, read_cached, rows_in_cache
    from .log_contents import log_contents, looked_through
    from .log_files import bucket_of, write_buckets, write_log
    from .log_tally import LogTally
    from .log_warnings import log_warnings, quoted
    from .parts import PARTS, Part, Split, count
    from .pseudonymised import pseudonymised
    from .pseudonyms import has_e_mail, pseudonym
    from .sequences import Finals, PackedRows, SequenceBatch, Streams, before_answer
    from .simulator import SIMULATORS, SimulatedStudents, Simulator, simulate
    from .skill_links import skill_links
    from .skill_sets import NumberedSets, SkillSets, mean_over_skills
    from .splits import by_fold, by_fold_files, by_student, by_time, with_test
    from .store import BEHAVIOUR, HORIZON, QUESTION_FEATURES, SKILL_FEATURES, SequenceStore
    from .vocabulary import GROUP_ANSWERS, UNKNOWN, Vocabulary
    from .windows import Windows, sliding_windows

__all__ = [
    "BEHAVIOUR",
    "GROUP_ANSWERS",
    "HORIZON",
    "LOADERS",
    "N_FEATURES",
    "PARTS",
    "QUESTION_FEATURES",
    "READERS",
    "SCHEMA",
    "SIMULATORS",
    "SKILL_FEATURES",
    "SKILL_SEPARATOR",
    "UNKNOWN",
    "Answer",
    "BucketedLog",
    "BucketedSplit",
    "ClassImages",
    "ColumnChoice",
    "CompactLog",
    "Finals",
    "GrowingStore",
    "ImageForm",
    "Ingest",
    "Interactions",
    "LiveHistory",
    "Log",
    "LogTally",
    "NumberedSets",
    "Occurrences",
    "PackedRows",
    "Part",
    "Question",
    "SequenceBatch",
    "SequenceStore",
    "SimulatedStudents",
    "Simulator",
    "SkillSets",
    "Split",
    "Splits",
    "Streams",
    "Tally",
    "Unknown",
    "Vocabulary",
    "Watch",
    "Windows",
    "after",
    "before_answer",
    "bucket_of",
    "by_fold",
    "by_fold_files",
    "by_student",
    "by_student_folds",
    "by_time",
    "clear_cache",
    "count",
    "describe",
    "empty_tally",
    "encode",
    "expanded_rows",
    "final_tally",
    "frame_columns",
    "has_e_mail",
    "held_out",
    "image_files",
    "images_of",
    "interactions_of",
    "is_cached_log",
    "join_skills",
    "load_image_folder",
    "load_images",
    "load_omniglot",
    "load_table",
    "log_contents",
    "log_gap",
    "log_warnings",
    "looked_through",
    "mean_over_skills",
    "pseudonym",
    "pseudonymised",
    "quoted",
    "read_cached",
    "read_class_folder",
    "read_compact",
    "read_images",
    "read_log",
    "read_table",
    "read_unlabelled",
    "rows_in_cache",
    "simulate",
    "skill_links",
    "sliding_windows",
    "split_arrays",
    "split_classes",
    "tally_features",
    "unknown_in",
    "unwatched",
    "upcoming",
    "with_test",
    "write_buckets",
    "write_log",
]

load_later(
    __name__,
    {
        "bucketed_log": ("BucketedLog", "BucketedSplit"),
        "encode": ("Unknown", "encode", "log_gap", "unknown_in"),
        "expanded_rows": ("expanded_rows",),
        "folds": ("by_student_folds", "held_out"),
        "frames": ("frame_columns", "interactions_of"),
        "growing_store": ("GrowingStore",),
        "history_features": (
            "N_FEATURES",
            "Occurrences",
            "Tally",
            "after",
            "describe",
            "empty_tally",
            "final_tally",
            "tally_features",
            "upcoming",
        ),
        "images": (
            "LOADERS",
            "ClassImages",
            "Splits",
            "ImageForm",
            "image_files",
            "read_images",
            "read_unlabelled",
            "images_of",
            "load_image_folder",
            "load_images",
            "load_omniglot",
            "load_table",
            "read_class_folder",
            "read_table",
            "split_arrays",
            "split_classes",
        ),
        "live": ("Answer", "LiveHistory", "Question"),
        "log_cache": ("clear_cache", "is_cached_log", "read_cached", "rows_in_cache"),
        "log_contents": ("log_contents", "looked_through"),
        "log_files": ("bucket_of", "write_buckets", "write_log"),
        "log_tally": ("LogTally",),
        "log_warnings": ("log_warnings", "quoted"),
        "parts": ("PARTS", "Part", "Split", "count"),
        "pseudonymised": ("pseudonymised",),
        "pseudonyms": ("has_e_mail", "pseudonym"),
        "sequences": ("Finals", "PackedRows", "SequenceBatch", "Streams", "before_answer"),
        "simulator": ("SIMULATORS", "SimulatedStudents", "Simulator", "simulate"),
        "skill_links": ("skill_links",),
        "skill_sets": ("NumberedSets", "SkillSets", "mean_over_skills"),
        "splits": ("by_fold", "by_fold_files", "by_student", "by_time", "with_test"),
        "store": ("BEHAVIOUR", "HORIZON", "QUESTION_FEATURES", "SKILL_FEATURES", "SequenceStore"),
        "vocabulary": ("GROUP_ANSWERS", "UNKNOWN", "Vocabulary"),
        "windows": ("Windows", "sliding_windows"),
    },
)
