"""How methods are tested: on the same episodes, whoever asks."""

from typing import Final

from kt_fewshot.data import ClassImages
from kt_fewshot.evaluation import JudgedEpisodes, Results, judge
from kt_fewshot.fewshot import EpisodePlan, EpisodeSource, Method, embedded

VALID_SEED: Final = 1_000_001
TEST_SEED: Final = 2_000_003
"""Episodes of validation and test are others than those of any training, and the same for every training."""


def test_episodes(data: ClassImages, plan: EpisodePlan, *, seed: int = TEST_SEED) -> EpisodeSource:
    """The episodes that every method is tested on.

    Raises:
        DatasetError: if the data are too few for them.
    """
    return plan.sampler(data, seed=seed)


def judge_first(
    method: Method, data: ClassImages, plan: EpisodePlan, episodes: int, *, seed: int = TEST_SEED
) -> JudgedEpisodes:
    """Judge a method on the first episodes of the test.

    Where they draw more examples than there are, each example passes the encoder once.

    Args:
        method: in eval mode.
        data: classes to test on, on the method's device.
        plan: of the episodes.
        episodes: how many.
        seed: of the episodes.

    Raises:
        DatasetError: if the data are too few for the plan.
    """
    test_episodes(data, plan, seed=seed)
    if episodes * plan.examples // plan.tasks > len(data):
        method, data = embedded(method, data)
    return judge(method, test_episodes(data, plan, seed=seed).first(episodes))


def tested(judged: JudgedEpisodes, plan: EpisodePlan, method: Method) -> Results:
    """The results, with how they were measured."""
    return judged.results().measured(
        {"n_way": plan.n_way, "k_shot": plan.k_shot, "n_query": plan.n_query, "method": method.name}
        | ({"transductive": True} if method.transductive else {})
    )
