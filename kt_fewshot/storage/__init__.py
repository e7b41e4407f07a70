"""Safe files: atomic writes, manifests with SHA-256, checkpoints without pickle, run folders."""

from typing import TYPE_CHECKING

from kt_fewshot.faces import load_later

from .atomic import atomic_path, plain_json, write_bytes, write_json, write_text
from .lock import locked
from .manifest import MANIFEST, FileRecord, Manifest, write_manifest
from .run_folder import RUNS, RunFolder

if TYPE_CHECKING:
    from .checkpoint import has_checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "MANIFEST",
    "RUNS",
    "FileRecord",
    "Manifest",
    "RunFolder",
    "atomic_path",
    "has_checkpoint",
    "load_checkpoint",
    "locked",
    "plain_json",
    "save_checkpoint",
    "write_bytes",
    "write_json",
    "write_manifest",
    "write_text",
]

load_later(
    __name__,
    {
        "checkpoint": ("has_checkpoint", "load_checkpoint", "save_checkpoint"),
    },
)
