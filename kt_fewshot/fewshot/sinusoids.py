"""`Sinusoids`: regression tasks, each a sine wave of its own (Finn, Abbeel and Levine, "MAML", ICML 2017)."""

import math
from typing import Final, final

import torch
from torch import Tensor

from .draws import random_bits, uniform
from .episode_source import EpisodeSource
from .episodes import Episode, Examples

_WAVE, _PLACE, _NOISE = range(3)
_SPAN: Final = 5.0


@final
class Sinusoids(EpisodeSource):
    """Draws tasks y = a sin(x + b): amplitude a in [0.1, 5), phase b in [0, pi), x in [-5, 5), all evenly.

    Args:
        k_shot: support examples a task.
        n_query: query examples a task.
        noise: standard deviation of what is added to the support's y.
        tasks: tasks a batch.
        seed: of everything.
        device: where tasks are made.
        steps: as `EpisodeSource` has it.
        part: likewise.

    Raises:
        ValueError: if a number is out of range.

    >>> episode = Sinusoids(k_shot=10, tasks=4).draw(0)
    >>> episode.n_way, episode.support.x.shape, episode.query.y.shape
    (0, torch.Size([4, 10, 1]), torch.Size([4, 15]))
    """

    def __init__(
        self,
        k_shot: int = 10,
        *,
        n_query: int = 15,
        noise: float = 0.0,
        tasks: int = 32,
        seed: int = 0,
        device: torch.device | str = "cpu",
        steps: int = 100,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        super().__init__(tasks=tasks, steps=steps, part=part)
        for name, value, least in (("k_shot", k_shot, 1), ("n_query", n_query, 1), ("noise", noise, 0)):
            if value < least:
                raise ValueError(f"`{name}` should be at least {least}. Found `{name} = {value}`.")
        self.k_shot, self.n_query, self.noise, self.seed, self.device = k_shot, n_query, noise, seed, device

    @property
    def fingerprint(self) -> str:
        """A text that changes with the kind of tasks."""
        return f"sinusoids {self.k_shot} {self.n_query} {self.noise} {self.tasks} {self.steps} {self.seed}"

    def draw_tasks(self, first: int, n: int, batch: int) -> Episode:  # noqa: ARG002 - all batches are alike
        """Tasks `first` to `first + n - 1`."""
        tasks = torch.arange(first, first + n, device=self.device)
        amplitude, phase = self._uniform(tasks, 2, _WAVE).unbind(1)
        x = 2 * _SPAN * self._uniform(tasks, self.k_shot + self.n_query, _PLACE) - _SPAN
        y = (0.1 + 4.9 * amplitude)[:, None] * torch.sin(x + math.pi * phase[:, None])
        y[:, : self.k_shot] += self.noise * self._normal(tasks)
        support, query = (Examples(*half) for half in zip(self._halves(x[..., None]), self._halves(y), strict=True))
        return Episode(support, query, n_way=0)

    def _halves(self, values: Tensor) -> tuple[Tensor, Tensor]:
        return values[:, : self.k_shot], values[:, self.k_shot :]

    def _normal(self, tasks: Tensor) -> Tensor:
        """(tasks, k_shot) of the standard normal distribution, by Box and Muller."""
        size, angle = self._uniform(tasks, 2 * self.k_shot, _NOISE).chunk(2, 1)
        return torch.sqrt(-2 * torch.log1p(-size)) * torch.cos(2 * math.pi * angle)

    def _uniform(self, tasks: Tensor, n: int, stream: int) -> Tensor:
        return uniform(random_bits(self.seed, tasks, n, stream=stream))
