"""A few-shot run's report, made again from what the run left."""

from pathlib import Path
from typing import Any

import polars as pl
import torch

from kt_fewshot.errors import StorageError
from kt_fewshot.fewshot import load_method
from kt_fewshot.reports import few_shot_report
from kt_fewshot.storage import RunFolder, write_text

from .episode_material import episode_material
from .evaluate_episodes import check_shape
from .fewshot_settings import FewShotSettings
from .judged_method import judge_first, tested
from .meta_train import REPORT
from .saved_tracer import choose_device
from .say import Say, silent


def report_episodes(
    run: str | Path, *, out: Path | None = None, device: str = "auto", threads: int = 1, say: Say = silent
) -> dict[str, Any]:
    """Test a run again on its own test episodes and write the report.

    Args:
        run: the run's folder, its name under `runs/`, or "latest".
        out: HTML to write; `report.html` in the run's folder if None.
        device: auto, cpu or cuda.
        threads: CPU threads, of the whole process.
        say: told what was decided.

    Returns:
        what was written, as plain JSON values.

    Raises:
        KTError: if the run is missing or damaged, or its data are not there any more.
    """
    if out is not None and out.is_dir():
        raise StorageError(f"{out} is a folder. Name a file to write to.")
    torch.set_num_threads(threads)
    folder = RunFolder.open(run)
    settings = FewShotSettings.assemble(folder.config, {"device": device})
    method, _ = load_method(folder.model)
    method.to(choose_device(device))
    splits, plan = settings.load(), settings.test_plan()
    test = splits.test
    check_shape(method, test.shape)
    say(f"{settings.data}: {test.n_classes:,} classes to test.")
    judged = judge_first(method, test, plan, settings.test_episodes)
    results = tested(judged, plan, method)
    history = pl.read_csv(folder.history) if folder.history.is_file() else None
    material = episode_material(method, splits, settings, judged=judged, results=results, history=history)
    path = out or folder.path / REPORT
    page = few_shot_report(material)
    write_text(path, page)
    return {"run": str(folder.path), "out": str(path), "bytes": len(page.encode())}
