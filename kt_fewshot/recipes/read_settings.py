"""`ReadSettings`: how a log is read, as far as its user says."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from kt_fewshot.data import ColumnChoice, Log, read_log


class ReadSettings(BaseModel):
    """How a log is read; everything left out is found out and said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None = None
    columns: ColumnChoice = ColumnChoice()
    skill_separator: str | None = None
    threshold: float | None = Field(default=None, gt=0, le=1)
    max_bad: float = Field(default=0.01, ge=0, le=1)

    def read(self, *paths: Path) -> Log:
        """Read a log, or the parts of one.

        Raises:
            LogError: if it cannot be read.
        """
        return read_log(
            list(paths),
            format=self.format,
            columns=self.columns,
            skill_separator=self.skill_separator,
            threshold=self.threshold,
            max_bad=self.max_bad,
        )
