"""AUC by window: lines of windows with ten students or more, names that do not overlap."""

import re
from itertools import pairwise

from kt_fewshot.evaluation import Compared, Comparison, PartScores, Results
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import cold_start


def compared(name: str, aucs: dict[str, tuple[int, float]]) -> Compared:
    parts = tuple(PartScores(key, 50, n, 0.5, 0.5, {"auc": Interval(auc)}) for key, (n, auc) in aucs.items())
    return Compared(name, Results({"auc": Interval(0.7)}, positions=parts), 1.0, 0.1, 10)


def comparison(*rows: Compared) -> Comparison:
    return Comparison(rows, None, {}, {}, {})


def test_windows_of_few_students_are_left_out():
    found = {"1": (40, 0.6), "2-5": (40, 0.7), "6+": (9, 0.9)}
    picture = cold_start(comparison(compared("dkt", found)))
    assert ">2 to 5<" in picture.svg
    assert "6 and later" not in picture.svg
    assert picture.words.endswith("DKT from 0.600 to 0.700.")


def test_lines_rise_with_the_auc():
    svg = cold_start(comparison(compared("dkt", {"1": (40, 0.6), "2-5": (40, 0.7)}))).svg
    line = re.search(r'class="predicted" d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"', svg)
    assert line is not None
    assert float(line[1]) > float(line[2])


def test_names_do_not_overlap():
    rows = [compared(name, {"1": (40, 0.6), "2-5": (40, 0.7)}) for name in ("dkt", "bkt", "pfa")]
    svg = cold_start(comparison(*rows)).svg
    places = sorted(float(y) for y in re.findall(r'x="618" y="([\d.]+)">', svg))
    assert [round(after - before, 1) for before, after in pairwise(places)] == [14, 14]


def test_no_two_tracers_look_alike():
    names = ("dkt", *(f"tracer-{k}" for k in range(9)))
    svg = cold_start(comparison(*(compared(name, {"1": (40, 0.6), "2-5": (40, 0.7)}) for name in names))).svg
    looks = re.findall(r'class="(?:thin )?(s\d(?: dashed)?|predicted)" d="M[\d.]+ [\d.]+L', svg)
    assert len(set(looks)) == len(looks) == len(names)
    assert sum(look.endswith("dashed") for look in looks) == 3
    assert not {"s1", "s4"} & {look[:2] for look in looks}  # the model's own line is blue


def test_one_window_or_none_is_drawn_too():
    assert ">DKT<" in cold_start(comparison(compared("dkt", {"1": (40, 0.6)}))).svg
    assert "<svg" in cold_start(comparison(compared("dkt", {}))).svg
    assert "number" not in cold_start(comparison(compared("dkt", {})), by="items").svg
