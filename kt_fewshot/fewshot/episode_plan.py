"""`EpisodePlan`: what an episode looks like, before there are data to draw it from."""

from dataclasses import dataclass

from kt_fewshot.data import ClassImages

from .episode_sampler import EpisodeSampler, Span


@dataclass(frozen=True)
class EpisodePlan:
    """`n_way` classes, `k_shot` support and `n_query` query examples of each; `tasks` episodes in a batch.

    Way and shots may be (smallest, largest); with `imbalanced` each class draws its own shots.
    """

    n_way: Span = 5
    k_shot: Span = 1
    n_query: int = 15
    tasks: int = 1
    imbalanced: bool = False

    @property
    def way(self) -> int:
        """Classes, at most."""
        return self.n_way if isinstance(self.n_way, int) else self.n_way[1]

    @property
    def shot(self) -> int:
        """Support examples of a class, at most."""
        return self.k_shot if isinstance(self.k_shot, int) else self.k_shot[1]

    @property
    def examples(self) -> int:
        """Examples of a batch, support and query, at most."""
        return self.tasks * self.way * (self.shot + self.n_query)

    def sampler(self, data: ClassImages, *, steps: int = 100, seed: int = 0) -> EpisodeSampler:
        """Episodes of these out of a data set; see `EpisodeSampler` for what is refused."""
        return EpisodeSampler(
            data,
            self.n_way,
            self.k_shot,
            n_query=self.n_query,
            tasks=self.tasks,
            seed=seed,
            imbalanced=self.imbalanced,
            steps=steps,
        )
