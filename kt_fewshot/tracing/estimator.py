"""`KnowledgeTracer`: any tracer as an estimator of scikit-learn, data frames in, data frames out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from kt_fewshot.data import Interactions, Vocabulary, encode, held_out, interactions_of, unknown_in
from kt_fewshot.errors import KTError
from kt_fewshot.storage import load_checkpoint, plain_json, save_checkpoint

from . import load_tracer, tracer_class
from .cpu_threads import cpu_threads
from .frame_metrics import Metric, score
from .frame_tables import in_frame_order, mastery_frame, with_columns
from .tracer import Prediction, Tracer

KIND: Final = "estimator"


class KnowledgeTracer(BaseEstimator):
    """A tracer that is fitted to a data frame and predicts one: a row an answer, in any order of rows.

    Frames are of pandas or polars; what comes back is of the same kind, its rows in the same order. Columns are found
    by the usual names (`interactions_of` tells how) or named in `defaults`. Prediction of an answer knows what the same
    student answered before it, in the frame it stands in, and nothing else: hand in whole histories.

    The names are pyBKT's (Badrinath, Wang and Pardos 2021, https://arxiv.org/abs/2105.00385) where it has one:
    `defaults`, `fit`, `predict` with `correct_predictions` and `state_predictions`, `evaluate`, `params`. Where we
    depart from it: `state_predictions` is P(mastered), not P(not yet mastered); all skills are one model; `evaluate`
    gives the AUC unless told.

    Fitted attributes: `tracer_`, `history_`, `skills_`, `items_`, `columns_in_` (what the log held).

    Args:
        tracer: a name from `TRACERS`.
        defaults: name -> column of the frames, for columns that are not found: `{"user_id": "kid", "correct": "ok"}`.
        min_item_answers: an item with fewer answers is the unknown item.
        valid_fraction: share of the students held out of training to decide when to stop, in (0, 1), for a tracer that
            does so; others learn from everyone.
        random_state: chooses those students, and is the tracer's `seed` if it has one.
        device: where to compute, as torch names it.
        threads: of the CPU, while it works; more seldom help, and on a machine that others use too they wait for each
            other. None leaves torch's own number.
        options: the tracer's own options; `kt-fewshot dkt options` lists them.
    """

    def __init__(
        self,
        tracer: str = "dkt",
        *,
        defaults: Mapping[str, str] | None = None,
        min_item_answers: int = 2,
        valid_fraction: float = 0.1,
        random_state: int = 0,
        device: str = "cpu",
        threads: int | None = 1,
        **options: Any,
    ) -> None:
        self.tracer = tracer
        self.defaults = defaults
        self.min_item_answers = min_item_answers
        self.valid_fraction = valid_fraction
        self.random_state = random_state
        self.device = device
        self.threads = threads
        self.options = options

    def fit(self, frame: Any, y: Any = None) -> Self:  # noqa: ANN401, ARG002 (scikit-learn hands in y)
        """Learn from a log.

        Args:
            frame: the answers; or `Interactions`.
            y: ignored.

        Raises:
            ValueError: if a column, an argument or an option is not what it should be.
        """
        self._check()
        log = interactions_of(frame, self.defaults)
        if not len(log):
            raise ValueError("Fitting needs at least one answer. Found a frame without rows.")
        held_out = self._held_out(log)
        train = log.where(~held_out)
        least, groups = self.min_item_answers, _tracer_class(self.tracer).tells_groups(self.options)
        vocabulary = Vocabulary.of(train, min_item_answers=least, groups=groups)
        if not vocabulary.skills and not vocabulary.items:
            raise ValueError("Fitting needs skills or items. Found neither; name a column: defaults={'skill': ...}.")
        tracer = self._make(vocabulary)
        valid = log.where(held_out) if held_out.any() else train
        with cpu_threads(self.threads):
            history = tracer.fit(encode(train, vocabulary), encode(valid, vocabulary))
        self._take(tracer)
        self.history_ = history
        self.columns_in_ = tuple(name for name in ("skills", "item") if log.has(name))
        return self

    def predict(self, frame: Any) -> Any:  # noqa: ANN401
        """The frame with P(correct) and mastery before each answer.

        Args:
            frame: whole histories, answers included; the answer of a row does not play a role in its own prediction.

        Returns:
            the frame and two more columns, `correct_predictions` and `state_predictions`, both in [0, 1].

        Raises:
            NotFittedError: before `fit`.
            ValueError: if a column is missing or wrong, or nothing in the frame is known from `fit`.
        """
        log = self._read(frame)
        said = self._said(log)
        return with_columns(frame, log, {"correct_predictions": said.correct, "state_predictions": said.mastery})

    def predict_proba(self, frame: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """(rows, 2) P(wrong) and P(correct) of each row; see `predict`."""
        log = self._read(frame)
        correct = in_frame_order(frame, log, self._said(log).correct)
        return np.column_stack([1 - correct, correct])

    def mastery(self, frame: Any) -> Any:  # noqa: ANN401
        """Where everyone stands after the frame's last answers.

        Returns:
            a row for each student and each skill known from `fit`, students in the frame's order: `student`, `skill`,
            `n_attempts`, `n_correct` (on the skill), `correct_predictions` (P(correct) of its next question) and
            `state_predictions` (P(mastered) now).

        Raises:
            NotFittedError: before `fit`.
            ValueError: as `predict`, or if `fit` saw no skills.
        """
        log = self._read(frame)
        if not self.skills_:
            raise ValueError("Mastery is told of skills. Found none in what was fitted; name a column `skill`.")
        with cpu_threads(self.threads):
            return mastery_frame(self.tracer_, log, frame, self.defaults)

    def evaluate(self, frame: Any, metric: Metric | Sequence[Metric] = "auc") -> Any:  # noqa: ANN401
        """How well the frame's answers are predicted.

        Args:
            frame: whole histories.
            metric: auc, accuracy, rmse, log_loss, brier, ece, or a function of (answers, P(correct)); or several.

        Returns:
            a number, or a list of them.

        Raises:
            ValueError: if there is no such metric, or as `predict`.
        """
        if not isinstance(metric, str) and isinstance(metric, Sequence):
            log = self._read(frame)
            return [self._score(log, one) for one in metric]
        return self._score(self._read(frame), metric)

    def score(self, frame: Any, y: Any = None) -> float:  # noqa: ANN401, ARG002
        """AUC of the frame's answers, for scikit-learn's model selection; higher is better, .5 is chance."""
        return self.evaluate(frame)

    def params(self) -> pl.DataFrame:
        """Learning rate, guess and slip of every skill: columns `skill`, `param`, `value`, `param` as pyBKT has it.

        Raises:
            NotFittedError: before `fit`.
            ValueError: if the tracer has no such parameters.
        """
        check_is_fitted(self, "tracer_")
        found = self.tracer_.emission()
        if found is None:
            raise ValueError(f"The tracer '{self.tracer}' has no guess, slip and learning rate.")
        pybkt = {"learn": "learns", "guess": "guesses", "slip": "slips", "forget": "forgets"}
        columns = {pybkt[name]: values for name, values in found._asdict().items()}
        prior = dict(self.tracer_.named_parameters()).get("prior")
        if prior is not None:
            columns = {"prior": prior.detach(), **columns}
        wide = {name: values[1:].double().cpu().numpy() for name, values in columns.items()}
        return pl.DataFrame({"skill": self.skills_, **wide}).unpivot(index="skill", variable_name="param")

    def save(self, folder: str | Path) -> None:
        """Write the fitted estimator to a folder, without code; `kt-fewshot dkt predict FOLDER log.csv` reads it too.

        Raises:
            NotFittedError: before `fit`.
            StorageError: if it cannot be written.
        """
        check_is_fitted(self, "tracer_")
        self.tracer_.save(Path(folder) / "model")
        meta = {"params": plain_json(self.get_params(deep=False), "params"), "columns_in": list(self.columns_in_)}
        save_checkpoint(Path(folder), {}, meta, kind=KIND)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointError: if there is none, or it was damaged.
        """
        _, meta = load_checkpoint(Path(folder), kind=KIND)
        model = cls(**meta["params"])
        model._take(load_tracer(Path(folder) / "model").to(model.device))
        model.columns_in_ = tuple(meta["columns_in"])
        return model

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 (scikit-learn's signature)
        """The estimator's arguments, and those of the tracer's options that were given."""
        named = {name: getattr(self, name) for name in super()._get_param_names()}
        return named | self.options

    def set_params(self, **params: Any) -> Self:
        """Set arguments or the tracer's options.

        Raises:
            ValueError: if there is none of a name.
        """
        named = set(super()._get_param_names())
        tracer = params.get("tracer", self.tracer)
        known = named | set(_tracer_class(tracer)(Vocabulary(()), {}).options)
        if unknown := sorted(set(params) - known):
            raise ValueError(f"Invalid parameter {unknown[0]!r}. Valid parameters are: {sorted(known)!r}.")
        for name in named & set(params):
            setattr(self, name, params[name])
        self.options = self.options | {name: value for name, value in params.items() if name not in named}
        return self

    def _check(self) -> None:
        if not 0 < self.valid_fraction < 1:
            raise ValueError(f"`valid_fraction` should be in (0, 1). Found {self.valid_fraction}.")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"`threads` should be at least 1, or None. Found {self.threads}.")
        if self.min_item_answers < 1:
            raise ValueError(f"`min_item_answers` should be at least 1. Found {self.min_item_answers}.")

    def _held_out(self, log: Interactions) -> pl.Series:
        """(answers,) whether an answer's student is kept for validation."""
        if not _tracer_class(self.tracer).validates:
            return pl.repeat(False, len(log), eager=True)
        students = held_out(log, fraction=self.valid_fraction, seed=self.random_state)
        return log.table["student"].is_in(students)

    def _make(self, vocabulary: Vocabulary) -> Tracer:
        """The untrained tracer."""
        kind = _tracer_class(self.tracer)
        known = kind(Vocabulary(()), {}).options
        seed = {"seed": self.random_state} if "seed" in known else {}
        if unknown := sorted(set(self.options) - set(known)):
            raise ValueError(f"The tracer '{self.tracer}' has no option `{unknown[0]}`. It has: {', '.join(known)}.")
        try:
            return kind(vocabulary, seed | self.options).to(self.device)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"])) or "options"
            raise ValueError(f"`{name}`: {problem['msg']}. Found {problem['input']!r}.") from error

    def _take(self, tracer: Tracer) -> None:
        self.tracer_ = tracer.eval()
        self.skills_, self.items_ = tracer.vocabulary.skills, tracer.vocabulary.items

    def _read(self, frame: Any) -> Interactions:  # noqa: ANN401
        """The frame's answers, checked against what was fitted."""
        check_is_fitted(self, "tracer_")
        log = interactions_of(frame, self.defaults)
        if lost := [name for name in self.columns_in_ if len(log) and not log.has(name)]:
            raise ValueError(f"Column `{lost[0]}` was there in fit and has nothing now. Name it in `defaults`.")
        skills, unknown = log.skill_names(), unknown_in(log, self.tracer_.vocabulary)
        if skills and self.skills_ and len(unknown.skills) == len(skills):
            raise ValueError(
                f"None of the frame's skills was there in fit. Found '{skills[0]}', known are such as "
                f"'{self.skills_[0]}'."
            )
        return log

    def _said(self, log: Interactions) -> Prediction:
        """What is said of each answer, in the log's order."""
        with cpu_threads(self.threads):
            return self.tracer_.predict_log(encode(log, self.tracer_.vocabulary))

    def _score(self, log: Interactions, metric: Metric) -> float:
        correct = log.table["correct"].to_numpy()
        return score(metric, correct, self._said(log).correct.double().cpu().numpy())


def _tracer_class(name: str) -> type[Tracer]:
    try:
        return tracer_class(name)
    except KTError as error:
        raise ValueError(str(error)) from error
