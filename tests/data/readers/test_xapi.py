import json
from pathlib import Path
from typing import Any

import pytest

from kt_fewshot.data.pseudonyms import pseudonym
from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError

VERBS = "http://adlnet.gov/expapi/verbs/"
ANN, BOB = {"account": {"homePage": "https://x.org", "name": "ann"}}, {"mbox": "mailto:bob@x.org", "name": "Bob B."}


def statement(
    actor: object = ANN, item: str = "q1", result: object = True, verb: str = "answered", **more: Any
) -> dict:
    result = {"success": result} if isinstance(result, bool) else result
    return {"actor": actor, "verb": {"id": VERBS + verb}, "object": {"id": item}, "result": result, **more}


def read(tmp_path: Path, *statements: dict, name: str = "log.json", **options: Any) -> Log:
    (tmp_path / name).write_text(json.dumps(statements))
    return read_log(tmp_path / name, **options)


def table(log: Log, *columns: str) -> list[tuple]:
    return log.interactions.table.select(columns).rows()


def test_a_statement_is_an_answer(tmp_path: Path):
    log = read(
        tmp_path,
        statement(timestamp="1970-01-01T01:00:20+01:00", result={"success": False, "duration": "PT5.5S"}),
        statement(timestamp="1970-01-01T00:00:10Z", item="q2"),
        statement(BOB, stored="1970-01-01T00:00:30"),
    )
    bob = pseudonym("bob@x.org")
    assert table(log, "student", "item", "correct", "time", "response_time", "row") == [
        ("ann", "q2", 1, 10.0, None, 2),
        ("ann", "q1", 0, 20.0, 5.5, 1),
        (bob, "q1", 1, 30.0, None, 3),
    ]
    assert log.ingest.hashed == 1
    assert "Bob" not in str(log)


@pytest.mark.parametrize(
    ("result", "correct"),
    [
        ({"success": True, "score": {"scaled": 0.2}}, 1),
        ({"score": {"scaled": 1}}, 1),
        ({"score": {"scaled": 0.0, "raw": 5, "max": 5}}, 0),
        ({"score": {"scaled": -0.5}}, 0),
        ({"score": {"raw": 3, "max": 3}}, 1),
        ({"score": {"raw": -1, "min": -1, "max": 3}}, 0),
        ({"score": {"scaled": 0.5}}, "partial credit"),
        ({"score": {"raw": 1, "min": 0, "max": 2}}, "partial credit"),
        ({"score": {"raw": 1}}, "no outcome"),
        ({"score": {"raw": 1, "max": 0}}, "no outcome"),
        ({"score": 1}, "no outcome"),
        ({}, "no outcome"),
        (None, "no outcome"),
        ([], "no outcome"),
    ],
)
def test_outcomes(tmp_path: Path, result: object, correct: int | str):
    log = read(tmp_path, statement(item="q0"), statement(result=result))
    if isinstance(correct, int):
        assert table(log, "correct") == [(1,), (correct,)]
    else:
        assert log.ingest.set_aside == {correct: 1}


def test_a_threshold_makes_half_right(tmp_path: Path):
    half = [statement(item=f"q{number}", result={"score": {"scaled": number / 4}}) for number in range(5)]
    assert table(read(tmp_path, *half, threshold=0.5), "correct") == [(0,), (0,), (1,), (1,), (1,)]


@pytest.mark.parametrize("result", [{"success": "perhaps"}, {"score": {"scaled": 7}}, {"success": [1]}])
def test_outcomes_that_are_none(tmp_path: Path, result: object):
    log = read(tmp_path, statement(), statement(result=result), max_bad=0.5)
    assert log.ingest.rejected["row"].to_list() == [2]
    assert log.ingest.rejected["reason"][0].startswith("the outcome is ")


def test_what_is_no_answer_is_set_aside(tmp_path: Path):
    log = read(
        tmp_path,
        statement(),
        statement(verb="attempted"),
        statement(verb="attempted"),
        {**statement(), "verb": {"id": "https://w3id.org/xapi/video/verbs#Paused/"}},
        {**statement(), "verb": None},
        statement({**ANN, "objectType": "Group"}),
        {**statement(), "object": {"objectType": "StatementRef", "id": "s"}},
        {**statement(), "object": {"id": "q", "definition": {"interactionType": "compound"}}},
    )
    assert log.ingest.set_aside == {
        "verb attempted": 2,
        "verb paused": 1,
        "verb missing": 1,
        "answer of a group": 1,
        "object is no activity": 1,
        "sums up its parts": 1,
    }
    assert log.ingest.rows_read == 8


def test_what_cannot_be_read_is_rejected(tmp_path: Path):
    whole = [statement(item=f"q{number}") for number in range(9)]
    log = read(tmp_path, *whole, statement({"name": "Ann"}), {**statement(), "object": {}}, max_bad=0.5)
    assert log.ingest.rejected.select("row", "reason").rows() == [(10, "no student"), (11, "no object")]
    with pytest.raises(LogError, match=r"2 of 11 records of log.json cannot be read .* in line 1: no student"):
        read(tmp_path, *whole, statement({"name": "Ann"}), {**statement(), "object": {}})


def test_a_statement_sent_again_is_merged(tmp_path: Path):
    again = [
        statement(id="a"),
        statement(item="q2", id="b"),
        statement(id="a"),
        statement(),
        statement(),
        statement(id="a"),
    ]
    log = read(tmp_path, *again, statement(verb="attempted", id="c"), statement(verb="attempted", id="c"))
    assert (log.ingest.kept, log.ingest.merged, log.ingest.set_aside) == (4, 2, {"verb attempted": 2})
    assert log.ingest.fates.filter(fate="merged").select("row", "into").rows() == [(3, 1), (6, 1)]
    assert "2 merged (sent again)" in log.ingest.decisions


def test_files_that_overlap(tmp_path: Path):
    (tmp_path / "a.json").write_text(json.dumps([statement(id="a"), statement(id="b")]))
    (tmp_path / "b.json").write_text(json.dumps({"statements": [statement(id="b"), statement(id="c")]}))
    log = read_log([tmp_path / "a.json", tmp_path / "b.json"])
    assert table(log, "file", "row") == [(0, 1), (0, 2), (1, 2)]
    assert log.ingest.fates.rows() == [(1, 1, "merged", "sent again", None)]


def test_what_was_voided_does_not_count(tmp_path: Path):
    void = {**statement(verb="voided"), "object": {"objectType": "StatementRef", "id": "a"}}
    log = read(tmp_path, statement(id="a"), statement(id="b"), void, statement(id="a"))
    assert table(log, "row") == [(2,)]
    assert log.ingest.set_aside == {"voided": 2, "verb voided": 1}


def test_a_question_set_of_h5p_does_not_count_beside_its_parts(tmp_path: Path):
    parts = [statement(item=f"https://x.org/h5p?id=1&subContentId={part}") for part in "ab"]
    whole, other = statement(item="https://x.org/h5p?id=1"), statement(BOB, item="https://x.org/h5p?id=1")
    log = read(tmp_path, *parts, whole, other)
    assert table(log, "row") == [(1,), (2,), (4,)]
    assert log.ingest.set_aside == {"sums up its parts": 1}


def test_equal_answers_of_one_second_are_two(tmp_path: Path):
    log = read(
        tmp_path, *[statement(timestamp="2024-01-01T00:00:00Z")] * 2, statement(timestamp="2023-01-01T00:00:00Z")
    )
    assert log.ingest.kept == 3


def context(**kinds: Any) -> dict:
    return {"context": {"contextActivities": kinds}}


PROFILE = {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}


@pytest.mark.parametrize(
    ("kinds", "skills"),
    [
        ({"parent": [{"id": "p"}], "grouping": [{"id": "g"}]}, "p"),
        ({"grouping": [{"id": "g"}, {"id": "a"}]}, "a~~g"),
        ({"grouping": {"id": "g"}}, "g"),
        ({"category": [PROFILE, {"id": "c"}]}, "c"),
        ({"category": [PROFILE]}, None),
        ({"parent": "p"}, None),
        ({"parent": [{}, 3]}, None),
    ],
)
def test_skills_are_context_activities(tmp_path: Path, kinds: dict, skills: str | None):
    log = read(tmp_path, statement(**context(**kinds)), statement(item="q2"))
    assert table(log, "skills") == [(skills,), (None,)]


def test_the_user_chooses_the_skill(tmp_path: Path):
    one = statement(**context(parent=[{"id": "p"}], grouping=[{"id": "g"}]))
    one["object"]["definition"] = {"extensions": {"https://x.org/kc": ["k1;k2", "k3"]}}
    choose = [("grouping", "g", None), ("https://x.org/kc", "k1;k2~~k3", None), ("https://x.org/kc", "k1~~k2~~k3", ";")]
    for name, skills, separator in choose:
        log = read(tmp_path, one, columns=ColumnChoice(skill=name), skill_separator=separator)
        assert table(log, "skills") == [(skills,)]
    with pytest.raises(LogError, match="No record has a skill in `https://x.org/lo`"):
        read(tmp_path, one, columns=ColumnChoice(skill="https://x.org/lo"))
    with pytest.raises(LogError, match="Column `student` of a log in JSON is where the standard says"):
        read(tmp_path, one, columns=ColumnChoice(student="actor"))


def test_the_same_name_at_two_home_pages_is_two_students(tmp_path: Path):
    other = {"account": {"homePage": "https://y.org", "name": "ann"}}
    log = read(tmp_path, statement(), statement(other), statement(BOB), statement({"mbox_sha1sum": "abc"}))
    names = [name for (name,) in table(log, "student")]
    assert names == ["https://x.org#ann", "https://y.org#ann", pseudonym("bob@x.org"), "abc"]
    assert "students told apart by their home pages" in log.ingest.decisions


def test_answers_without_time_are_told(tmp_path: Path):
    log = read(tmp_path, statement(timestamp="soon"), *(statement(timestamp=f"202{year}-01-01") for year in (4, 3)))
    assert table(log, "row") == [(3,), (2,), (1,)]
    assert log.ingest.warnings == ("1 answers have no readable time; they come last in their student's history.",)
