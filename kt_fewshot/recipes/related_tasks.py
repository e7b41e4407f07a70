"""What was found of how a run's tasks get on, and its picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kt_fewshot.multitask import Relations
from kt_fewshot.reports import Picture, RelationsPanel, relations_picture
from kt_fewshot.storage import RunFolder


@dataclass(frozen=True)
class RelatedTasks:
    """What was found.

    - `cosine`, `affinity`: see `multitask.gradient_cosine` and `lookahead_affinity`, means over trainings;
    - `lowest`, `highest`: (tasks, tasks) cosines of single trainings;
    - `learned`: how much each task takes of each tower, in the run itself; None where nothing is learned of it;
    - `groups`: of tasks that help each other;
    - `page`: the picture; `settings`: how it was found.
    """

    run: RunFolder
    cosine: Relations
    affinity: Relations
    lowest: np.ndarray
    highest: np.ndarray
    learned: Relations | None
    groups: tuple[tuple[str, ...], ...]
    page: Path
    settings: Mapping[str, int | float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        spread = {"lowest": self.lowest.tolist(), "highest": self.highest.tolist()}
        return {
            "run": str(self.run.path),
            "page": str(self.page),
            "tasks": list(self.cosine.tasks),
            "cosine": self.cosine.to_json_dict() | spread,
            "affinity": self.affinity.to_json_dict(),
            "learned": self.learned and self.learned.to_json_dict(),
            "groups": [list(group) for group in self.groups],
            "settings": dict(self.settings),
        }

    def picture(self) -> Picture:
        """What was found, drawn."""
        panels = [
            RelationsPanel(
                self.cosine,
                "Gradient cosine",
                "Do two tasks pull the trunk's weights the same way?",
                ("against each other", "the same way"),
                limit=1.0,
            ),
            RelationsPanel(
                self.affinity.of_own(),
                "Lookahead affinity",
                "What a step for the column saves of the row's loss, in % of the row's own.",
                ("harms", "helps"),
                limit=1.0,
                write=lambda value: f"{100 * value:+.0f}",
            ),
        ]
        if self.learned is not None:
            panels.append(
                RelationsPanel(
                    self.learned,
                    "Learned in the run",
                    "How much the row takes of the column's tower.",
                    ("takes away", "takes"),
                    own=True,
                    write="{:.2f}".format,
                )
            )
        told = self.settings
        between = float(np.nanmax(self.highest - self.lowest, initial=0.0))
        notes = [
            f"Groups that get on: {' | '.join(', '.join(group) for group in self.groups)}.".replace("_", " "),
            f"Means of {told['trainings']} trainings on {told['answers']:,} answers of {told['students']:,} students; "
            f"between trainings a cosine differs by up to {between:.2f}.",
        ]
        return relations_picture(panels, heading="How the tasks get on", notes=notes)
