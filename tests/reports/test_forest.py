"""A comparison as a picture and as a table: places are numbers, the baseline is compared with nobody."""

import re

import pytest

from kt_fewshot.evaluation import Compared, Comparison, Results
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import comparison_table, forest


def compared(name: str, auc: Interval, difference: Interval | None) -> Compared:
    test = {"auc": auc, "log_loss": Interval(0.5), "ece": Interval(0.02)}
    return Compared(name, Results(test), 1.5, 0.1, 10, {"auc": difference} if difference else {})


@pytest.fixture
def comparison():
    rows = (
        compared("dkt", Interval(0.8, 0.75, 0.85), Interval(0.1, 0.05, 0.15)),
        compared("own <one>", Interval(0.75, 0.7, 0.8), Interval(0.05, -0.01, 0.11)),
        compared("bkt", Interval(0.7, 0.65, 0.75), None),
    )
    return Comparison(rows, "bkt", {}, {}, {})


def spans(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.findall(rf'class="interval {kind}" d="M([\d.]+) [\d.]+L([\d.]+) ', svg)
    return [(float(first), float(last)) for first, last in found]


def test_intervals_stand_to_scale(comparison):
    svg = forest(comparison).svg
    (auc, difference), others = spans(svg, "own"), spans(svg, "other")
    assert len(others) == 3  # the baseline has no difference
    widths = [last - first for first, last in (auc, others[0], others[2])]
    assert widths == pytest.approx([widths[0]] * 3, abs=0.2)
    zero = float(re.findall(r'class="zero" d="M([\d.]+) ', svg)[0])
    assert zero < difference[0]
    assert others[1][0] < zero < others[1][1]


def test_names_are_known_or_escaped_and_words_tell_all(comparison):
    picture = forest(comparison)
    assert ">DKT<" in picture.svg
    assert "own &lt;one&gt;" in picture.svg
    assert "DKT 0.800 (0.750 to 0.850)" in picture.words
    assert ">compared with<" in picture.svg


def test_without_a_baseline_there_is_one_panel():
    svg = forest(Comparison((compared("dkt", Interval(0.8, 0.75, 0.85), None),), None, {}, {}, {})).svg
    assert 'class="zero"' not in svg
    assert "more or less" not in svg


def test_an_undefined_auc_is_a_dash():
    row = compared("dkt", Interval(float("nan")), None)
    assert "\N{EN DASH}" in forest(Comparison((row,), None, {}, {}, {})).svg


def test_the_table_has_the_same_numbers(comparison):
    table = comparison_table(comparison)
    assert table["tracer"].to_list() == ["dkt", "own <one>", "bkt"]
    assert table["difference"].to_list() == [0.1, 0.05, None]
    assert table["auc_95"][0] == "0.750 to 0.850"
    assert table["difference_95"].to_list() == ["0.050 to 0.150", "-0.010 to 0.110", None]
