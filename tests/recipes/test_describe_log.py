"""What a log holds, counted by hand."""

import json

from kt_fewshot.recipes import convert_log, describe_log

ROWS = ["a,q1,x,1,0", "a,q2,x~~y,0,86400", "a,q3,,1,172800", "b,q1,x,1,5", "b,q1,x,maybe,9"]


def test_counts_by_hand(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,skills,correct,time", *ROWS]) + "\n")
    found = describe_log([path], read={"max_bad": 0.5})
    assert found["files"] == [str(path)]
    assert (found["rows_read"], found["kept"], found["merged"], found["rejected"]) == (5, 4, 0, 1)
    assert found["rejected_because"] == {"the outcome is 'maybe'": 1}
    assert (found["students"], found["items"], found["skills"]) == (2, 3, 2)
    assert (found["answers_without_skill"], found["answers_on_several_skills"]) == (1, 1)
    assert found["share_correct"] == 0.75
    assert (found["answers_a_student"]["min"], found["answers_a_student"]["max"]) == (1, 3)
    assert found["time_span_days"] == 2.0
    assert found["also_has"] == []
    assert found["read_as"].startswith("table, utf-8, 2 students, 4 answers, 1 answer without skill kept")
    assert found["warnings"][0].startswith("1 student has one answer only, such as 'b'")
    assert describe_log([path], read={"max_bad": 0.5, "format": "generic"}) == found


def test_what_is_kept_with_an_output_is_the_same(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["student,item,skills,correct,time", *ROWS[:4]]) + "\n")
    convert_log([path], tmp_path / "own.csv")
    found = describe_log([path])
    assert json.loads((tmp_path / "own.csv.ingest" / "ingest.json").read_text()) == {
        name: value for name, value in found.items() if name != "read_as"
    }
