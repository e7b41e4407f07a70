"""`CompareMethodsSettings`: everything that a comparison of few-shot methods depends on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kt_fewshot.data import count
from kt_fewshot.encoders import make_encoder
from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import METHODS, method_class
from kt_fewshot.storage import RunFolder, write_text

from .fewshot_settings import FewShotSettings
from .say import Say
from .settings import checked, merged, read_yaml

BUDGET: Final[Mapping[str, Any]] = {"n_way": 5, "tasks": 4, "patience": None}
"""What all methods are trained on unless the user says otherwise: several small tasks a step, since methods that take
gradient steps want them, and no early stopping, so that all see as many examples."""

USUAL_BASELINE: Final = "protonet"


class CompareMethodsSettings(BaseModel):
    """Everything a comparison depends on; `config.yaml` in its folder holds it.

    - `methods`: their names; all there are if empty; `models`: method -> its options;
    - `training`: what every method is trained and tested on, field by field as `FewShotSettings` has them, so that all
      see as many examples: the same steps, episodes of the same size, the same number of them a step;
    - `baseline`: whom the others are compared with; None for protonet, or the first method where that is not compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: tuple[str, ...] = ()
    models: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    training: Mapping[str, Any] = Field(default_factory=dict)
    baseline: str | None = None

    @field_validator("training")
    @classmethod
    def _shared(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        own = next((name for name in ("method", "model") if name in values), None)
        if own:
            raise ValueError(f"Setting `training.{own}` is not shared by all methods. Use `methods` and `models`")
        return BUDGET | dict(values)

    @classmethod
    def assemble(cls, config: Path | None, values: Mapping[str, Any]) -> Self:
        """Settings from a file, if there is one, and values that go before it.

        Raises:
            KTError: if the file is missing or no YAML mapping, or a setting is unknown or out of range.
        """
        settings = checked(cls, merged(read_yaml(config) if config else {}, values))
        for name in settings.names:
            settings.of_method(name)
        for name in (*settings.models, *([settings.baseline] if settings.baseline else [])):
            if name not in settings.names:
                raise KTError(f"'{name}' is not compared. The methods are: {', '.join(settings.names)}.")
        return settings

    @classmethod
    def of_run(cls, run: RunFolder, *, methods: tuple[str, ...] = ()) -> Self:
        """The settings of an earlier comparison, of other methods if some are named.

        Raises:
            KTError: if the run is no comparison, or a method is unknown.
        """
        values = read_yaml(run.config)
        if "methods" not in values:
            raise KTError(f"{run.path} is no comparison of methods. Name the folder of one.")
        if methods:
            models = {name: options for name, options in (values.get("models") or {}).items() if name in methods}
            baseline = values.get("baseline")
            kept = {"baseline": baseline if baseline in methods else None}
            values |= {"methods": methods, "models": models, **kept}
        return cls.assemble(None, values)

    @property
    def names(self) -> tuple[str, ...]:
        """The methods, each once."""
        return tuple(dict.fromkeys(self.methods or sorted(METHODS)))

    def of_method(self, name: str) -> FewShotSettings:
        """What a method is trained with.

        Raises:
            KTError: if there is no such method, or a setting is unknown or out of range.
        """
        own = {"method": name, "model": dict(self.models.get(name, {}))}
        return FewShotSettings.assemble(None, {"tasks": None, **self.training, **own})

    def present(self, say: Say) -> tuple[str, ...]:
        """The methods that can be used here; of those that nobody named some may want another package.

        Args:
            say: told which are left out, and why.

        Raises:
            KTError: if a method was named that cannot be used.
        """
        return tuple(name for name in self.names if self._is_present(name, say))

    def _is_present(self, name: str, say: Say) -> bool:
        try:
            method_class(name)(make_encoder("mlp", (4,), {}), dict(self.models.get(name, {})))
        except KTError as error:
            if self.methods:
                raise
            say(f"{name} is left out. {error}")
            return False
        return True

    def against(self, names: tuple[str, ...]) -> str:
        """Which of some methods the others are compared with."""
        return self.baseline or (USUAL_BASELINE if USUAL_BASELINE in names else names[0])

    def describe(self, names: tuple[str, ...]) -> str:
        """Who is compared, on what budget, in one line."""
        one = self.of_method(names[0])
        episode = (
            f"{one.n_way or 'as many as there are'}-way {one.k_shot}-shot episodes with {one.n_query} queries a class"
        )
        return (
            f"{count(len(names), 'method')}, each trained on {one.steps * one.epochs:,} steps of {one.tasks} "
            f"{episode}: {', '.join(names)}."
        )

    def write(self, path: Path) -> None:
        """Write every setting as YAML, paths so that they hold in any working folder."""
        training = self.of_method(self.names[0]).plain()
        whole = self.model_dump(mode="json") | {
            "training": {name: value for name, value in training.items() if name not in {"method", "model"}}
        }
        write_text(path, yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))
