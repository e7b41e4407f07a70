"""What Bayesian Knowledge Tracing can be told."""

from pydantic import BaseModel, ConfigDict, Field


class BKTOptions(BaseModel):
    """Options of Bayesian Knowledge Tracing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forgetting: bool = Field(False, description="whether a mastered skill can be lost")
    highest_guess: float = Field(0.5, gt=0, le=1, description="guess and slip are at most so much:")
    highest_slip: float = Field(0.5, gt=0, le=1, description="below 0.5 a master is more often right than wrong")
    strength: float = Field(1.0, ge=0, description="made-up observations of each parameter; 0 for none")
    starts: int = Field(1, ge=1, description="fits from other starting points, of which each skill takes its best")
    iterations: int = Field(1_000, ge=1, description="of expectation and maximisation, at most")
    tolerance: float = Field(1e-8, ge=0, description="gain of log-likelihood an answer below which fitting ends")
    seed: int = Field(0, ge=0, description="of the starting points after the first")
