"""What a saved run is good for: test it on a log, predict a log, say where everyone stands."""

from pathlib import Path
from typing import Any

from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results, predictions_frame
from kt_fewshot.storage import write_json

from .evaluate_tracer import Protocol, evaluate_tracer
from .mastery_table import mastery_table
from .saved_tracer import TracedLog
from .write_table import check_target, write_table


def evaluate_log(traced: TracedLog, *, protocol: Protocol = "carried", out: Path | None = None) -> Results:
    """Test a saved run on a log.

    Args:
        traced: the run and the log.
        protocol: how the tracer is asked.
        out: JSON file for the results.
    """
    results = evaluate_tracer(traced.tracer, traced.log.interactions, traced.store, protocol=protocol)
    results = results.of_run(str(traced.run.path))
    if out is not None:
        write_json(out, results.to_json_dict())
    return results


def predict_log(traced: TracedLog, out: Path) -> dict[str, Any]:
    """Predict every answer from what came before it, and write one line for each record of the log.

    Args:
        traced: the run and the log.
        out: CSV (or Parquet) to write, in kt-audit's columns.

    Returns:
        what was written, as plain JSON values.

    Raises:
        StorageError: if the file cannot be written, or is the log itself.
    """
    check_target(out, inputs=traced.paths)
    said = traced.tracer.predict_log(traced.store)
    correct, mastery = (values.double().cpu().numpy() for values in said)
    ingest = traced.log.ingest
    table = predictions_frame(
        traced.log.interactions, correct, mastery=mastery, fates=ingest.fates, rows_read=ingest.rows_read
    )
    write_table(out, table)
    return {"run": str(traced.run.path), "out": str(out), "rows": table.height, "predicted": len(traced.store)}


def write_mastery(traced: TracedLog, out: Path, *, mastered_at: float = 0.95) -> dict[str, Any]:
    """Write where everyone stands after the log: a row for each student and skill.

    Args:
        traced: the run and the log.
        out: CSV or Parquet to write.
        mastered_at: P(mastered) from which on a skill counts as mastered.

    Returns:
        what was written, as plain JSON values.

    Raises:
        KTError: if the model knows no skills.
        StorageError: if the file cannot be written, or is the log itself.
    """
    check_target(out, inputs=traced.paths)
    skills = len(traced.tracer.vocabulary.skills)
    if not skills:
        raise KTError(f"The model in {traced.run.path} knows items but no skills, so it has no mastery to tell.")
    table = mastery_table(traced.tracer, traced.log.interactions, traced.store, mastered_at=mastered_at)
    write_table(out, table)
    return {"run": str(traced.run.path), "out": str(out), "students": traced.store.n_students, "skills": skills}
