import json
from pathlib import Path
from typing import Any

import pytest

from kt_fewshot.data.pseudonyms import pseudonym
from kt_fewshot.data.readers import ColumnChoice, Log, read_log
from kt_fewshot.errors import LogError


def attempt(name: str = "a1", item: str | None = "q1", **more: Any) -> dict:
    return {"id": name, "type": "Attempt", "assignee": "ann", "assignable": item, **more}


def event(action: str = "Completed", item: str = "q1", name: str | None = "a1", at: int = 10, **more: Any) -> dict:
    made = {"type": "Attempt", "id": name} if action == "Started" else {"type": "Response", "attempt": name}
    told = {"type": "AssessmentItemEvent", "actor": {"id": "ann", "type": "Person"}, "action": action}
    return told | {"object": item, "generated": made, "eventTime": f"1970-01-01T00:00:{at:02}.000Z", **more}


def grade(points: object = 1, of: object = None, at: int = 40, most: object = 1, **more: Any) -> dict:
    score = {"type": "Score", "scoreGiven": points, "maxScore": most}
    told = {"type": "GradeEvent", "actor": {"id": "robot", "type": "SoftwareApplication"}, "action": "Graded"}
    return told | {"object": of or attempt(), "generated": score, "eventTime": f"1970-01-01T00:00:{at:02}Z", **more}


def read(tmp_path: Path, *data: dict, **options: Any) -> Log:
    envelope = {"sensor": "s", "sendTime": "1970-01-01T00:00:50Z", "dataVersion": "v1p1", "data": data}
    (tmp_path / "log.json").write_text(json.dumps(envelope))
    return read_log(tmp_path / "log.json", **options)


def table(log: Log, *columns: str) -> list[tuple]:
    return log.interactions.table.select(columns).rows()


def fates(log: Log) -> list[tuple]:
    return log.ingest.fates.select("row", "fate", "reason", "into").rows()


def test_what_belongs_to_an_attempt_is_one_answer(tmp_path: Path):
    log = read(tmp_path, event("Started", at=4), event(group={"id": "7b"}), grade(of=attempt(count=2)))
    columns = ("student", "item", "correct", "time", "response_time", "attempts", "group", "row")
    assert table(log, *columns) == [("ann", "q1", 1, 10.0, 6.0, 2, "7b", 2)]
    assert fates(log) == [(1, "merged", "the start of an answer", 2), (3, "merged", "the grade of an answer", 2)]


@pytest.mark.parametrize("wrap", [list, tuple])
def test_envelopes_however_they_come(tmp_path: Path, wrap: type):
    parts = wrap([event("Started"), event(), grade()])
    envelopes = [{"sensor": "s", "sendTime": "t", "data": part} for part in parts]
    for text in (json.dumps(envelopes), "\n".join(map(json.dumps, envelopes)), json.dumps(parts)):
        (tmp_path / "log.json").write_text(text)
        log = read_log(tmp_path / "log.json")
        assert (log.ingest.format, log.ingest.rows_read, log.ingest.kept, log.ingest.merged) == ("caliper", 3, 1, 2)


def test_grades_in_another_file(tmp_path: Path):
    (tmp_path / "day.json").write_text(json.dumps([event(), event(item="q2", name="a2")]))
    (tmp_path / "night.json").write_text(json.dumps([grade(0), grade(1, attempt("a2", "q2"))]))
    log = read_log([tmp_path / "day.json", tmp_path / "night.json"])
    assert table(log, "item", "correct", "file") == [("q1", 0, 0), ("q2", 1, 0)]
    assert log.ingest.fates["into"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("points", "most", "fate"),
    [
        (5, 5.0, 1),
        (0, 5, 0),
        (-1, 5, 0),
        (7, 5, 1),
        (2.5, 5, "partial credit"),
        (None, 5, "no outcome"),
        (5, None, "no outcome"),
        (5, 0, "no outcome"),
        ("5", 5, "no outcome"),
    ],
)
def test_points(tmp_path: Path, points: object, most: object, fate: int | str):
    log = read(tmp_path, event(), grade(points, most=most), event(item="q2", name="a2"), grade(1, attempt("a2", "q2")))
    if isinstance(fate, int):
        assert table(log, "item", "correct") == [("q1", fate), ("q2", 1)]
    else:
        assert log.ingest.set_aside[fate] == 1
        assert table(log, "item") == [("q2",)]


def test_the_last_completion_and_the_last_grade_count(tmp_path: Path):
    log = read(tmp_path, grade(1, at=50), grade(0, at=45), event(at=30), event(at=20))
    assert table(log, "correct", "time", "row") == [(1, 30.0, 3)]
    assert fates(log) == [
        (1, "merged", "the grade of an answer", 3),
        (2, "merged", "an earlier grade", 3),
        (4, "merged", "an attempt completed again", 3),
    ]


def test_events_sent_again(tmp_path: Path):
    data = [
        event(id="e1"),
        grade(id="g1"),
        event(id="e1"),
        grade(0, id="g1"),
        event("Skipped", id="s"),
        event("Skipped", id="s"),
    ]
    log = read(tmp_path, *data)
    assert table(log, "correct", "row") == [(1, 1)]
    assert fates(log) == [
        (2, "merged", "the grade of an answer", 1),
        (3, "merged", "sent again", 1),
        (4, "merged", "sent again", 1),
        (5, "set_aside", "item skipped", None),
        (6, "set_aside", "item skipped", None),
    ]


def test_a_score_that_changed_is_no_repetition(tmp_path: Path):
    score = {"type": "Score", "id": "s1", "attempt": "a1", "maxScore": 2}
    scores = [score | {"scoreGiven": points, "dateCreated": f"1970-01-0{points + 1}"} for points in (2, 0)]
    assert table(read(tmp_path, event(), *scores), "correct") == [(1,)]


def test_a_grade_alone_is_an_answer_if_it_names_student_and_item(tmp_path: Path):
    item = {"id": "q1", "type": "AssessmentItem", "keywords": ["k2", "k1"]}
    whole = grade(of=attempt("a2", {"id": "quiz", "type": "Assessment"}))  # type: ignore[arg-type]
    log = read(tmp_path, grade(of=attempt(item=item, endedAtTime="1970-01-01T00:00:05Z")), whole, grade(of="a3"))  # type: ignore[arg-type]
    assert table(log, "student", "item", "skills", "correct", "time") == [("ann", "q1", "k1~~k2", 1, 5.0)]
    assert fates(log) == [
        (2, "set_aside", "grade of a whole assessment", None),
        (3, "set_aside", "grade without its answer", None),
    ]


def test_the_grade_of_an_assessment_is_not_that_of_its_items(tmp_path: Path):
    part = {"isPartOf": {"id": "quiz"}}
    one, two = ({"id": name, **part} for name in ("q1", "q2"))
    shared = [event(item=one), event(item=two), grade(of="a1")]  # type: ignore[arg-type]
    alone = [event(item=one, name="a2"), grade(of=attempt("a2", "quiz"))]  # type: ignore[arg-type]
    single = [event(item=one, name="a3"), grade(of="a3")]  # type: ignore[arg-type]
    log = read(tmp_path, *shared, *alone, *single)
    assert table(log, "row") == [(6,)]
    assert log.ingest.set_aside == {"no outcome": 3, "grade without its answer": 1, "grade of a whole assessment": 1}


def test_a_shared_attempt_with_grades_that_name_their_items(tmp_path: Path):
    grades = [grade(points, attempt("a1", item)) for points, item in ((0, "q2"), (1, "q1"))]
    assert table(read(tmp_path, event(), event(item="q2"), *grades), "item", "correct") == [("q1", 1), ("q2", 0)]


def test_entities_tell_what_events_leave_out(tmp_path: Path):
    entities = [
        {"type": "Attempt", "id": "a1", "assignee": {"id": "bob"}, "assignable": {"id": "q1"}, "count": 3},
        {"type": "AssessmentItem", "id": "q1", "learningObjectives": [{"id": "k1"}, "k2"]},
        {"type": "Person", "id": "ann", "name": "Ann"},
    ]
    log = read(tmp_path, grade(of="a1"), *entities, event(name="a9"), grade(0, attempt("a9")))
    assert table(log, "student", "item", "skills", "attempts") == [
        ("bob", "q1", "k1~~k2", 3),
        ("ann", "q1", "k1~~k2", None),
    ]
    assert log.ingest.set_aside == {"Attempt": 1, "AssessmentItem": 1, "Person": 1}
    assert "Ann" not in str(log)


def test_other_spellings(tmp_path: Path):
    """Full IRIs, Caliper before 1.1, and Blackboard's words."""
    vocabulary = "http://purl.imsglobal.org/"
    old = {
        "@type": f"{vocabulary}caliper/v1/AssessmentItemEvent",
        "action": f"{vocabulary}vocab/caliper/v1/action#Submitted",
    }
    old |= {"actor": {"@id": "ann"}, "object": {"@id": "q1"}, "generated": {"attempt": {"@id": "a1"}}}
    result = {"type": "OutcomeEvent", "object": {"@id": "a1"}, "generated": {"normalScore": 2, "maxScore": 2}}
    log = read(tmp_path, {**old, "eventTime": "1970-01-01", "data": None}, result)
    assert table(log, "student", "item", "correct") == [("ann", "q1", 1)]


def test_durations(tmp_path: Path):
    span = {"startedAtTime": "1970-01-01T00:00:01Z", "endedAtTime": "1970-01-01T00:00:03.500Z"}
    made = [{"duration": "PT7S"}, span, {"attempt": {"id": "a", **span}}, {"startedAtTime": "1970-01-01T00:01:00Z"}]
    names = ["a1", "a2", "a", "a4"]
    data = [
        event(name=name, item=f"q{name}", generated={"attempt": name, **one})
        for name, one in zip(names, made, strict=True)
    ]
    log = read(tmp_path, *data, *(grade(of=attempt(name, f"q{name}")) for name in names))
    assert table(log, "response_time") == [(7.0,), (2.5,), (2.5,), (None,)]


def test_who_answers(tmp_path: Path):
    people = [
        "mailto:ann@x.org",
        {"id": "http://purl.imsglobal.org/caliper/Person"},
        {"type": "SoftwareApplication", "id": "r"},
    ]
    data = [event(name=f"a{n}", actor=one) for n, one in enumerate(people)]  # type: ignore[arg-type]
    graded = [grade(of={"id": f"a{n}"}) for n in range(3)]
    log = read(tmp_path, *data, *graded, max_bad=0.5)
    assert table(log, "student") == [(pseudonym("ann@x.org"),)]
    assert log.ingest.rejected.select("row", "reason").rows() == [(2, "no student"), (3, "no student")]
    assert log.ingest.set_aside == {"the grade of an answer": 2}


def test_the_user_chooses_the_skill(tmp_path: Path):
    item = {"id": "q1", "keywords": ["k"], "isPartOf": {"id": "quiz"}}
    data = [event(item=item), grade()]  # type: ignore[arg-type]
    assert table(read(tmp_path, *data), "skills") == [("k",)]
    assert table(read(tmp_path, *data, columns=ColumnChoice(skill="isPartOf")), "skills") == [("quiz",)]
    for name in ("learningObjectives", "colour"):
        with pytest.raises(LogError, match=f"No record has a skill in `{name}`"):
            read(tmp_path, *data, columns=ColumnChoice(skill=name))


def test_a_log_without_answers(tmp_path: Path):
    with pytest.raises(LogError, match=r"None of the 2 records of log.json is an answer \(2 x Person\)"):
        read(tmp_path, {"type": "Person", "id": "a"}, {"type": "Person", "id": "b"})
