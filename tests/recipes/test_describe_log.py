"""What a log holds, counted by hand."""

import pytest

from kt_fewshot.recipes import describe_log

ROWS = ["a,q1,x,1,0", "a,q2,x~~y,0,86400", "a,q3,,1,172800", "b,q1,x,1,5"]


def test_counts_by_hand(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,skills,correct,time", *ROWS]) + "\n")
    found = describe_log([path])
    assert found["files"] == [str(path)]
    assert (found["rows_read"], found["kept"], found["merged"], found["rejected"]) == (4, 4, 0, 0)
    assert (found["students"], found["items"], found["skills"]) == (2, 3, 2)
    assert (found["answers_without_skill"], found["answers_on_several_skills"]) == (1, 1)
    assert found["share_correct"] == 0.75
    assert found["answers_a_student"] == {"min": 1, "q25": 1, "median": 3, "q75": 3, "max": 3}
    assert found["time_span_days"] == pytest.approx(2.0)
    assert found["also_has"] == []
    assert describe_log([path], read={"format": "generic"}) == found
