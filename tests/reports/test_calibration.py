"""The reliability diagram."""

import numpy as np
from _report import course, material

from kt_fewshot.reports.calibration import calibration


def test_a_calibrated_model_lies_on_the_diagonal():
    log = course(60)
    right = log.table["correct"].to_numpy()
    rng = np.random.default_rng(0)
    said = np.where(rng.random(len(right)) < 0.5, 0.25, 0.75)
    made = calibration(material(log, probability=said))
    assert made is not None
    assert [bin_[0] for bin_ in made.bins] == ["25.0\xa0%", "75.0\xa0%"]
    assert sum(int(bin_[2].replace(",", "")) for bin_ in made.bins) == len(log)
    shares = [f"{100 * right[said == p].mean():.1f}\xa0%" for p in (0.25, 0.75)]
    assert [bin_[1] for bin_ in made.bins] == shares


def test_only_scored_answers_count():
    log = course(60)
    scored = np.zeros(len(log), dtype=bool)
    scored[: len(log) // 2] = True
    made = calibration(material(log, scored=scored))
    assert made is not None
    assert sum(int(bin_[2].replace(",", "")) for bin_ in made.bins) == scored.sum()


def test_few_students_draw_no_diagram():
    assert calibration(material(course(9))) is None
    assert calibration(material(course(30), scored=np.zeros(len(course(30)), dtype=bool))) is None
