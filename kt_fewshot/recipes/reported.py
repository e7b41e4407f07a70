"""What a report tells of: a run's own test, or another log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import polars as pl
import torch

from kt_fewshot.data import Interactions, SequenceStore, encode
from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results, Transfer, evaluate_next_response
from kt_fewshot.reports import Standing
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import Tracer

from .classics import against_classics, keep_standings, kept_standings
from .kept_json import kept_json
from .saved_tracer import TracedLog
from .say import Say
from .study import Study
from .train_settings import TrainSettings
from .write_table import FORMULA_STARTS

CELLS: Final = 20_000_000
"""Resamples times answers, about: a large log gets fewer resamples, and needs fewer."""

TRANSFER: Final = "transfer.json"
"""In a run's folder: its tasks against models of their own."""

LEARNED_FROM: Final = ("train", "valid")
NEVER_MET: Final = "whom it had never met"
LATER: Final = "whom it knew, later ones than it learned from"


@dataclass(frozen=True)
class Reported:
    """What a report tells of: a log, its answers that test the tracer (`store.scored`), and what was found of them.

    - `probability: (answers,)` P(correct) before each answer;
    - `asked`: whose answers test, in words; `notes`: what else to say, a sentence each;
    - `standings`: the tracer and the classics on the very answers of `results`, if known;
    - `together`: the run's tasks against models of their own, if they were compared;
    - `mastery`: where everyone stands, if that is known already.
    """

    log: Interactions
    store: SequenceStore
    probability: np.ndarray
    results: Results
    asked: str
    standings: tuple[Standing, ...] = ()
    together: Transfer | None = None
    mastery: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of_run(cls, run: RunFolder, tracer: Tracer, say: Say) -> Self:
        """The run's own test, read again; the classics are fitted if they have not been.

        Raises:
            KTError: if the run's log cannot be read any more.
        """
        settings = TrainSettings.assemble(run.config, {})
        data = settings.data.load()
        standings, test, students = kept_standings(run), data.split.test, data.split.frame()
        if standings is None:
            say("Fitting the classics to compare with.")
            study = Study.of(data, min_item_answers=settings.min_item_answers, groups=settings.groups)
            standings = against_classics(tracer, study)
            keep_standings(run, standings)
        store = encode(test.interactions, tracer.vocabulary, scored=test.scored)
        said = foretold(tracer, store)
        results = _kept_results(run) or _evaluated(said, test.interactions, store)
        return cls(test.interactions, store, said, results, asked_of(students), standings, kept_transfer(run))

    @classmethod
    def of_log(cls, traced: TracedLog) -> Self:
        """Another log: its students whom the tracer did not learn from test it, or else the run's own test is told of.

        Raises:
            KTError: if the tracer learned from everyone, and the results of the run's test are missing.
        """
        log, run = traced.log.interactions, traced.run
        split, kept = _split(run), _kept_results(run)
        new = ~log.table["student"].is_in(_of_parts(split, LEARNED_FROM))
        store = replace(traced.store, scored=torch.tensor(new.to_numpy()))
        said = foretold(traced.tracer, store)
        testers = set(log.table["student"].filter(new).unique())
        known = log.n_students - len(testers)
        who = f"{known:,} of these" if testers else "all of these"
        notes = (f"The model learned from {who} students, or from others with their ids.",) if known else ()
        same_test = kept is not None and testers == set(_of_parts(split, ("test",))) and _answers(kept) == new.sum()
        if kept is not None and (same_test or not testers):
            about = (
                "How good it is was measured on the others." if testers else "How good it is was measured on others."
            )
            return cls(log, store, said, kept, NEVER_MET, kept_standings(run) or (), notes=(*notes, about))
        if not testers:
            raise KTError(
                f"The model learned from every student of the log, and {run.results}, its test, is missing. "
                "Name a log with other students."
            )
        about = ("Only the others test it.",) if known else ()
        return cls(log, store, said, _evaluated(said, log, store), NEVER_MET, notes=(*notes, *about))


def asked_of(students: pl.DataFrame) -> str:
    """Whose answers test a tracer, in words.

    Args:
        students: who is where, `student` and `part`, as `Split.frame` has it.
    """
    test, learned = (set(_of_parts(students, parts)) for parts in (("test",), LEARNED_FROM))
    return LATER if test & learned else NEVER_MET


def kept_transfer(run: RunFolder) -> Transfer | None:
    """What a run's comparison with single tasks found; None if there was none, or it cannot be understood."""
    return kept_json(run.path / TRANSFER, Transfer.from_json_dict)


def foretold(tracer: Tracer, store: SequenceStore) -> np.ndarray:
    """(answers,) P(correct) before each answer."""
    return tracer.predict_log(store).correct.float().cpu().numpy()


def _of_parts(students: pl.DataFrame, parts: Sequence[str]) -> list[str]:
    return students.filter(pl.col("part").is_in(list(parts)))["student"].unique().to_list()


def _split(run: RunFolder) -> pl.DataFrame:
    """Who was where in the run, as the log wrote them."""
    path = run.path / "split.csv"
    if not path.is_file():
        return pl.DataFrame(schema={"student": pl.String, "part": pl.String})
    bare = pl.col("student").str.slice(1)
    guarded = pl.col("student").str.starts_with("'") & pl.any_horizontal(map(bare.str.starts_with, FORMULA_STARTS))
    whole = pl.when(guarded).then(bare).otherwise(pl.col("student"))
    return pl.read_csv(path, infer_schema=False).with_columns(student=whole)


def _answers(results: Results) -> int:
    return results.counts.get("answers", 0)


def _evaluated(probability: np.ndarray, log: Interactions, store: SequenceStore) -> Results:
    scored = store.scored.cpu().numpy()
    draws = int(np.clip(CELLS // max(int(scored.sum()), 1), 100, 1_000))
    return evaluate_next_response(log, probability, scored=scored, draws=draws, part_draws=min(draws, 200))


def _kept_results(run: RunFolder) -> Results | None:
    return kept_json(run.results, Results.from_json_dict)
