"""What an interruption leaves of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from kt_fewshot.errors import Interrupted, KTError
from kt_fewshot.storage import MANIFEST, RunFolder

from .settings import RunSettings

S = TypeVar("S", bound=RunSettings)


@contextmanager
def resumable(run: RunFolder, *, what: str, command: str, new: bool) -> Iterator[None]:
    """Hold a run while it is worked on; whatever stops that, a new folder stays only if something was saved in it.

    Args:
        run: the folder.
        what: is being done, such as "Training".
        command: that goes on with it, such as "dkt train".
        new: whether the folder has just been made.

    Raises:
        Interrupted: after Ctrl-C; the message says how to go on.
        StorageError: if another process works on the folder.
    """
    try:
        with run.writing():
            yield
    except BaseException as stop:
        if new and next(run.path.rglob(MANIFEST), None) is None:
            run.discard()
        elif isinstance(stop, Interrupted | KeyboardInterrupt):
            raise Interrupted(
                f"{what} was interrupted; what was done is kept. Go on with: {command} --resume {run.path}"
            ) from stop
        raise


def run_to_resume(name: str | Path, kind: type[S]) -> tuple[RunFolder, S]:
    """A training that was interrupted, and its settings.

    Args:
        name: the run's folder, its name under `runs/`, or "latest".
        kind: of settings.

    Raises:
        KTError: if there is no such run, or it is none that can be gone on with.
    """
    # The latest run may be of another kind; a training that has begun has a checkpoint.
    run = RunFolder.open(name, having="checkpoint" if str(name) == "latest" else "config")
    try:
        return run, kind.assemble(run.config, {})
    except KTError as error:
        raise KTError(f"{run.config} does not tell how to go on with a training. {error}") from error
