"""`TrainSettings`: everything that a training depends on."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from kt_fewshot.data import Vocabulary
from kt_fewshot.errors import KTError
from kt_fewshot.tracing import Tracer, tracer_class

from .data_settings import DataSettings
from .evaluate_tracer import Protocol
from .saved_tracer import choose_device
from .settings import RunSettings, first_problem


class TrainSettings(RunSettings):
    """Everything a run depends on; `config.yaml` in its folder holds it.

    - `data`: what to learn from and what to test on;
    - `tracer`: its name; `model`: its options, `DKTOptions` for "dkt";
    - `min_item_answers`: an item with fewer training answers is the unknown item;
    - `protocol`: how the test asks; `device`: auto, cpu or cuda; `threads`: of the CPU. More than one
      seldom helps models of this size, takes many times as long where the machine is shared, and changes last digits.
    """

    data: DataSettings = DataSettings()
    tracer: str = "dkt"
    model: Mapping[str, Any] = Field(default_factory=dict)
    min_item_answers: int = Field(default=2, ge=1)
    protocol: Protocol = "carried"
    device: str = "auto"
    threads: int = Field(default=1, ge=1)

    def check_names(self) -> None:
        """See `RunSettings.check_names`: the tracer and its options."""
        self.make(Vocabulary(()))

    def make(self, vocabulary: Vocabulary) -> Tracer:
        """The untrained tracer, on its device.

        Raises:
            KTError: if there is no such tracer or device, or an option is unknown or out of range.
        """
        kind = tracer_class(self.tracer)
        try:
            tracer = kind(vocabulary, self.model)
        except ValidationError as error:
            known = list(kind(vocabulary, {}).options)
            raise KTError(first_problem(error, known=known, inside="model")) from error
        return tracer.to(choose_device(self.device))

    @property
    def groups(self) -> bool:
        """Whether the model tells groups of students apart."""
        return tracer_class(self.tracer).tells_groups(self.model)

    def plain(self) -> dict[str, Any]:
        """See `RunSettings.plain`."""
        return super().plain() | {"data": self.data.absolute().model_dump(mode="json")}
