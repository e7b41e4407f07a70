"""Methods that adapt by gradient steps: what MAML and its relatives share."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from kt_fewshot.encoders import Encoder
from kt_fewshot.training import LossSum

from .batch_statistics import counting
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
from .linear_head import LinearHeadMethod, LinearHeadOptions
from .method import MethodOptions, Predictor, at_least_single
from .strategy_choice import StrategyChoice

ENCODER, HEAD = "encoder.", "head."


class GradientOptions(LinearHeadOptions):
    """Besides what all methods with a linear head can be told.

    - `query_statistics`: where batch normalisation takes the queries' statistics from. "own", the batch of queries
      itself, as published, which makes predictions mildly transductive; or "support", which makes each its own;
    - `strategy`: "loop" computes one task after the other, "vectorised" all at once; "auto" the first on a CPU, the
      second on a GPU if there is memory for it.
    """

    query_statistics: Literal["own", "support"] = "own"
    strategy: StrategyName = "auto"


class GradientMethod(LinearHeadMethod):
    """Some or all parameters of encoder and head take gradient steps on the support set."""

    Options: ClassVar[type[MethodOptions]] = GradientOptions
    options: GradientOptions  # pyright: ignore[reportIncompatibleVariableOverride]
    first_order: ClassVar[bool] = False
    """Whether the steps' own derivatives are left out."""

    def __init__(self, encoder: Encoder, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(encoder, options)
        self._choice = StrategyChoice(self.options.strategy)

    @abstractmethod
    def start(self, strategy: Strategy, support: Examples, n_way: int) -> Params:
        """The parameters that are adapted, as each task of a part begins with them."""

    def rule(self, n_way: int) -> Rule:  # noqa: ARG002 (others need it)
        """What makes the steps of one descent: p - `inner_rate` * gradient."""
        return lambda _, params, gradients: {
            name: value.sub(gradients[name], alpha=self.options.inner_rate) for name, value in params.items()
        }

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
        return strategy.spread({**encoder, **self.adapted_head(n_way)}, tasks)

    def adapted_head(self, n_way: int) -> Params:
        """The head as the adapted parameters name it."""
        return {HEAD + name: value for name, value in self.head_rows(n_way).items()}

    def see(self, strategy: Strategy, inputs: Inputs) -> Inputs:  # noqa: ARG002 (others need it)
        """What the adapted part of the network reads."""
        return inputs

    def outputs(self, strategy: Strategy, params: Params, seen: Inputs) -> Tensor:
        """(tasks, examples, way) of the adapted network."""
        return strategy.run(self._network, params, seen)

    def features(self, params: Params, x: Tensor, counted: Tensor | None) -> Tensor:
        """Features of one task's examples by the encoder with parameters out of `params`, its own where it has none."""
        own = {name.removeprefix(ENCODER): value for name, value in params.items() if name.startswith(ENCODER)}
        if counted is not None and torch.is_autocast_enabled(x.device.type):
            # autocast overlooks convolutions that vmap gives weights of their own
            own, x = _cast({**dict(self.encoder.named_parameters()), **own}, x, torch.get_autocast_dtype(x.device.type))
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


def _cast(params: Params, x: Tensor, dtype: torch.dtype) -> tuple[dict[str, Tensor], Tensor]:
    return {name: value.to(dtype) for name, value in params.items()}, x.to(dtype)
