"""Test a saved few-shot run on episodes: of its own test classes, or of other data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results
from kt_fewshot.fewshot import Method, load_method
from kt_fewshot.storage import RunFolder, write_json

from .fewshot_settings import FewShotSettings
from .judged_method import judge_first, tested
from .saved_tracer import choose_device
from .say import Say, silent


def evaluate_episodes(
    run: str | Path,
    plan: Mapping[str, int],
    *,
    episodes: int = 1000,
    data: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 1,
    out: Path | None = None,
    say: Say = silent,
) -> Results:
    """Accuracy, log-loss and calibration with 95 % interval.

    Args:
        run: the run's folder, its name under `runs/`, or "latest".
        plan: `n_way`, `k_shot` and `n_query` of an episode.
        episodes: how many; the same for every method.
        data: fields of `FewShotSettings` that name other data than the run's.
        device: auto, cpu or cuda.
        threads: CPU threads, of the whole process.
        out: where to write the results too.
        say: told what was decided.

    Raises:
        CheckpointError: if the run is missing or damaged.
        KTError: if settings or data are at fault.
    """
    torch.set_num_threads(threads)
    folder = RunFolder.open(run)
    source = dict(data) if data else FewShotSettings.assemble(folder.config, {}).source()
    tests = {"test_way": plan["n_way"], "test_shot": plan["k_shot"], "test_query": plan["n_query"]}
    settings = FewShotSettings.assemble(None, {**source, **tests, "test_episodes": episodes, "device": device})
    method, _ = load_method(folder.model)
    test = settings.load().test
    check_shape(method, test.shape)
    say(f"{settings.data}: {test.n_classes:,} classes to test.")
    asked = settings.test_plan()
    judged = judge_first(method.to(choose_device(device)), test, asked, settings.test_episodes)
    results = tested(judged, asked, method).of_run(str(folder.path))
    if out is not None:
        write_json(out, results.to_json_dict())
    return results


def check_shape(method: Method, shape: tuple[int, ...]) -> None:
    """Refuse examples that a saved method's encoder was not made for.

    Raises:
        KTError: if they are of another shape.
    """
    made = method.encoder.made_as
    if made is not None and tuple(made["shape"]) != shape:
        wanted, found = (" x ".join(map(str, sides)) for sides in (made["shape"], shape))
        raise KTError(f"The run reads examples of {wanted}. Found {found}; --image-size changes the size of images.")
