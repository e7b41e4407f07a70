"""`MultiTask`: several targets of any table at once, as an estimator of scikit-learn."""

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data
from torch import Tensor

from kt_fewshot.errors import KTError, TrainingError
from kt_fewshot.training import TrainerOptions, own_randomness, seed_generators

from ..relations import Relations
from ..task_calibration import Calibration
from ..tasks import Task
from .joint import Joint
from .row_batches import Rows
from .row_reader import RowReader
from .row_split import validation_rows
from .target_columns import ALONE, has_label, read_targets
from .targets import Targets, Told
from .task_network import TaskNetwork
from .task_training import calibrations, raw_outputs, train_tasks
from .towers import EncoderChoice, tower_maker

OF_THE_TRAINER: Final = ("learning_rate", "weight_decay", "average_decay", "patience")
"""Arguments that are options of the trainer under the same name."""


def _says_probabilities(model: "MultiTask") -> bool:
    """Whether some target has any; unknown before `fit`."""
    targets = getattr(model, "targets_", None)
    return targets is None or any(targets.is_discrete(name) for name in targets.tasks)


class MultiTask(BaseEstimator):
    """Predicts several targets of the same examples, with features that the targets share in some way.

    Targets come as a mapping or a data frame, name -> column. A row may lack labels (nan, None): each target has its
    own rows. A single target may come as an array; what is predicted is then an array too.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 4))
    >>> y = {"correct": (X[:, 0] > 0).astype(int), "seconds": np.exp(X[:, 0] + X[:, 1])}
    >>> model = MultiTask(max_epochs=5).fit(X, y)
    >>> [type(task).__name__ for task in model.tasks_], sorted(model.predict(X))
    (['Binary', 'Regression'], ['correct', 'seconds'])

    One model a school, drawn towards each other, where the targets are the same question asked in different schools:

    >>> from kt_fewshot.multitask import of_its_group, one_target_a_group
    >>> school = rng.choice(["north", "south"], 200)
    >>> tied = MultiTask(sharing="soft", sharing_options={"tie": 0.1}, tie_heads=True, max_epochs=5)
    >>> tied = tied.fit(X, one_target_a_group(y["correct"], school))
    >>> of_its_group(tied.predict(X), school).shape
    (200,)

    Fitted attributes: `targets_` (tasks, codings), `tasks_`, `network_`, `history_`, `held_out_`, `n_features_in_`.

    Args:
        encoder: a name out of `ENCODERS`, a module (examples in, vectors out), or a function of an example's shape.
        tasks: name -> kind ("binary", "multi-class", "multi-label", "ordinal", "regression") or a `Task`; or a sequence
            of `Task`. What is not told is what the column looks like: see `kind_of`.
        sharing: out of `SHARINGS`; targets are taken in their order, the ones that others build on first.
        balancing: out of `BALANCINGS`.
        encoder_options: of the encoder, by name, such as `hidden`.
        sharing_options: of the sharing, such as `tie` of "soft".
        tie_heads: whether soft sharing's tie holds the heads too; for the same question asked of different groups.
        weights: name -> weight of a target's loss, 1 where nothing is said.
        shares: how often rows of each target come, see `RowBatches`.
        standardize: whether columns of X are brought to mean 0 and variance 1. Targets of regressions always are.
        batch_size: rows.
        max_epochs: passes over the rows, at most.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        average_decay: of a moving average of the weights, which is what predicts; None: the weights themselves.
        patience: epochs without a better validation after which training stops.
        validation_fraction: share of the rows (of the groups) kept to decide when to stop, in [0, 1).
        calibrate: whether probabilities and noise are corrected on the rows kept for validation, which should then
            hold a hundred labels or more of each target.
        random_state: of first weights, order and split.
        device: where to compute, as torch names it.
    """

    def __init__(
        self,
        encoder: EncoderChoice = "mlp",
        tasks: Told = None,
        *,
        sharing: str = "hard",
        balancing: str = "sum",
        encoder_options: Mapping[str, Any] | None = None,
        sharing_options: Mapping[str, Any] | None = None,
        tie_heads: bool = False,
        weights: Mapping[str, float] | None = None,
        shares: str | float = "proportional",
        standardize: bool = True,
        batch_size: int = 32,
        max_epochs: int = 200,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-4,
        average_decay: float | None = 0.99,
        patience: int = 10,
        validation_fraction: float = 0.1,
        calibrate: bool = False,
        random_state: int | np.random.RandomState | None = 0,
        device: str = "cpu",
    ) -> None:
        self.encoder = encoder
        self.tasks = tasks
        self.sharing = sharing
        self.balancing = balancing
        self.encoder_options = encoder_options
        self.sharing_options = sharing_options
        self.tie_heads = tie_heads
        self.weights = weights
        self.shares = shares
        self.standardize = standardize
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.average_decay = average_decay
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.calibrate = calibrate
        self.random_state = random_state
        self.device = device

    def fit(
        self,
        X: ArrayLike,
        y: Any,  # noqa: ANN401
        groups: ArrayLike | None = None,
        *,
        validation: ArrayLike | None = None,
    ) -> Self:
        """Learn from examples.

        Args:
            X: (rows, columns), or (rows, ...) for encoders of images and sequences.
            y: the targets, see the class.
            groups: (rows,) what belongs together (a student): never on both sides of the validation.
            validation: (rows,) bool, the rows to hold out, for all targets; drawn if None.

        Raises:
            ValueError: if an argument is not what it should be.
            TrainingError: if a loss is not finite.
        """
        columns, alone = read_targets(y)
        examples = self._examples(X, reset=True)
        check_consistent_length(examples, *(column.values for column in columns.values()))
        seed = self._seed()
        split: Any = {"groups": groups, "seed": seed, "chosen": validation}
        self.held_out_ = validation_rows(has_label(columns), fraction=self.validation_fraction, **split)
        self.targets_ = Targets.learn(columns, self.tasks, training=~self.held_out_, alone=alone)
        training = examples[~self.held_out_]
        self.reader_ = RowReader.learn(self.targets_, training, standardize=self.standardize, device=self.device)
        rows = self.reader_.read(examples, columns)
        train, valid = (rows.take(torch.as_tensor(side).to(self.device)) for side in (~self.held_out_, self.held_out_))
        try:
            self.network_ = self._network(tuple(rows.x.shape[1:]), seed)
            self._train(train, valid, seed)
        except TrainingError:
            raise
        except KTError as error:  # a name or an option, which scikit-learn wants as a ValueError
            raise ValueError(str(error)) from error
        self.network_.double()  # what is said of a row does not depend on the rows beside it, to 15 digits
        self.calibrations_ = self._calibrated(valid)
        return self

    def predict(self, X: ArrayLike) -> Any:  # noqa: ANN401
        """Name -> (rows,) or (rows, labels) values of the targets, in the user's own classes and units.

        Raises:
            NotFittedError: before `fit`.
            ValueError: if X is not what it should be.
        """
        said = self._expected(X)
        targets = self.targets_
        return targets.named({name: targets.value(name, expected) for name, expected in said.items()})

    @available_if(_says_probabilities)
    def predict_proba(self, X: ArrayLike) -> Any:  # noqa: ANN401
        """Name -> how likely each class is, (rows, classes), or each label, (rows, labels); no regressions.

        Raises:
            NotFittedError: before `fit`.
            ValueError: if X is not what it should be.
        """
        said = self._expected(X)
        targets = self.targets_
        found = {name: expected for name, expected in said.items() if targets.is_discrete(name)}
        return targets.named({name: np.column_stack([1 - p, p]) if p.ndim == 1 else p for name, p in found.items()})

    def evaluate(self, X: ArrayLike, y: Any) -> dict[str, dict[str, float]]:  # noqa: ANN401
        """Name -> metric -> how well a target is predicted where it has labels, in its own unit; raises as `score`."""
        said = self._expected(X)
        return self.targets_.evaluate(said, y)

    def score(self, X: ArrayLike, y: Any) -> float:  # noqa: ANN401
        """Mean over targets of the share of right classes or labels, or of R2; higher is better.

        Raises:
            NotFittedError: before `fit`.
            ValueError: if X or y are not what they should be.
        """
        said = self._expected(X)
        return self.targets_.mean_score(said, y)

    def predict_joint(self, X: ArrayLike) -> Joint:
        """One distribution of all targets of each row: likelihoods, intervals, what is expected.

        Its noise and probabilities mean what they say with `calibrate`; a regression with unit noise has its targets'
        whole spread otherwise. Raises as `predict` does.
        """
        return Joint(outputs=self._outputs(X), targets=self.targets_)

    def joint_log_likelihood(self, X: ArrayLike, y: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """(rows,) log p(y | x) in nats, `predict_joint(X).log_likelihood(y)`; raises as `score` does."""
        return self.predict_joint(X).log_likelihood(y)

    def mixing(self) -> Relations | None:
        """How much each target takes of each tower, as learned; None where the sharing learns nothing of the kind.

        Raises:
            NotFittedError: before `fit`.
        """
        check_is_fitted(self, "network_")
        sharing = self.network_.sharing
        if (matrix := sharing.mixing()) is None:
            return None
        return Relations(sharing.tasks, matrix.double().cpu().numpy(), "weight of each tower", sharing.tower_names())

    @property
    def tasks_(self) -> tuple[Task, ...]:
        """The tasks, in the order of the targets."""
        return tuple(self.targets_.tasks.values())

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of a target that came as an array, as scikit-learn's classifiers have them."""
        targets = getattr(self, "targets_", None)
        if targets is None or not targets.alone or targets.codings[ALONE].classes is None:
            raise AttributeError("Only a single target with classes has `classes_`. Look at `targets_.codings`.")
        return targets.codings[ALONE].classes

    def __sklearn_tags__(self) -> Tags:
        """A target is needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _examples(self, X: ArrayLike, *, reset: bool = False) -> NDArray[Any]:
        given: Any = X
        return validate_data(self, given, reset=reset, dtype=[np.float64, np.float32], allow_nd=True)  # pyright: ignore[reportReturnType]

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _network(self, shape: tuple[int, ...], seed: int) -> TaskNetwork:
        """The untrained network, a function of the seed."""
        device = torch.device(self.device)
        with own_randomness(device):
            make_tower, width = tower_maker(self.encoder, shape, self.encoder_options)
            seed_generators(seed, device)
            shared: Any = {"sharing_options": self.sharing_options, "tie_heads": self.tie_heads}
            return TaskNetwork(make_tower, self.tasks_, width=width, sharing=self.sharing, **shared).to(device)

    def _calibrated(self, valid: Rows) -> dict[str, Calibration]:
        """From raw outputs to those of each task's `likelihood`; corrected on rows for validation, if asked for."""
        if self.calibrate and not len(valid):
            raise ValueError("`calibrate` needs rows for validation. Found none: see `validation_fraction`.")
        rows = (valid if self.calibrate else valid.take(torch.arange(0, device=self.device))).double()
        return calibrations(self.network_, rows)

    def _train(self, train: Rows, valid: Rows, seed: int) -> None:
        as_named: Any = {name: getattr(self, name) for name in OF_THE_TRAINER}
        options = TrainerOptions(epochs=self.max_epochs, seed=seed, **as_named)
        how: Any = {"shares": self.shares, "balancing": self.balancing, "weights": self.weights}
        self.history_ = train_tasks(self.network_, train, valid, options, batch_size=self.batch_size, **how)

    def _outputs(self, X: ArrayLike) -> dict[str, Tensor]:
        """Raw outputs of each task's `likelihood`, corrected where that was asked for."""
        check_is_fitted(self, "network_")
        outputs = raw_outputs(self.network_, self.reader_.read(self._examples(X), dtype=torch.float64))
        return {name: calibrated(outputs[name]) for name, calibrated in self.calibrations_.items()}

    def _expected(self, X: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """What is expected of each target, coded."""
        outputs = self._outputs(X)
        return {task.name: task.likelihood.expected(outputs[task.name]).numpy() for task in self.tasks_}
