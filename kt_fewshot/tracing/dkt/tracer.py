"""Deep Knowledge Tracing, learning several tasks at once.

Piech et al. 2015, "Deep Knowledge Tracing", https://arxiv.org/abs/1506.05908: an LSTM reads a student's answers and
predicts the next one. Where we depart from it: one trunk carries several heads (next answer, mastery as a latent
state, response time, hints, attempts); an answer on several skills is one step; items are small offsets from their
skill; what a logistic regression knows of the history is given to the network instead of learned again.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, final

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from kt_fewshot.data import (
    Answer,
    Finals,
    LiveHistory,
    PackedRows,
    Question,
    SequenceBatch,
    SequenceStore,
    Streams,
    Vocabulary,
    skill_links,
)
from kt_fewshot.errors import TrainingError
from kt_fewshot.metrics import auc, fit_platt
from kt_fewshot.multitask import links_from_counts, make_balancing
from kt_fewshot.training import (
    History,
    Processes,
    Progress,
    Trainer,
    TrainerOptions,
    Validation,
    own_randomness,
    seed_generators,
)

from ..bkt_recursion import Emission
from ..tracer import Prediction, Tracer
from .network import BEHAVIOUR_TASKS, DKTNetwork, Known, TrunkState
from .now_tables import Answers, Questions, Rows
from .options import DKTOptions
from .parts import Asked

TRAINER_OPTIONS: Final = (
    "epochs",
    "patience",
    "learning_rate",
    "weight_decay",
    "clip_norm",
    "average_decay",
    "precision",
    "checkpoint_seconds",
    "seed",
)

STOPPING_TASKS: Final = ("correct", "mastery")
"""Training stops by the sum of these tasks' validation losses; the others only support them. Without these two, by
that of all tasks."""


class DKTState(NamedTuple):
    """What is known of n students: where the trunk stands, and the tallies of their answers."""

    trunk: TrunkState
    history: LiveHistory


@final
class DKT(Tracer):
    """LSTM tracer of correctness, mastery and behaviour.

    `mastery` is P(the skill is mastered now), a latent state with guess and slip (see `MasteryHead`); for a question on
    several skills, that of their mean. Without the task "mastery" (the plain model) it is P(correct).

    Args:
        vocabulary: skills and items.
        options: fields of `DKTOptions`.
    """

    name: ClassVar[str] = "dkt"
    validates: ClassVar[bool] = True

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, Any]) -> None:
        settings = DKTOptions(**options)
        super().__init__(vocabulary, settings.model_dump(mode="json"))
        self.settings = settings
        self.network = self._fresh_network(settings)
        self.eval()  # only training drops features

    @classmethod
    def tells_groups(cls, options: Mapping[str, Any]) -> bool:
        """See `Tracer.tells_groups`."""
        return options.get("group_tie") is not None

    def fit(
        self,
        train: SequenceStore,
        valid: SequenceStore,
        *,
        checkpoint: Path | None = None,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> History:
        """Minimise the joint loss; keep the weights that validate best; calibrate on `valid`. See `Tracer.fit`.

        A task whose target the training log never tells, or which is always the same there, is left out.
        """
        self.leave_out(self.untold_tasks(train))
        train, valid = train.to(self.device), valid.to(self.device)
        if self.network.items:
            self.network.items.count(train.item)
        if self.settings.skill_graph:
            links = links_from_counts(skill_links(train, self.vocabulary.n_skills))
            self.network.relate_skills(links, int(train.scored.sum()))
        batches = PackedRows(train, rows=self._rows(train), time=self.settings.time, seed=self.settings.seed)
        trainer = Trainer(
            TrainerOptions(**{name: getattr(self.settings, name) for name in TRAINER_OPTIONS}),
            loss_scale=batches.answers_per_batch,
            weights=self.settings.weights,
            balancing=make_balancing(self.settings.balancing, self.settings.tasks),
        )
        history = trainer.fit(
            self.network,
            batches,
            lambda: self._validate(valid),
            checkpoint=checkpoint,
            resume=resume,
            progress=progress,
        )
        self.eval()
        self._calibrate(valid)
        return history

    def _rows(self, train: SequenceStore) -> int:
        """Rows a batch: a small log gets small batches, so that an epoch still takes some steps."""
        if self.settings.rows:
            return self.settings.rows
        smallest, largest, steps = 8, 32, 40
        return min(max(len(train) // (self.settings.time * steps), smallest), largest)

    def leave_out(self, tasks: Sequence[str]) -> None:
        """Drop tasks, before anything is learned: the network is made anew, without their heads and towers."""
        if not tasks:
            return
        kept = tuple(task for task in self.settings.tasks if task not in tasks)
        if not kept:
            raise TrainingError(f"The log tells nothing of what should be learned: {', '.join(tasks)}.")
        self.settings = self.settings.model_copy(update={"tasks": kept})
        self.options = self.settings.model_dump(mode="json")
        self.network = self._fresh_network(self.settings).to(self.device, self._dtype)

    def _fresh_network(self, settings: DKTOptions) -> DKTNetwork:
        """The network that the seed makes."""
        with own_randomness(torch.device("cpu")):
            seed_generators(settings.seed, torch.device("cpu"))
            return DKTNetwork(self.vocabulary, settings)

    def start(self, n: int) -> DKTState:
        """See `Tracer.start`."""
        history = LiveHistory.start(n, self.vocabulary, dtype=self._dtype, device=self.device)
        return DKTState(self.network.start(n), history)

    @torch.no_grad()
    def predict(self, state: DKTState, question: Question) -> Prediction:
        """See `Tracer.predict`."""
        asked = Questions(self._rows_of(question), state.history.features(question))
        return self._said(*self.network.asked_now(state.trunk.known, asked))

    @torch.no_grad()
    def update(self, state: DKTState, question: Question, answer: Answer) -> DKTState:
        """See `Tracer.update`."""
        heard, behaviour = state.history.features(question), answer.behaviour.to(self._dtype)
        answers = Answers(self._rows_of(question), answer.correct, heard, behaviour, question.group)
        return DKTState(self.network.step(answers, state.trunk), state.history.after(question, answer))

    @torch.no_grad()
    def mastery(self, state: DKTState) -> Prediction:
        """See `Tracer.mastery`; column k is skill index k, column 0 the unknown skill."""
        return self._said(*self.network.every_skill(state.trunk.known, state.history.every_skill()))

    @torch.no_grad()
    def predict_log(self, store: SequenceStore) -> Prediction:
        """See `Tracer.predict_log`; whole histories are read, with the state carried on."""
        store = store.to(self.device)
        correct = torch.empty(len(store), dtype=self._dtype, device=self.device)
        mastery = torch.empty_like(correct)
        for batch, before in self._sweep(store):
            real = batch.index >= 0
            p, m = self._answer(before, batch)
            correct[batch.index[real]], mastery[batch.index[real]] = p[real], m[real]
        return Prediction(correct, mastery)

    @torch.no_grad()
    def predict_behaviour(self, store: SequenceStore) -> dict[str, Tensor]:
        """See `Tracer.predict_behaviour`."""
        store = store.to(self.device)
        said = {task: torch.empty(len(store), dtype=self._dtype, device=self.device) for task in self.network.behaviour}
        for batch, before in self._sweep(store) if said else ():
            real = batch.index >= 0
            for task, output in self.network.behaviour_outputs(before, batch).items():
                said[task][batch.index[real]] = BEHAVIOUR_TASKS[task].expected(output)[real]
        return said

    @torch.no_grad()
    def features(self, store: SequenceStore) -> Tensor:
        """What the trunk knows before each answer: (answers, hidden), all views of it side by side."""
        store = store.to(self.device)
        known = torch.empty(
            len(store), self.network.trunk.n_views * self.settings.hidden, dtype=self._dtype, device=self.device
        )
        for batch, before in self._sweep(store):
            real = batch.index >= 0
            known[batch.index[real]] = torch.cat(before, dim=-1)[real]
        return known

    @torch.no_grad()
    def final_state(self, store: SequenceStore) -> DKTState:
        """See `Tracer.final_state`."""
        state = self.network.start(store.n_students)
        for batch in Finals(store.to(self.device)):
            _, state = self.network.read(batch, state)
        return DKTState(state, LiveHistory.of_store(store, self.vocabulary).to(self.device))

    @torch.no_grad()
    def emission(self) -> Emission | None:
        """Guess, slip and learning rate of every skill, (skills,) each; None without a mastery head."""
        return self.network.mastery.emission() if self.network.mastery else None

    def untold_tasks(self, store: SequenceStore) -> list[str]:
        """See `Tracer.untold_tasks`; a value that never changes tells nothing either."""
        return [task for task in self.settings.tasks if task in BEHAVIOUR_TASKS and not store.varies(task)]

    @property
    def _dtype(self) -> torch.dtype:
        return self.network.correct.skill.bias.dtype

    def _answer(self, before: Known, asked: Asked) -> Prediction:
        mastery = self.network.mastery_logit(before, asked) if self.network.mastery else None
        return self._said(self.network.correct_logit(before, asked), mastery)

    def _said(self, correct: Tensor, mastery: Tensor | None) -> Prediction:
        """From logits."""
        calibrated = self.calibration(correct)
        return Prediction(calibrated, calibrated if mastery is None else mastery.sigmoid())

    def _rows_of(self, question: Question) -> Rows:
        return Rows(question, self.vocabulary.n_skills, self.network.items is not None)

    def _sweep(self, store: SequenceStore) -> Iterator[tuple[SequenceBatch, Known]]:
        """Whole histories with carried state: batches, and what is known before each answer."""
        state = running = None
        for batch in Streams(store):
            state = self.network.start(len(batch.index)) if state is None else state
            before, state = self.network.read(batch, state, running)
            running = tuple(view[:, -1] for view in before)
            yield batch, before

    def _validate(self, valid: SequenceStore) -> Validation:
        logits, correct, sums = self._scored(valid)
        if not np.isfinite(logits).all():
            raise TrainingError(
                "What the model says of the validation students is not finite. Look for extreme values in the inputs, "
                f"or lower the learning rate ({self.settings.learning_rate:g})."
            )
        losses = {f"{task}_loss": total / count for task, (total, count) in sums.items() if count}
        stopping = [task for task in STOPPING_TASKS if task in self.settings.tasks] or self.settings.tasks
        score = -sum(losses.get(f"{task}_loss", 0.0) for task in stopping)
        return Validation(score, {"auc": auc(expit(logits), correct)} | losses)

    def _calibrate(self, valid: SequenceStore) -> None:
        logits, correct, _ = self._scored(valid)
        self.calibration = fit_platt(logits, correct)

    @torch.no_grad()
    def _scored(self, store: SequenceStore) -> tuple[np.ndarray, np.ndarray, dict[str, list[float]]]:
        """Of the answers that count: logits, outcomes, and each task's sum of losses and number of labels.

        Several processes share the students out; all of them get everything.
        """
        processes = Processes.here()
        first, last = store.share_of_students(processes.rank, processes.count)
        begin = int(store.starts[first])
        logits = torch.zeros(len(store), dtype=self._dtype, device=self.device)
        # one tensor: many small ones that stay would lie between large ones that go, and none could be used again
        sums = torch.zeros(len(self.settings.tasks), 2, dtype=torch.float64, device=self.device)
        for batch, before in self._sweep(store.students(first, last)):
            real = batch.index >= 0
            logits[begin + batch.index[real]] = self.network.correct_logit(before, batch)[real]
            for task, loss in self.network.task_losses(before, batch).items():
                sums[self.settings.tasks.index(task)] += torch.stack([loss.total, loss.count.to(loss.total.dtype)])
        if processes.count > 1:
            logits, sums = processes.sum(logits), processes.sum(sums)
        scored = store.scored
        told: dict[str, list[float]] = dict(zip(self.settings.tasks, sums.tolist(), strict=True))
        return logits[scored].double().cpu().numpy(), store.correct[scored].cpu().numpy(), told
