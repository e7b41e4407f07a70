"""Use a few-shot run on one's own data: a handful of labelled examples in, predictions out."""

from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch import Tensor

from kt_fewshot.data import (
    ClassImages,
    ImageForm,
    image_files,
    read_class_folder,
    read_images,
    read_table,
    read_unlabelled,
)
from kt_fewshot.errors import DatasetError
from kt_fewshot.fewshot import Examples, Method, load_method
from kt_fewshot.storage import RunFolder

from .saved_tracer import choose_device
from .say import Say, silent
from .write_table import check_target, write_table

BATCH = 1024
"""Queries predicted at a time, unless the method looks at all of them together."""


def adapt_method(
    run: str | Path,
    support: Path,
    query: Path,
    *,
    out: Path = Path("predictions.csv"),
    label: str | None = None,
    device: str = "auto",
    threads: int = 1,
    say: Say = silent,
) -> dict[str, Any]:
    """Fit the run's head on labelled examples and write what it says of others.

    The table has a line for each query: `item` (a file below `query`, or the row's number from 1), `predicted`,
    `probability` of the predicted class, and `p(CLASS)` of every class.

    Args:
        run: the run's folder, its name under `runs/`, or "latest".
        support: folder of CLASS/IMAGE, or a CSV file with a column of classes and features.
        query: folder of images, or a CSV file with the same features.
        out: CSV or Parquet to write.
        label: column of the class in a table; label, class, target or y unless named.
        device: auto, cpu or cuda.
        threads: CPU threads, of the whole process.
        say: told what was read.

    Returns:
        `queries` and `classes` (how many), and `out`.

    Raises:
        CheckpointError: if the run is missing or damaged.
        DatasetError: if the examples cannot be read, or are not what the run was trained on.
    """
    check_target(out, inputs=[support, query])
    torch.set_num_threads(threads)
    folder = RunFolder.open(run)
    method, trained = load_method(folder.model)
    method.to(choose_device(device))
    like = _like(method, trained)
    known = _read_support(support, like, label)
    asked, items = _read_query(query, support, like, label)
    shots = known.counts()
    say(f"{support}: {known.n_classes} classes, {int(shots.min())} to {int(shots.max())} examples each.")
    said = _predict(method, known, asked)
    write_table(out, _table(items, known.names, said))
    return {"queries": len(said), "classes": known.n_classes, "out": str(out)}


def _like(method: Method, trained: dict[str, Any]) -> ClassImages:
    """No examples, in the shape and scale of those that the method was trained on."""
    made = method.encoder.made_as or {}
    nothing = torch.zeros(0, *made["shape"])
    return ClassImages(
        nothing, torch.zeros(0, dtype=torch.int64), (), mean=tuple(trained["mean"]), std=tuple(trained["std"])
    )


def _read_support(path: Path, like: ClassImages, label: str | None) -> ClassImages:
    if path.is_dir():
        _must_be_images(path, like)
        return read_class_folder(path, like)
    return read_table(path, label=label, like=like)


def _read_query(path: Path, support: Path, like: ClassImages, label: str | None) -> tuple[ClassImages, list[Any]]:
    """The queries, and what to call them."""
    if path.is_dir():
        _must_be_images(path, like)
        files = image_files(path)
        if not files:
            raise DatasetError(f"There is no image in {path}.")
        form = ImageForm(*like.shape)
        return _unlabelled(read_images(files, form), like), [file.relative_to(path).as_posix() for file in files]
    rows = torch.from_numpy(read_unlabelled(path, support, label=label))
    return _unlabelled(rows, like), list(range(1, len(rows) + 1))


def _must_be_images(path: Path, like: ClassImages) -> None:
    if len(like.shape) != 3:
        raise DatasetError(
            f"The run reads tables of {like.shape[0]} features. Found the folder {path}; name a CSV file."
        )


def _unlabelled(x: Tensor, like: ClassImages) -> ClassImages:
    """Examples of one class that means nothing, in the scale of others."""
    return ClassImages(x, torch.zeros(len(x), dtype=torch.int64), ("",), mean=like.mean, std=like.std)


@torch.no_grad()
def _predict(method: Method, known: ClassImages, asked: ClassImages) -> Tensor:
    """P of every class, (queries, classes)."""
    device = next(method.parameters()).device
    every = torch.arange(len(known))
    support = Examples(known.values(every)[None], known.y[None]).to(device)
    predictor = method.adapt(support, known.n_classes)
    at_once = len(asked) if method.transductive else BATCH
    parts = [
        predictor(asked.values(items)[None].to(device))[0].float().softmax(-1).cpu()
        for items in torch.arange(len(asked)).split(at_once)
    ]
    return torch.cat(parts)


def _table(items: list[Any], classes: tuple[str, ...], said: Tensor) -> pl.DataFrame:
    best = said.max(-1)
    return pl.DataFrame(
        {
            "item": items,
            "predicted": [classes[index] for index in best.indices.tolist()],
            "probability": best.values.numpy(),
        }
        | {f"p({name})": said[:, place].numpy() for place, name in enumerate(classes)}
    )
