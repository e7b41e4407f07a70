"""`CompareMethodsSettings`: everything that a comparison of few-shot methods depends on."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field, field_validator

from kt_fewshot.data import count
from kt_fewshot.encoders import make_encoder
from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import METHODS, method_class

from .fewshot_settings import FewShotSettings
from .say import Say
from .side_by_side import SideBySide

BUDGET: Final[Mapping[str, Any]] = {"n_way": 5, "tasks": 4, "patience": None}
"""What all methods are trained on unless the user says otherwise: several small tasks a step, since methods that take
gradient steps want them, and no early stopping, so that all see as many examples."""

USUAL_BASELINE: Final = "protonet"


class CompareMethodsSettings(SideBySide):
    """Everything a comparison depends on; `config.yaml` in its folder holds it.

    - `methods`: their names; all there are if empty; `models`: method -> its options;
    - `training`: what every method is trained and tested on, field by field as `FewShotSettings` has them, so that all
      see as many examples: the same steps, episodes of the same size, the same number of them a step;
    - `baseline`: whom the others are compared with; None for protonet, or the first method where that is not compared.
    """

    WHO: ClassVar[str] = "methods"

    methods: tuple[str, ...] = ()
    training: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("training")
    @classmethod
    def _shared(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        own = next((name for name in ("method", "model") if name in values), None)
        if own:
            raise ValueError(f"Setting `training.{own}` is not shared by all methods. Use `methods` and `models`")
        return BUDGET | dict(values)

    def check_name(self, name: str) -> None:
        """See `SideBySide.check_name`."""
        self.of_method(name)

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

    def plain(self) -> dict[str, Any]:
        """See `RunSettings.plain`; of training, what all methods share."""
        training = self.of_method(self.names[0]).plain()
        return super().plain() | {"training": {n: v for n, v in training.items() if n not in {"method", "model"}}}
