"""A tracer beside the classics: all on the same answers, and kept as they were."""

import math

import pytest
from _cli import small_log

from kt_fewshot.metrics import Interval, auc
from kt_fewshot.recipes import DataSettings
from kt_fewshot.recipes.classics import CLASSICS, against_classics, keep_standings, kept_standings
from kt_fewshot.recipes.study import Study
from kt_fewshot.reports import Standing
from kt_fewshot.storage import RunFolder
from kt_fewshot.tracing import tracer_class


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    path = tmp_path_factory.mktemp("log") / "log.csv"
    small_log(60).write_csv(path)
    return Study.of(DataSettings(log=(path,)).load(), min_item_answers=2)


def fitted(study: Study, name: str):
    tracer = tracer_class(name)(study.vocabulary, {})
    tracer.fit(study.train, study.valid)
    return tracer


def test_each_is_fitted_and_scored_on_the_same_answers(study):
    own, *classics = against_classics(fitted(study, "elo"), study)
    assert own.name == "elo"
    assert own.difference is None
    assert tuple(standing.name for standing in classics) == CLASSICS
    bkt = next(standing for standing in classics if standing.name == "bkt")
    said = fitted(study, "bkt").predict_log(study.test).correct.numpy()
    assert bkt.auc == pytest.approx(auc(said, study.log.table["correct"].to_numpy()), abs=1e-6)
    for standing in classics:
        assert standing.difference is not None
        assert standing.difference.value == pytest.approx(own.auc - standing.auc, abs=1e-9)
        assert standing.difference.low <= standing.difference.value <= standing.difference.high


def test_a_classic_is_not_compared_with_itself(study):
    names = [standing.name for standing in against_classics(fitted(study, "bkt"), study)]
    assert names[0] == "bkt"
    assert names.count("bkt") == 1


def test_they_are_kept(tmp_path):
    standings = (Standing("dkt", math.nan, 0.5), Standing("bkt", 0.7, 0.6, Interval(0.1, 0.05, math.nan)))
    keep_standings(RunFolder(tmp_path), standings)
    found = kept_standings(RunFolder(tmp_path))
    assert repr(found) == repr(standings)


def test_nothing_kept_is_none(tmp_path):
    assert kept_standings(RunFolder(tmp_path)) is None
    (tmp_path / "classics.json").write_text('{"tracers": [{"tracer": "bkt"}]}')
    assert kept_standings(RunFolder(tmp_path)) is None
