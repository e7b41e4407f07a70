"""A picture of one test episode of a few-shot run: what was shown, what was asked, what was said."""

from pathlib import Path

from kt_fewshot.errors import KTError
from kt_fewshot.fewshot import load_method
from kt_fewshot.reports import Picture, draw_episode
from kt_fewshot.storage import RunFolder

from .episode_material import shown_episode, tiles_of
from .evaluate_episodes import check_shape
from .fewshot_settings import FewShotSettings
from .saved_tracer import choose_device


def show_episode(run: str | Path, number: int = 1, *, device: str = "auto") -> Picture:
    """Draw a test episode.

    Args:
        run: the run's folder, its name under `runs/`, or "latest".
        number: of the episode, from 1; the line of `episodes.csv`.
        device: auto, cpu or cuda.

    Raises:
        KTError: if the run is missing or damaged, its items are no images, or there is no such episode.
    """
    folder = RunFolder.open(run)
    settings = FewShotSettings.assemble(folder.config, {"device": device})
    if not 1 <= number <= settings.test_episodes:
        raise KTError(f"The test has episodes 1 to {settings.test_episodes:,}. Found {number}.")
    method, _ = load_method(folder.model)
    test = settings.load().test
    check_shape(method, test.shape)
    tiles = tiles_of(test)
    if tiles is None:
        raise KTError(f"{settings.data} holds no images, so there is nothing to draw.")
    return draw_episode(shown_episode(method.to(choose_device(device)), test, settings.test_plan(), number - 1), tiles)
