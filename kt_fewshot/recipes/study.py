"""A split log in a tracer's own numbers: what one training needs, and nothing it does not."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import polars as pl

from kt_fewshot.data import (
    GROUP_ANSWERS,
    PARTS,
    BucketedSplit,
    GrowingStore,
    Ingest,
    Interactions,
    NumberedSets,
    SequenceStore,
    SimulatedStudents,
    Split,
    Vocabulary,
    encode,
)
from kt_fewshot.errors import KTError

from .data_settings import Data


@dataclass(frozen=True)
class Study:
    """Stores of the three parts, and the test's log for scoring.

    Of the training and validation logs only their stores stay: numbers take a fraction of the memory of names.

    - `vocabulary`: read off the training part;
    - `train`, `valid`, `test`: stores;
    - `read_log`: gives the answers behind `test`; `simulated`: the truth behind them, if they are simulated;
    - `students`: who is in which part; `ingests`: how the logs were read; `lines`: both in words.
    """

    vocabulary: Vocabulary
    train: SequenceStore
    valid: SequenceStore
    test: SequenceStore
    read_log: Callable[[], Interactions]
    simulated: SimulatedStudents | None
    students: pl.DataFrame
    ingests: tuple[Ingest, ...]
    lines: tuple[str, ...]

    @classmethod
    def of(cls, data: Data, *, min_item_answers: int, groups: bool = False, folder: Path | None = None) -> Self:
        """Encode a split log.

        Args:
            data: the split log.
            min_item_answers: an item with fewer training answers is the unknown item.
            groups: whether groups of students are told apart.
            folder: where the stores of a log in buckets are written, to be mapped into memory from there.

        Raises:
            KTError: if the log names neither skills nor items, or no groups where they are to be told apart.
        """
        split = data.split
        train = (piece.train.interactions for piece in split.pieces())
        vocabulary = Vocabulary.of_pieces(train, min_item_answers=min_item_answers, groups=groups)
        if not vocabulary.skills and not vocabulary.items:
            raise KTError(
                "The log names neither skills nor items, so there is nothing to trace. Name one with --skill."
            )
        if groups and not vocabulary.groups:
            raise KTError(
                f"`group_tie` wants groups of students with {GROUP_ANSWERS} training answers or more. The log has "
                "none. Name their column with --group, or leave `group_tie` out."
            )
        return cls(
            vocabulary,
            *_stores(split, vocabulary, folder),
            read_log=_reader_of_test(split),
            simulated=data.simulated and data.simulated.of_students(split.test.interactions.table["student"].unique()),
            students=split.frame(),
            ingests=data.ingests,
            lines=tuple(data.describe()),
        )

    @cached_property
    def log(self) -> Interactions:
        """The answers behind `test`; those of a log in buckets are read when they are first asked for."""
        return self.read_log()

    @property
    def mean(self) -> float:
        """Share of right answers in training, in [0, 1]."""
        return self.train.mean()

    def kept_in(self, folder: Path) -> Path:
        """Write the stores of training and validation to a folder, unless they are mapped from there; where they are.

        So that other processes on the machine share their memory.
        """
        for name, store in (("train", self.train), ("valid", self.valid)):
            if not (folder / name).exists():
                store.save(folder / name)
        return folder.absolute()


def _reader_of_test(split: Split | BucketedSplit) -> Callable[[], Interactions]:
    if isinstance(split, BucketedSplit):
        return lambda: split.test.interactions
    log = split.test.interactions  # the rest of the log is let go
    return lambda: log


def _stores(split: Split | BucketedSplit, vocabulary: Vocabulary, folder: Path | None) -> list[SequenceStore]:
    """The parts' stores: in memory, or, of a log in buckets, mapped from a folder."""
    if isinstance(split, Split):
        parts = (split.train, split.valid, split.test)
        return [encode(part.interactions, vocabulary, scored=part.scored) for part in parts]
    if folder is None:
        raise ValueError("`folder` should be given for a log in buckets. Found none.")
    growing = {name: GrowingStore(folder / name) for name in PARTS}
    numbered = {name: NumberedSets(vocabulary) for name in PARTS}
    with ExitStack() as stack:
        for store in growing.values():
            stack.enter_context(store)
        for piece in split.pieces():
            for name, part in zip(PARTS, (piece.train, piece.valid, piece.test), strict=True):
                if len(part.scored):
                    answers = part.interactions
                    growing[name].add(encode(answers, vocabulary, scored=part.scored, numbered=numbered[name]))
    return [SequenceStore.load(folder / name) for name in PARTS]
