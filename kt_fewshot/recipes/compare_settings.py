"""`CompareSettings`: everything that a comparison depends on."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError, model_validator

from kt_fewshot.data import Vocabulary, by_fold_files, by_student_folds, count
from kt_fewshot.errors import KTError
from kt_fewshot.tracing import TRACERS, Tracer, tracer_class

from .data_settings import Data, DataSettings
from .saved_tracer import choose_device
from .settings import first_problem
from .side_by_side import SideBySide

OWN_SPLITS = ("test", "test_fold", "valid_fold", "split")
"""Settings of the data that say themselves who tests, which folds do in their place."""


class CompareSettings(SideBySide):
    """Everything a comparison depends on; `config.yaml` in its folder holds it.

    - `data`: what to learn from and what to test on;
    - `folds`: deal the students to so many folds, each of which tests once; with `data.fold_files` there are as many as
      files, all of them unless `data.test_fold` names one. Without folds there is one split, that of `data`;
    - `tracers`: their names; all there are if empty; `models`: tracer -> its options;
    - `baseline`: whom the others are compared with; None for the best of the simple ones;
    - `min_item_answers`: an item with fewer training answers is the unknown item;
    - `draws`: resamples of the students for the intervals;
    - `device`: auto, cpu or cuda; `threads`: of the CPU (see `TrainSettings`).

    Tracers with a seed get that of `data`, unless `models` says otherwise.
    """

    WHO: ClassVar[str] = "tracers"

    data: DataSettings = DataSettings()
    folds: int | None = Field(default=None, ge=2)
    tracers: tuple[str, ...] = ()
    min_item_answers: int = Field(default=2, ge=1)
    draws: int = Field(default=1000, ge=1)
    device: str = "auto"
    threads: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _every_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fold files without one that tests: each of them does."""
        data = values.get("data")
        if isinstance(data, Mapping) and data.get("fold_files") and data.get("test_fold") is None:
            return {"folds": len(data["fold_files"]), **values, "data": {**data, "test_fold": 1}}
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.folds is None:
            return self
        files = len(self.data.fold_files)
        if files and self.folds != files:
            raise ValueError(f"There are as many folds as fold files. Found `folds = {self.folds}`, {files} files.")
        named = [name for name in OWN_SPLITS if getattr(self.data, name) != DataSettings.model_fields[name].default]
        if named and not files:
            raise ValueError(f"Settings `folds` and `data.{named[0]}` exclude each other. Leave one out.")
        return self

    @property
    def groups(self) -> bool:
        """Whether a tracer tells groups of students apart."""
        return any(tracer_class(name).tells_groups(options) for name, options in self.models.items())

    def check_name(self, name: str) -> None:
        """See `SideBySide.check_name`."""
        self.make(name, Vocabulary(()))

    @property
    def names(self) -> tuple[str, ...]:
        """The tracers, each once; the simple ones first, since they are fitted in no time."""
        named = dict.fromkeys(self.tracers or sorted(TRACERS))
        return tuple(sorted(named, key=lambda name: tracer_class(name).validates))

    def make(self, name: str, vocabulary: Vocabulary) -> Tracer:
        """An untrained tracer, on its device.

        Raises:
            KTError: if there is no such tracer or device, or an option is unknown or out of range.
        """
        kind = tracer_class(name)
        known = kind(Vocabulary(()), {}).options
        seed = {"seed": self.data.seed} if "seed" in known else {}
        try:
            tracer = kind(vocabulary, seed | dict(self.models.get(name, {})))
        except ValidationError as error:
            raise KTError(first_problem(error, known=list(known), inside=f"models.{name}")) from error
        return tracer.to(choose_device(self.device))

    def load(self) -> Iterator[Data]:
        """The split of each fold, made when it is its turn.

        Raises:
            KTError: if there is no such simulator or fold.
            LogError: if a log cannot be read or split.
        """
        n, data = self.folds, self.data
        if n is None:
            yield data.load()
        elif data.fold_files:
            logs = [data.read.read(path) for path in data.fold_files]
            parts = [log.interactions for log in logs]
            for fold in range(1, n + 1):
                yield Data(by_fold_files(parts, test_fold=fold), tuple(log.ingest for log in logs))
        else:
            log, simulated = (data.read.read(*data.log), None) if data.log else (None, data.load().simulated)
            made = (log or simulated).interactions  # pyright: ignore[reportOptionalMemberAccess]
            for fold in range(1, n + 1):
                split = by_student_folds(made, n_folds=n, test_fold=fold, seed=data.seed)
                yield Data(split, (log.ingest,) if log else (), simulated)

    def describe(self) -> str:
        """Who is compared on what, in one line."""
        folds = "one split" if self.folds is None else count(self.folds, "fold")
        return f"{count(len(self.names), 'tracer')} on {folds}: {', '.join(self.names)}."

    def plain(self) -> dict[str, Any]:
        """See `RunSettings.plain`."""
        return super().plain() | {"data": self.data.absolute().model_dump(mode="json")}
