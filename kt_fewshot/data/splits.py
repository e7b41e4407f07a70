"""Splits: which answers train, which validate, which test, and which are only there as history.

Every split but `by_time` keeps a student whole in one part: what is measured is how well a model follows students it
has never seen. `by_time` measures how well it follows known students into their future.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
import polars as pl

from kt_fewshot.errors import LogError

from .interactions import Interactions
from .parts import PARTS, Part, Split, count

Fractions = tuple[float, float, float]


def by_student(interactions: Interactions, *, fractions: Fractions = (0.7, 0.1, 0.2), seed: int) -> Split:
    """Deal whole students to the parts, at least one to each.

    A student's place in the deal is a hash of the id and the seed: the order of the log plays no role, and a student
    more or less in the log moves only students at a border.

    Args:
        interactions: the log.
        fractions: shares of train, valid and test among the students; they add up to 1.
        seed: another seed, another deal.

    Raises:
        ValueError: if the fractions are not three positive numbers that add up to 1.
        LogError: if there are too few students for every part to have one.

    Example:
        >>> table = pl.DataFrame({"student": ["ada", "bo", "cy"], "correct": [1, 0, 1]})
        >>> print(by_student(Interactions.ordered(table), seed=0).describe())
        train 1 answer of 1 student, valid 1 answer of 1 student, test 1 answer of 1 student
    """
    students = interactions.table["student"].unique().to_list()
    return _whole_students(interactions, deal(students, fractions=fractions, seed=seed))


def deal(
    students: Iterable[str], *, fractions: Fractions = (0.7, 0.1, 0.2), seed: int
) -> tuple[list[str], list[str], list[str]]:
    """Who trains, who validates and who tests, as `by_student` has it.

    Args:
        students: every id once.
        fractions: as `by_student` has them.
        seed: another seed, another deal.

    Raises:
        ValueError, LogError: as `by_student`.
    """
    _check_fractions(fractions)
    students = _in_order(students, seed)
    n_valid, n_test = (_share(fraction, len(students)) for fraction in fractions[1:])
    n_train = len(students) - n_valid - n_test
    if n_train < 1:
        raise LogError(
            f"A split by student needs at least one student in each of train, valid and test. Found "
            f"{count(len(students), 'student')} for the fractions {fractions}."
        )
    return students[:n_train], students[n_train : n_train + n_valid], students[n_train + n_valid :]


def by_time(interactions: Interactions, *, fractions: Fractions = (0.7, 0.1, 0.2)) -> Split:
    """Cut each student's history: its beginning trains, what follows validates, the end tests.

    The valid part holds a student's answers up to the end of validation, the earlier ones as history only; the test
    part holds all answers in the same way. A border that would cut a bundle moves behind it, since the answers of a
    bundle were given without knowing each other. Students with nothing to score in a part are left out of it.

    Args:
        interactions: the log.
        fractions: shares of train, valid and test in each history, rounded to whole answers; they add up to 1.

    Raises:
        ValueError: if the fractions are not three positive numbers that add up to 1.
        LogError: if no student has answers enough for every part.
    """
    _check_fractions(fractions)
    part = _part_of_answer(interactions, fractions)
    parts = [_up_to(interactions, part, number) for number in range(len(PARTS))]
    for name, found in zip(PARTS, parts, strict=True):
        if not found.scored.any():
            longest = interactions.table.group_by("student").len()["len"].max() or 0
            raise LogError(
                f"A split by time leaves no answer for '{name}': the histories are too short for the fractions "
                f"{fractions}. Found at most {longest} answers a student."
            )
    return Split(*parts)


def by_fold(interactions: Interactions, *, valid: int, test: int = -1) -> Split:
    """Follow the folds that came with the log.

    Args:
        interactions: a log whose column `fold` is filled.
        valid: the fold that validates.
        test: the fold that tests, -1 for the log's own test set. Every other fold trains.

    Raises:
        ValueError: if `valid` and `test` are the same fold.
        LogError: if answers have no fold, if a fold is not in the log, if no fold is left to train, or if a student is
            in several folds.
    """
    if valid == test:
        raise ValueError(f"`valid` and `test` should be different folds. Found {valid} for both.")
    folds = interactions.table["fold"]
    if folds.null_count():
        raise LogError(f"A split by fold needs the fold of every answer. Found {folds.null_count()} answers without.")
    there = folds.unique().sort().to_list()
    for fold in (valid, test):
        if fold not in there:
            raise LogError(f"Fold {fold} is not in the log (found: {', '.join(map(str, there))}).")
    students = [
        _students_where(interactions, mask) for mask in (~folds.is_in([valid, test]), folds == valid, folds == test)
    ]
    if not students[0]:
        raise LogError(f"No fold is left to train on beside {valid} and {test}.")
    crossing = interactions.table.group_by("student").agg(pl.col("fold").n_unique()).filter(pl.col("fold") > 1)
    _refuse_crossing(crossing["student"].to_list(), "several folds")
    return _whole_students(interactions, students)


def by_fold_files(logs: Sequence[Interactions], *, test_fold: int) -> Split:
    """Cross-validation over logs that are one fold each, as in the five-fold files of AKT (Ghosh et al., 2020).

    Args:
        logs: one log a fold, in order.
        test_fold: number of the log that tests, counted from 1. The next one validates (after the last comes the
            first), the others train.

    Raises:
        ValueError: if `test_fold` is not the number of a log.
        LogError: if there are fewer than three logs, or if a student is in two of them.
    """
    n = len(logs)
    if n < len(PARTS):
        raise LogError(f"A split by fold files needs at least 3 logs: train, valid and test. Found {n}.")
    if not 1 <= test_fold <= n:
        raise ValueError(f"`test_fold` should be from 1 to {n}. Found `test_fold = {test_fold}`.")
    every = pl.concat([log.table["student"].unique() for log in logs])
    _refuse_crossing(every.filter(every.is_duplicated()).unique().to_list(), "several fold files")
    test, valid = test_fold - 1, test_fold % n
    train = joined([log for number, log in enumerate(logs) if number not in (test, valid)])
    return Split(Part.whole(train), Part.whole(logs[valid]), Part.whole(logs[test]))


def with_test(log: Interactions, test_log: Interactions, *, valid_fraction: float = 0.1, seed: int) -> Split:
    """Test on a log of its own; of the first log's students some validate, at least one, and the others train.

    Args:
        log: trains and validates.
        test_log: tests; its students are other students.
        valid_fraction: share of `log`'s students that validate, in (0, 1).
        seed: of the deal, as in `by_student`.

    Raises:
        ValueError: if `valid_fraction` is not in (0, 1).
        LogError: if the logs share a student, if `log` has fewer than two students, or if `test_log` is empty.
    """
    if not 0 < valid_fraction < 1:
        raise ValueError(f"`valid_fraction` should be in (0, 1). Found `valid_fraction = {valid_fraction}`.")
    students = dealt(log, seed)
    n_valid = _share(valid_fraction, len(students))
    if n_valid >= len(students):
        raise LogError(f"The log needs students to train and to validate. Found {count(len(students), 'student')}.")
    if not len(test_log):
        raise LogError("The test log has no answers.")
    shared = set(students) & set(test_log.table["student"].unique())
    _refuse_crossing(sorted(shared), "both the log and the test log")
    train, valid = (Part.whole(log.of_students(names)) for names in (students[n_valid:], students[:n_valid]))
    return Split(train, valid, Part.whole(test_log))


def _check_fractions(fractions: Fractions) -> None:
    if len(fractions) != len(PARTS) or min(fractions) <= 0 or not np.isclose(sum(fractions), 1):
        raise ValueError(f"`fractions` should be three positive numbers that add up to 1. Found {fractions}.")


def dealt(interactions: Interactions, seed: int) -> list[str]:
    """Every student, in an order that depends on the ids and the seed only."""
    return _in_order(interactions.table["student"].unique().to_list(), seed)


def _in_order(students: Iterable[str], seed: int) -> list[str]:
    """Students in the order of a hash of id and seed."""
    return sorted(
        students, key=lambda student: (blake2b(f"{seed}:{student}".encode(), digest_size=8).digest(), student)
    )


def _share(fraction: float, n: int) -> int:
    """A share of n students, rounded half up, at least one."""
    return max(1, int(fraction * n + 0.5))


def _whole_students(interactions: Interactions, students: Sequence[Sequence[str]]) -> Split:
    return Split(*(Part.whole(interactions.of_students(list(names))) for names in students))


def _part_of_answer(interactions: Interactions, fractions: Fractions) -> np.ndarray:
    """(answers,) the number of each answer's part in `PARTS`."""
    ends = np.cumsum(fractions)[:-1].round(9)
    place, n = pl.int_range(pl.len()).over("student"), pl.len().over("student")
    later = [(place >= (n * end + 0.5).floor()).cast(pl.Int8) for end in ends]
    table = interactions.table.select(part=pl.sum_horizontal(later)).with_columns(bundle=interactions.bundle_numbers())
    return table.select(pl.col("part").first().over("bundle")).to_series().to_numpy()


def _up_to(interactions: Interactions, part: np.ndarray, number: int) -> Part:
    """Histories up to part `number`, of the students who have answers in it."""
    table = interactions.table.select("student", pl.Series("part", part))
    there = table.select((pl.col("part") == number).any().over("student")).to_series().to_numpy()
    keep = there & (part <= number)
    return Part(interactions.where(pl.Series(keep)), part[keep] == number)


def _students_where(interactions: Interactions, mask: pl.Series) -> list[str]:
    return interactions.table["student"].filter(mask).unique().to_list()


def _refuse_crossing(students: list[str], where: str) -> None:
    if students:
        raise LogError(
            f"A student may be in one part only. Found {count(len(students), 'student')} in {where}, such as "
            f"'{min(students)}'. If these are different people, give them different ids."
        )


def joined(logs: list[Interactions]) -> Interactions:
    """Several logs of different students as one; `file` points into the joined list of files."""
    first_file = np.cumsum([0, *(len(log.files) for log in logs[:-1])]).tolist()
    tables = [
        log.table.with_columns((pl.col("file") + first).cast(pl.UInt32))
        for log, first in zip(logs, first_file, strict=True)
    ]
    return Interactions(pl.concat(tables), tuple(name for log in logs for name in log.files))
