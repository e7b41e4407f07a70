"""What a deep tracer can be told: its sizes, its tasks, how it is trained."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kt_fewshot.multitask import BALANCINGS, SHARINGS

Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]

TASKS: Final = ("correct", "mastery", "response_time", "hints", "attempts")
"""The tasks a deep tracer can learn at once."""


class DKTOptions(BaseModel):
    """Options of Deep Knowledge Tracing. Defaults are those of the toolkit's model; `plain` gives the paper's.

    The paper's model is a lookup of (skill, answer), an LSTM of 200 units, dropout and a linear output a skill, with
    the one task of the next answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain: bool = Field(default=False, description="the model of the paper: lookup, LSTM, linear; one task")
    hidden: Count = Field(default=128, description="LSTM units")
    embedding: Count = Field(default=64, description="width of skill and item vectors")
    head_hidden: Count = Field(default=64, description="units of the hidden layer of a head")
    dropout: Share = Field(default=0.4, description="share of features dropped in training")
    mastery_dropout: Share = Field(default=0.3, description="the same in the mastery head")
    item_dropout: Share = Field(default=0.2, description="share of answers whose item is hidden in training")
    item_shrinkage: float = Field(
        default=16.0, ge=0, description="prior on an item's squared distance from its skill, in answers of evidence"
    )
    tasks: tuple[Literal["correct", "mastery", "response_time", "hints", "attempts"], ...] = Field(
        default=TASKS,
        min_length=1,
        description="what is learned jointly, as far as the log tells; without 'correct', P(correct) is the mean",
    )
    behaviour_inputs: bool = Field(
        default=True, description="whether response time, hints and attempts of the answers before are read"
    )
    weights: dict[str, float] = Field(
        default={"response_time": 0.1, "hints": 0.1, "attempts": 0.1},
        description="weight of a task's loss, 1 by default",
    )
    skill_rank: Count | None = Field(
        default=None, description="rank of the skills' output weights; null leaves each skill its own"
    )
    skill_graph: float = Field(
        default=0.0,
        ge=0,
        description="strength with which skills that follow each other are held alike, for those with few answers",
    )
    sharing: str = Field(
        default="hard", description="what the tasks share of the trunk: a name of `multitask.SHARINGS`"
    )
    sharing_options: dict[str, Any] = Field(default={}, description='of the sharing scheme, as {"tie": 0.01} of soft')
    group_tie: float | None = Field(
        default=None,
        ge=0,
        description="a trunk for each group of students, drawn to their mean so strongly; null is one for all",
    )
    balancing: str = Field(
        default="sum", description="how the tasks' losses become one gradient: a name of `multitask.BALANCINGS`"
    )
    reconstruction: float = Field(default=0.0, ge=0, description="DKT+: weight of explaining the answer just given")
    waviness: float = Field(
        default=0.0, ge=0, description="DKT+: weight of the change of all outputs between two steps"
    )
    rows: Count | None = Field(default=None, description="rows a batch; null takes 8 to 32, about 40 batches an epoch")
    time: Count = Field(default=200, description="answers a row")
    epochs: Count = Field(default=40, description="passes over the training students, at most")
    patience: Count = Field(default=4, description="epochs without a better validation score before training stops")
    learning_rate: float = Field(default=3e-3, gt=0)
    emission_learning_rate: float = Field(
        default=2e-2, gt=0, description="of guess, slip and learning rate of the skills"
    )
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=5.0, gt=0)
    average_decay: float | None = Field(
        default=0.998, ge=0, lt=1, description="moving average of the weights; null for none"
    )
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    checkpoint_seconds: float = Field(default=60.0, ge=0)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _paper(cls, values: dict[str, object]) -> dict[str, object]:
        """`plain` changes the defaults of what it stands for."""
        if not values.get("plain"):
            return values
        paper = {
            "hidden": 200,
            "embedding": 200,
            "dropout": 0.2,
            "tasks": ("correct",),
            "average_decay": None,
            "learning_rate": 1e-3,
        }
        return paper | values

    @model_validator(mode="after")
    def _check(self) -> "DKTOptions":
        if self.balancing not in BALANCINGS:
            raise ValueError(f"Unknown balancing '{self.balancing}'. Choose one of: {', '.join(BALANCINGS)}.")
        if self.sharing not in SHARINGS:
            raise ValueError(f"Unknown sharing '{self.sharing}'. Choose one of: {', '.join(SHARINGS)}.")
        if self.plain and set(self.tasks) != {"correct"}:
            raise ValueError(f"The plain model learns one task, 'correct'. Found `tasks = {list(self.tasks)}`.")
        if not self.plain and (self.reconstruction or self.waviness):
            raise ValueError("The DKT+ regularisers belong to the plain model. Set `plain` with them.")
        return self
