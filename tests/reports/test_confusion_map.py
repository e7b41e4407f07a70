"""Confusions by hand: counted out of the queries that could have been confused."""

import numpy as np
from _few_shot_report import few_shot_material, judged

from kt_fewshot.evaluation import JudgedEpisodes
from kt_fewshot.reports.confusion_map import confusion_map, confusions


def test_a_pair_is_asked_only_where_both_take_part():
    made = JudgedEpisodes(
        episode=np.array([0, 0, 0, 1, 1]),
        true=np.array([0, 0, 1, 0, 2]),
        said=np.array([1, 0, 1, 2, 2]),
        confidence=np.ones(5),
        loss=np.zeros(5),
    )
    taken, asked = confusions(made, 3)
    assert taken.tolist() == [[1, 1, 1], [0, 1, 0], [0, 0, 1]]
    assert asked.tolist() == [[3, 2, 1], [1, 1, 0], [1, 0, 1]]


def test_rows_tell_the_pairs_most_often_confused():
    found = confusion_map(few_shot_material(crowded=judged(40, wrong=2)))
    assert [(row[0], row[1], row[2].split()[0], row[3]) for row in found.rows] == [
        ("<b>one</b>", "two & 2", "50", "160")
    ]
    assert "&lt;b&gt;one&lt;/b&gt; taken for two &amp; 2 in 50" in str(found.figure)


def test_a_single_slip_is_no_confusion():
    made = judged(1, wrong=1)
    assert confusion_map(few_shot_material(crowded=made)).figure is None
