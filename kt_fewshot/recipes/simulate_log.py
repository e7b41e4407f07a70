"""A log of simulated students, with the truth beside it if wanted."""

from pathlib import Path
from typing import Any

from kt_fewshot.data import simulate
from kt_fewshot.errors import KTError

from .write_table import check_target, write_table


def simulate_log(
    out: Path,
    *,
    students: int = 1000,
    answers: int = 60,
    skills: int = 10,
    generator: str = "bkt",
    seed: int = 0,
    truth: Path | None = None,
) -> dict[str, Any]:
    """Simulate and write.

    Args:
        out: file for the log, Parquet or CSV by its ending.
        students: how many.
        answers: mean number of answers of a student.
        skills: how many.
        generator: a name from `SIMULATORS`.
        seed: same seed, same students.
        truth: file for the latent truth: student, row, skills, mastered, p_correct.

    Returns:
        what was written, as plain JSON values.

    Raises:
        KTError: if the generator is unknown or a number is out of range.
        StorageError: if a file cannot be written.
    """
    for path in (out, truth):
        if path is not None:
            check_target(path)
    if seed < 0:
        raise KTError(f"`seed` should be at least 0. Found `seed = {seed}`.")
    try:
        simulated = simulate(generator, n_students=students, n_answers=answers, n_skills=skills, seed=seed)
    except ValueError as error:
        raise KTError(str(error)) from error
    table = simulated.interactions.table
    kept = [name for name in table.columns if table[name].null_count() < table.height and name not in {"file", "row"}]
    write_table(out, table.select(kept), guard=False)
    if truth is not None:
        write_table(truth, simulated.truth_frame(), guard=False)
    return {
        "out": str(out),
        "students": students,
        "rows": table.height,
        "simulator": generator,
        "truth": str(truth) if truth else None,
    }
