"""Few-shot methods side by side: order, paired differences by hand, what is refused."""

import polars as pl
import pytest

from kt_fewshot.evaluation import ComparedMethod, MethodComparison, Results, compare_methods
from kt_fewshot.metrics import mean_interval


def a_method(name: str, accuracy: list[float], *, transductive: bool = False) -> ComparedMethod:
    episodes = pl.DataFrame({"accuracy": accuracy, "log_loss": [1 - value for value in accuracy]})
    results = Results(
        {"accuracy": mean_interval(accuracy), "log_loss": mean_interval(episodes["log_loss"])},
        counts={"episodes": len(accuracy), "queries": 10 * len(accuracy)},
    )
    return ComparedMethod(name, episodes, results, 1.5, 100, transductive)


def compared() -> MethodComparison:
    methods = [
        a_method("worse", [0.5, 0.6, 0.7]),
        a_method("all-at-once", [0.95, 0.95, 0.98], transductive=True),
        a_method("better", [0.8, 0.9, 0.7]),
    ]
    return compare_methods(methods, baseline="worse", settings={"steps": 3})


def test_best_first_and_transductive_methods_after_all_others():
    assert [method.name for method in compared().methods] == ["better", "worse", "all-at-once"]


def test_differences_are_paired_by_episode():
    found = compared()["better"].difference["accuracy"]
    assert found == mean_interval([0.8 - 0.5, 0.9 - 0.6, 0.7 - 0.7])
    assert found.value == pytest.approx(0.2)
    assert compared()["better"].difference["log_loss"].value == pytest.approx(-0.2)
    assert not compared()["worse"].difference


def test_json_and_table():
    found = compared().of_run("here").to_json_dict()
    assert (found["run"], found["baseline"], found["settings"]) == ("here", "worse", {"steps": 3})
    assert found["counts"] == {"episodes": 3, "queries": 30}
    better, worse, _ = found["methods"]
    assert (better["seconds"], better["parameters"], better["transductive"]) == (1.5, 100, False)
    assert set(better["difference"]["accuracy"]) == {"value", "low", "high"}
    assert "difference" not in worse
    table = compared().table()
    assert table.columns[:3] == ["method", "transductive", "part"]
    assert table.filter(method="better", part="difference", metric="accuracy")["value"].item() == pytest.approx(0.2)
    assert table.filter(method="all-at-once", part="cost", metric="parameters")["value"].item() == 100
    assert table.filter(method="worse", part="difference").height == 0


def test_other_episodes_and_other_baselines_are_refused():
    methods = [a_method("a", [0.5, 0.6]), a_method("b", [0.5, 0.6, 0.7])]
    with pytest.raises(ValueError, match="same episodes. Found 3 of b and 2 of a"):
        compare_methods(methods, baseline="a", settings={})
    with pytest.raises(ValueError, match="`baseline` should be one of a, b. Found 'c'"):
        compare_methods(methods, baseline="c", settings={})
