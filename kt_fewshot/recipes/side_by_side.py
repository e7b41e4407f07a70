"""`SideBySide`: what the settings of comparisons have in common: who is compared, with which options, against whom."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field

from kt_fewshot.errors import KTError
from kt_fewshot.storage import RunFolder

from .settings import RunSettings, read_yaml


class SideBySide(RunSettings):
    """Everything a comparison depends on; `config.yaml` in its folder holds it.

    - `models`: name -> its options;
    - `baseline`: whom the others are compared with.

    A subclass has a field of the names, and says in `WHO` what it is called.
    """

    WHO: ClassVar[str]

    models: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    baseline: str | None = None

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Who is compared, each once."""

    @abstractmethod
    def check_name(self, name: str) -> None:
        """Refuse one of them, or its options.

        Raises:
            KTError: if there is no such one, or an option is unknown or out of range.
        """

    def check_names(self) -> None:
        """See `RunSettings.check_names`: who is compared, and that options and baseline are theirs."""
        for name in self.names:
            self.check_name(name)
        for name in (*self.models, *([self.baseline] if self.baseline else [])):
            if name not in self.names:
                raise KTError(f"'{name}' is not compared. The {self.WHO} are: {', '.join(self.names)}.")

    @classmethod
    def of_run(cls, run: RunFolder, *, only: tuple[str, ...] = ()) -> Self:
        """The settings of an earlier comparison, of `only` these if some are named.

        Raises:
            KTError: if the run is no such comparison, or a name is unknown.
        """
        values = read_yaml(run.config)
        if cls.WHO not in values:
            raise KTError(f"{run.path} is no comparison of {cls.WHO}. Name the folder of one.")
        if only:
            models = {name: options for name, options in (values.get("models") or {}).items() if name in only}
            baseline = values.get("baseline")
            values |= {cls.WHO: only, "models": models, "baseline": baseline if baseline in only else None}
        return cls.assemble(None, values)

    def plain(self) -> dict[str, Any]:
        """See `RunSettings.plain`; who is compared comes first."""
        whole = super().plain()
        return {name: whole[name] for name in (self.WHO, *whole)}
