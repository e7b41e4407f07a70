"""A split log in a tracer's own numbers: what one training needs, and nothing it does not."""

from dataclasses import dataclass
from typing import Self

import polars as pl

from kt_fewshot.data import Ingest, Interactions, Part, SequenceStore, SimulatedStudents, Vocabulary, encode
from kt_fewshot.errors import KTError

from .data_settings import Data


@dataclass(frozen=True)
class Study:
    """Stores of the three parts, and the test's log for scoring.

    Of the training and validation logs only their stores stay: numbers take a fraction of the memory of names.

    - `vocabulary`: read off the training part;
    - `train`, `valid`, `test`: stores;
    - `log`: the answers behind `test`; `simulated`: the truth behind them, if they are simulated;
    - `students`: who is in which part; `ingests`: how the logs were read; `lines`: both in words.
    """

    vocabulary: Vocabulary
    train: SequenceStore
    valid: SequenceStore
    test: SequenceStore
    log: Interactions
    simulated: SimulatedStudents | None
    students: pl.DataFrame
    ingests: tuple[Ingest, ...]
    lines: tuple[str, ...]

    @classmethod
    def of(cls, data: Data, *, min_item_answers: int) -> Self:
        """Encode a split log.

        Args:
            data: the split log.
            min_item_answers: an item with fewer training answers is the unknown item.

        Raises:
            KTError: if the log names neither skills nor items.
        """
        split = data.split
        vocabulary = Vocabulary.of(split.train.interactions, min_item_answers=min_item_answers)
        if not vocabulary.skills and not vocabulary.items:
            raise KTError(
                "The log names neither skills nor items, so there is nothing to trace. Name one with --skill."
            )
        log = split.test.interactions
        return cls(
            vocabulary,
            *(_encoded(part, vocabulary) for part in (split.train, split.valid, split.test)),
            log=log,
            simulated=data.simulated and data.simulated.of_students(log.table["student"].unique()),
            students=split.frame(),
            ingests=data.ingests,
            lines=tuple(data.describe()),
        )

    @property
    def mean(self) -> float:
        """Share of right answers in training, in [0, 1]."""
        return float(self.train.correct[self.train.scored].double().mean())


def _encoded(part: Part, vocabulary: Vocabulary) -> SequenceStore:
    return encode(part.interactions, vocabulary, scored=part.scored)
