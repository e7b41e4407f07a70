"""The picture of a test episode: of the run's own test, and what is refused."""

from pathlib import Path

import polars as pl
import pytest

from kt_fewshot.errors import KTError
from kt_fewshot.recipes import FewShotSettings, meta_train, show_episode

TINY = {
    "data": "digits",
    "encoder": "mlp",
    "encoder_options": {"hidden": 8},
    "steps": 3,
    "epochs": 1,
    "valid_episodes": 5,
    "test_episodes": 5,
    "test_way": 3,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shown") / "run"
    meta_train(FewShotSettings.assemble(None, TINY), out=folder, report=False)
    return folder


@pytest.mark.parametrize("number", [1, 4])
def test_it_shows_the_episode_that_was_judged(run, number):
    picture = show_episode(run, number)
    right = round(pl.read_csv(run / "episodes.csv")["accuracy"][number - 1] * 45)
    assert f"{right} of 45 named right" in picture.svg
    assert picture.svg.count('class="tick"') == right
    assert picture.svg.count("<image") == 3 * 16


def test_episodes_that_the_test_has_not(run):
    for number in (0, 6):
        with pytest.raises(KTError, match=f"The test has episodes 1 to 5. Found {number}."):
            show_episode(run, number)


def test_rows_of_a_table_have_no_pictures(tmp_path):
    rows = [{"a": k % 20 + 0.1 * (k // 20), "b": float(k % 7), "label": f"c{k % 20}"} for k in range(400)]
    pl.DataFrame(rows).write_csv(tmp_path / "rows.csv")
    settings = FewShotSettings.assemble(None, TINY | {"data": str(tmp_path / "rows.csv")})
    trained = meta_train(settings, out=tmp_path / "run")
    assert 'id="episode"' not in (tmp_path / "run/report.html").read_text()
    with pytest.raises(KTError, match="holds no images"):
        show_episode(trained.run.path)
