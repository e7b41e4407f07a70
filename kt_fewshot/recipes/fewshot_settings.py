"""`FewShotSettings`: everything that a meta-training depends on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from kt_fewshot.data import Splits, load_images
from kt_fewshot.encoders import encoder_class, make_encoder
from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import EpisodePlan, Method, MethodOptions, method_class
from kt_fewshot.training import Precision, TrainerOptions, own_randomness, seed_generators

from .saved_tracer import choose_device
from .settings import RunSettings, first_problem

EXAMPLES_AT_ONCE: Final = 1024
"""Examples judged at a time."""

TRAINING_WAY: Final = 20
"""Classes of a training episode, unless the user or the method's head says otherwise."""

SMALLEST_IMAGE: Final = 16
"""Side from which images are read by convolutions unless the user says otherwise."""


class FewShotSettings(RunSettings):
    """Everything a run depends on; `config.yaml` in its folder holds it.

    - `data`: "glyphs", another name of `LOADERS`, or a path; `data_path`: where a named data set is; `data_options` of
      its loader;
    - `method` and `model`, its options; `encoder` (chosen by the examples' shape if None) and `encoder_options`;
    - `n_way`, `k_shot`, `n_query`: of the training's episodes; without `n_way` 20 classes, or as many as there are;
      for methods with a learned head as many as in the test; `tasks`: episodes a step (the method's own if None);
    - `steps`: steps an epoch; `epochs`, `patience`, `learning_rate`, `schedule`, `average_decay`, `precision`,
      `chunks`, `seed`: as `TrainerOptions` has them, the rate of the method's choice if None;
    - `valid_episodes` after each epoch, `test_episodes` at the end, of `test_way` classes, `test_shot`, `test_query`;
    - `with_valid`: train on the validation classes too, for a fixed number of epochs;
    - `device`: auto, cpu or cuda; `threads` of the CPU.
    """

    data: str = "glyphs"
    data_path: Path | None = None
    data_options: Mapping[str, Any] = Field(default_factory=dict)
    method: str = "protonet"
    model: Mapping[str, Any] = Field(default_factory=dict)
    encoder: str | None = None
    encoder_options: Mapping[str, Any] = Field(default_factory=dict)
    n_way: int | None = Field(default=None, ge=2)
    k_shot: int = Field(default=1, ge=1)
    n_query: int = Field(default=5, ge=1)
    tasks: int | None = Field(default=None, ge=1)
    steps: int = Field(default=50, ge=1)
    epochs: int = Field(default=10, ge=1)
    patience: int | None = Field(default=5, ge=1)
    learning_rate: float | None = Field(default=None, gt=0)
    schedule: Literal["constant", "cosine", "one-cycle"] = "cosine"
    average_decay: float | None = Field(default=None, ge=0, lt=1)
    precision: Precision = "auto"
    chunks: int = Field(default=1, ge=1)
    checkpoint_seconds: float = Field(default=60.0, ge=0)
    valid_episodes: int = Field(default=200, ge=1)
    test_episodes: int = Field(default=1000, ge=1)
    test_way: int = Field(default=5, ge=2)
    test_shot: int = Field(default=1, ge=1)
    test_query: int = Field(default=15, ge=1)
    with_valid: bool = False
    seed: int = Field(default=0, ge=0)
    device: str = "auto"
    threads: int = Field(default=1, ge=1)

    def check_names(self) -> None:
        """See `RunSettings.check_names`: the method and its options, the encoder."""
        self.options()
        if self.encoder is not None:
            encoder_class(self.encoder)

    def options(self) -> MethodOptions:
        """The method's options, checked.

        Raises:
            KTError: if there is no such method, or an option is unknown or out of range.
        """
        kind = method_class(self.method)
        try:
            return kind.Options(**self.model)
        except ValidationError as error:
            raise KTError(first_problem(error, known=list(kind.Options.model_fields), inside="model")) from error

    def source(self) -> dict[str, Any]:
        """The settings that name the data."""
        return {"data": self.data, "data_path": self.data_path, "data_options": dict(self.data_options)}

    def load(self) -> Splits:
        """The data, on the device.

        Raises:
            DatasetError: if they are missing or damaged.
        """
        splits = load_images(self.data, path=self.data_path, **self.data_options)
        return splits.to(choose_device(self.device))

    def make(self, shape: tuple[int, ...]) -> Method:
        """The untrained method for examples of a shape, on its device.

        Raises:
            KTError: if no encoder fits the shape, or a setting is refused.
        """
        name = self.encoder or _encoder_of(shape)
        cpu = choose_device("cpu")
        with own_randomness(cpu):
            seed_generators(self.seed, cpu)
            try:
                encoder = make_encoder(name, shape, self.encoder_options)
            except (ValueError, TypeError) as error:
                raise KTError(f"Encoder {name}: {error}") from error
            return method_class(self.method)(encoder, self.model).to(choose_device(self.device))

    def train_plan(self, method: Method, classes: int) -> EpisodePlan:
        """The episodes of training, where there are so many training classes.

        Episodes of many classes teach an encoder more than as many examples of few (Snell et al. 2017). A learned head
        has as many rows as they have classes, so it is trained on as many as the test has.
        """
        has_head = "ways" in type(method.options).model_fields
        usual = (getattr(method.options, "ways", None) or self.test_way) if has_head else TRAINING_WAY
        way = self.n_way or min(usual, max(classes, 2))
        return EpisodePlan(way, self.k_shot, n_query=self.n_query, tasks=self.tasks or method.tasks)

    def test_plan(self) -> EpisodePlan:
        """The episodes of validation and test, judged a few at a time."""
        examples = self.test_way * (self.test_shot + self.test_query)
        return EpisodePlan(
            self.test_way, self.test_shot, n_query=self.test_query, tasks=max(1, EXAMPLES_AT_ONCE // examples)
        )

    def trainer_options(self, kind: type[Method]) -> TrainerOptions:
        """How to train a method of this kind."""
        names = ("epochs", "schedule", "average_decay", "precision", "chunks", "checkpoint_seconds", "seed")
        return TrainerOptions(
            **{name: getattr(self, name) for name in names},
            learning_rate=self.learning_rate or kind.learning_rate,
            patience=None if self.with_valid else self.patience,
        )

    def plain(self) -> dict[str, Any]:
        """See `RunSettings.plain`."""
        places = {"data_path": self.data_path and str(self.data_path.absolute()), "data": self._place()}
        return super().plain() | places

    def _place(self) -> str:
        """The data's name, or their path so that it holds in any working folder."""
        path = Path(self.data)
        return str(path.absolute()) if path.exists() else self.data


def _encoder_of(shape: tuple[int, ...]) -> str:
    """What reads examples of a shape, unless the user names something else."""
    if len(shape) == 2:
        return "lstm"
    return "conv4" if len(shape) == 3 and min(shape[1:]) >= SMALLEST_IMAGE else "mlp"
