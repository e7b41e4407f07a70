"""Methods that adapt by gradient steps: what MAML and its relatives share."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from kt_fewshot.encoders import Encoder
from kt_fewshot.training import LossSum

from .batch_statistics import counting, twice_differentiable
from .episodes import Episode, Examples
from .inner_loop import (
    Inputs,
    Params,
    Rule,
    Strategy,
    StrategyName,
    descend,
    example_losses,
    last,
    leaves,
    task_losses,
)
from .method import Method, MethodOptions, Predictor, at_least_single
from .strategy_choice import StrategyChoice

ENCODER, HEAD = "encoder.", "head."


class GradientOptions(MethodOptions):
    """What all of them can be told.

    - `ways`: classes the head has rows for; tasks of another number of classes, and regressions, begin with the mean
      row for every class (Ye and Chao 2022, "How to train your MAML to excel in few-shot classification"). 1 always
      does.
    - `inner_steps`, `inner_rate`: gradient steps on a task's support set, and their length;
    - `test_steps`: steps once training is over; as many as in training if None;
    - `query_statistics`: where batch normalisation takes the queries' statistics from. "own", the batch of queries
      itself, as published, which makes predictions mildly transductive; or "support", which makes each its own;
    - `strategy`: "loop" computes one task after the other, "vectorised" all at once; "auto" the first on a CPU, the
      second on a GPU if there is memory for it.
    """

    ways: int = Field(default=5, ge=1)
    inner_steps: int = Field(default=1, ge=1)
    inner_rate: float = Field(default=0.4, gt=0)
    test_steps: int | None = Field(default=None, ge=1)
    query_statistics: Literal["own", "support"] = "own"
    strategy: StrategyName = "auto"


class GradientMethod(Method):
    """An encoder and a linear head; some or all of their parameters take gradient steps on the support set.

    Also for regressions (`n_way` 0: y is a float, the loss the squared error, predictions are (tasks, queries)).

    The encoder is a copy that shares the given one's parameters, in which batch normalisation uses the statistics of
    the batch at hand (`twice_differentiable`).
    """

    tasks: ClassVar[int] = 4
    Options: ClassVar[type[MethodOptions]] = GradientOptions
    options: GradientOptions
    first_order: ClassVar[bool] = False
    """Whether the steps' own derivatives are left out."""

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(twice_differentiable(encoder), options)
        self.head = self.make_head()
        self._choice = StrategyChoice(self.options.strategy)

    @abstractmethod
    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """The parameters that are adapted, as each task of a part begins with them."""

    def rule(self, n_way: int) -> Rule:  # noqa: ARG002 (others need it)
        """What makes the steps of one descent: p - `inner_rate` * gradient."""
        return lambda _, params, gradients: {
            name: value.sub(gradients[name], alpha=self.options.inner_rate) for name, value in params.items()
        }

    def make_head(self) -> nn.Linear | None:
        """What is learned of the head across tasks."""
        return nn.Linear(self.encoder.width, self.options.ways)

    @property
    def steps(self) -> int:
        """Gradient steps, in training or afterwards."""
        return self.options.inner_steps if self.training else (self.options.test_steps or self.options.inner_steps)

    @property
    def second_order(self) -> bool:
        """Whether the steps' own derivatives are taken."""
        return not self.first_order

    def adapt(self, support: Examples, n_way: int) -> Predictor:
        """See `Method.adapt`; where gradients are enabled, they flow through the steps to the method's parameters."""
        strategy = self.strategy(support, support)
        parts = strategy.parts(support)
        adapted = [self._adapted(strategy, part, n_way) for part in parts]

        def predict(x: Tensor) -> Tensor:
            outputs = [
                self._of_queries(
                    strategy, params, Examples(part_x, torch.zeros(part_x.shape[:2], device=x.device)), part
                )
                for params, part, part_x in zip(adapted, parts, strategy.split(x), strict=True)
            ]
            whole = torch.cat(outputs)
            return whole if n_way else whole.squeeze(-1)

        return predict

    def losses(self, batch: Episode) -> dict[str, LossSum]:
        """Loss of the queries after adapting to the support sets."""
        strategy = self.strategy(batch.support, batch.query)
        pairs = zip(strategy.parts(batch.support), strategy.parts(batch.query), strict=True)
        totals = [self._part_loss(strategy, support, query, batch.n_way) for support, query in pairs]
        return {"query": LossSum(torch.stack(totals).sum(), batch.query.real().sum().to(totals[0].dtype))}

    def loss_weights(self) -> list[float]:
        """What the queries' loss after each step counts: only the last."""
        return [0.0] * (self.steps - 1) + [1.0]

    def strategy(self, support: Examples, query: Examples) -> Strategy:
        """How a batch is computed."""
        return self._choice(support, query, steps=self.steps, encoder=self.encoder)

    def all_parameters(self, strategy: Strategy, tasks: int, n_way: int) -> Params:
        """Encoder and head, as each task begins with them."""
        encoder = {ENCODER + name: value for name, value in self.encoder.named_parameters()}
        return strategy.spread({**encoder, **self.head_rows(n_way)}, tasks)

    def head_rows(self, n_way: int) -> Params:
        """The head's parameters for tasks of `n_way` classes."""
        head = self.head
        assert head is not None
        return {HEAD + name: rows_for(value, n_way) for name, value in head.named_parameters()}

    def see(self, strategy: Strategy, inputs: Inputs) -> Inputs:  # noqa: ARG002 (others need it)
        """What the adapted part of the network reads."""
        return inputs

    def outputs(self, strategy: Strategy, params: Params, seen: Inputs) -> Tensor:
        """(tasks, examples, way) of the adapted network."""
        return strategy.run(self._network, params, seen)

    def features(self, params: Params, x: Tensor, counted: Tensor | None) -> Tensor:
        """Features of one task's examples by the encoder with parameters out of `params`, its own where it has none."""
        own = {name.removeprefix(ENCODER): value for name, value in params.items() if name.startswith(ENCODER)}
        with counting(self.encoder, counted):
            return at_least_single(functional_call(self.encoder, own, (x,)))

    def descend(self, strategy: Strategy, support: Examples, n_way: int, *, follow: bool) -> Iterator[Params]:
        """The parameters after each step on a part's support sets."""
        with torch.set_grad_enabled(follow):
            start = self.start(strategy, support, n_way)
            seen = self.see(strategy, strategy.inputs(support))
        if not follow:
            start = leaves(start)
        yield from descend(
            {name: value if value.requires_grad else value.detach().requires_grad_() for name, value in start.items()},
            lambda _, params: task_losses(self.outputs(strategy, params, seen), support, n_way).sum(),
            self.rule(n_way),
            self.steps,
            second_order=follow and self.second_order,
            follow=follow,
        )

    def _adapted(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        follow = torch.is_grad_enabled()
        with torch.enable_grad():
            return last(self.descend(strategy, support, n_way, follow=follow))

    def _part_loss(self, strategy: Strategy, support: Examples, query: Examples, n_way: int) -> Tensor:
        follow = torch.is_grad_enabled()
        total = support.x.new_zeros(())
        with torch.enable_grad():
            steps = self.descend(strategy, support, n_way, follow=follow)
            for weight, params in zip(self.loss_weights(), steps, strict=True):
                if weight:
                    with torch.set_grad_enabled(follow):
                        outputs = self._of_queries(strategy, params, query, support)
                        total = total + weight * (example_losses(outputs, query, n_way) * query.real()).sum()
        return total

    def _of_queries(self, strategy: Strategy, params: Params, query: Examples, support: Examples) -> Tensor:
        if self.options.query_statistics == "own":
            return self.outputs(strategy, params, self.see(strategy, strategy.inputs(query)))
        n = support.x.shape[1]
        counted = torch.cat([support.real(), torch.zeros_like(query.real())], 1)
        inputs = Inputs(torch.cat([support.x, query.x], 1), counted)
        return self.outputs(strategy, params, self.see(strategy, inputs))[:, n:]

    def _network(self, params: Params, x: Tensor, counted: Tensor | None) -> Tensor:
        features = self.features(params, x, counted)
        with torch.autocast(x.device.type, enabled=False):
            return functional.linear(features, params[HEAD + "weight"], params[HEAD + "bias"])


def rows_for(value: Tensor, n_way: int) -> Tensor:
    """(rows, ...) as (n_way, ...), one row for a regression: as it is, or the mean row again and again."""
    rows = max(n_way, 1)
    return value if len(value) == rows else value.mean(0, keepdim=True).expand(rows, *value.shape[1:])
