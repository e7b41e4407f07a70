"""Students with what a tracer said of them before each answer, and with the truth where they are simulated."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from kt_fewshot.data import Interactions, SequenceStore, SimulatedStudents, encode
from kt_fewshot.errors import KTError
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import Tracer, load_tracer

from .evaluate_tracer import mastery_ceiling
from .saved_tracer import TracedLog, choose_device
from .train_settings import TrainSettings


@dataclass(frozen=True)
class TracedStudents:
    """What a tracer said of some students; rows as in `log.table`.

    - `log`: whole histories;
    - `correct`, `mastery: (answers,)` P(correct) and P(mastered) of the answer's skills before it, in [0, 1];
    - `simulated`: the truth, if there is one; `best: (answers, skills)` the best possible P(mastered) of the skills an
      answer needs, if it is known.
    """

    tracer: Tracer
    log: Interactions
    correct: np.ndarray
    mastery: np.ndarray
    simulated: SimulatedStudents | None = None
    best: np.ndarray | None = None

    @classmethod
    def of_run(cls, name: str | Path, *, device: str = "auto") -> Self:
        """The test students of a run, simulated again if they were simulated.

        Args:
            name: the run's folder, its name under `runs/`, or "latest".
            device: auto, cpu or cuda.

        Raises:
            KTError: if there is no such run, or its log cannot be read any more.
        """
        run = RunFolder.open(name)
        tracer = load_tracer(run.model).to(choose_device(device))
        data = TrainSettings.assemble(run.config, {}).data.load()
        log, simulated = data.split.test.interactions, data.simulated
        truth = simulated and simulated.of_students(log.table["student"].unique(maintain_order=True))
        return cls.of(tracer, log, encode(log, tracer.vocabulary), truth)

    @classmethod
    def of_log(cls, traced: TracedLog) -> Self:
        """Everyone in a log that was read for a saved run."""
        return cls.of(traced.tracer, traced.log.interactions, traced.store)

    @classmethod
    def of(
        cls, tracer: Tracer, log: Interactions, store: SequenceStore, simulated: SimulatedStudents | None = None
    ) -> Self:
        """Ask a tracer; `store` is the log, encoded for it."""
        said = tracer.predict_log(store)
        correct, mastery = (values.float().cpu().numpy() for values in said)
        return cls(tracer, log, correct, mastery, simulated, None if simulated is None else mastery_ceiling(simulated))

    def students(self) -> list[str]:
        """Their names, those with most answers first."""
        return self.log.table["student"].value_counts(sort=True)["student"].to_list()

    def chosen(self, student: str | None) -> str:
        """A student of a name; the one with most answers if None.

        Raises:
            KTError: if there is none of that name.
        """
        known = self.students()
        if student is not None and student not in known:
            raise KTError(f"There is no student '{student}'. Choose one of {len(known):,}, such as '{known[0]}'.")
        return known[0] if student is None else student
