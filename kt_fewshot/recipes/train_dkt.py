"""Train a tracer on a log, test it, and leave behind a run folder that says everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from kt_fewshot.errors import KTError
from kt_fewshot.evaluation import Results
from kt_fewshot.storage import RunFolder, write_text
from kt_fewshot.tracing import Tracer
from kt_fewshot.training import History

from .data_settings import DataSettings, checked
from .evaluate_tracer import Protocol

Say = Callable[[str], None]


class TrainSettings(BaseModel):
    """Everything a run depends on; `config.yaml` of its folder holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataSettings = DataSettings()
    tracer: str = "dkt"
    model: Mapping[str, Any] = Field(default_factory=dict)
    min_item_answers: int = Field(2, ge=1)
    protocol: Protocol = "carried"
    device: str = "auto"
    threads: int | None = Field(None, ge=1)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote, or what a user wrote by hand.

        Raises:
            KTError: if the file is missing, is no YAML mapping, or has a setting that is none.
        """
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise KTError(f"Cannot read the settings in {path}: {str(error).splitlines()[0]}.") from error
        if not isinstance(values, dict):
            raise KTError(f"{path} should hold settings as `name: value`. Found a {type(values).__name__}.")
        return checked(cls, values)

    def write(self, path: Path) -> None:
        """Write the settings as YAML."""
        write_text(path, yaml.safe_dump(self.model_dump(mode="json", exclude_defaults=True), sort_keys=False))


@dataclass(frozen=True)
class TrainedRun:
    """What training left: the folder, the tracer, the curve and the test's results."""

    run: RunFolder
    tracer: Tracer
    history: History
    results: Results
