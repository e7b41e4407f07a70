"""`SimulatedStudents`: a log of simulated answers with the truth behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ..interactions import Interactions
from .base import smallest_required


@dataclass(frozen=True)
class SimulatedStudents:
    """A simulated log and what no real log tells: who had mastered what.

    Arrays over answers are aligned with the rows of `interactions.table`, arrays over students with the students in
    the order they appear there. Memory: `mastered` takes one byte for each answer and skill (100,000 students of 60
    answers and 50 skills: 300 MB), everything else about 100 bytes for each answer.

    Attributes:
        simulator: name of the simulator.
        interactions: the log.
        skill_names: names of the skills, in the order of the axis `skills`.
        required: (answers, 2) int16, the skills each answer needs; the second is -1 for an answer of one skill.
        mastered: (answers, skills) bool, the latent truth *before* each answer.
        final_mastered: (students, skills) bool, the latent truth after the last answer.
        p_correct: (answers,) in (0, 1), true chance of a right answer, before it.
        parameters: true values of what the simulator drew, name -> array; for "bkt": `prior`, `learn`, `guess`, `slip`,
            `forget`, each (skills,); for "irt" among others `prerequisites` (skills, skills), true where the skill of
            the row waits for that of the column.

    Raises:
        ValueError: if an array does not fit the log.
    """

    simulator: str
    interactions: Interactions
    skill_names: tuple[str, ...]
    required: np.ndarray
    mastered: np.ndarray
    final_mastered: np.ndarray
    p_correct: np.ndarray
    parameters: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        """Check once that the arrays fit the log."""
        answers, skills = len(self.interactions), len(self.skill_names)
        shapes = {
            "required": (answers, 2),
            "mastered": (answers, skills),
            "final_mastered": (self.interactions.n_students, skills),
            "p_correct": (answers,),
        }
        for name, shape in shapes.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"`{name}` should have shape {shape}. Found {found}.")

    def practised(self, values: np.ndarray | None = None) -> np.ndarray:
        """The value of the practised skill at each answer; of two skills, the smaller value.

        Args:
            values: (answers, skills), a value of every skill before each answer; None for `mastered`, so that the
                result tells whether *all* skills the answer needs were mastered.

        Returns:
            (answers,), of the type of `values`.
        """
        return smallest_required(self.mastered if values is None else values, self.required)

    def opportunities(self) -> tuple[np.ndarray, np.ndarray]:
        """Every pair of an answer and a skill it needs: rows (n,) and skills (n,), in the order of the rows."""
        rows, slots = np.nonzero(self.required >= 0)
        return rows, self.required[rows, slots].astype(np.int64)

    def student_index(self) -> np.ndarray:
        """Index of each answer's student, in order of appearance: (answers,) from 0."""
        return self.interactions.table["student"].rle_id().to_numpy().astype(np.int64)

    def truth_frame(self) -> pl.DataFrame:
        """The truth as a table to be written beside the log: student, row, skills, mastered (0 or 1), p_correct."""
        return self.interactions.table.select("student", "row", "skills").with_columns(
            mastered=pl.Series(self.practised().astype(np.int8)), p_correct=pl.Series(self.p_correct)
        )

    def of_students(self, students: pl.Series | list[str]) -> "SimulatedStudents":
        """Only these students' whole histories, with their truth."""
        names = self.interactions.table["student"]
        wanted = names.is_in(list(students)).to_numpy()
        kept = names.unique(maintain_order=True).is_in(list(students)).to_numpy()
        return SimulatedStudents(
            self.simulator,
            self.interactions.of_students(students),
            self.skill_names,
            self.required[wanted],
            self.mastered[wanted],
            self.final_mastered[kept],
            self.p_correct[wanted],
            self.parameters,
        )
