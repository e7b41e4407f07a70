"""What an interruption leaves of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from kt_fewshot.errors import Interrupted
from kt_fewshot.storage import MANIFEST, RunFolder


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
