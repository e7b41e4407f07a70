from pathlib import Path

import pytest

from kt_fewshot.data.readers.columns import SYNONYMS, ColumnChoice, bare, choose_columns
from kt_fewshot.data.readers.sniff import Peek
from kt_fewshot.errors import LogError

ROW = {"student": "ann", "correct": "1", "skill": "x"}


def peek_of(header: str, *rows: str, has_header: bool = True) -> Peek:
    cells = tuple(tuple(row.split(",")) for row in rows)
    return Peek(Path("log.csv"), "table", header=tuple(header.split(",")), rows=cells, has_header=has_header)


def choose(header: str, *rows: str, **choice: str) -> dict[str, str]:
    return choose_columns(peek_of(header, *rows), ColumnChoice(**choice))[0]


@pytest.mark.parametrize("student", SYNONYMS["student"])
@pytest.mark.parametrize("correct", SYNONYMS["correct"])
def test_every_synonym_is_known(student: str, correct: str):
    found = choose(f"{student},kc,{correct}", "ann,x,1", "ann,y,0")
    assert found == {"student": student, "skill": "kc", "correct": correct}


def test_names_are_compared_bare():
    assert bare("Anon Student Id") == bare("anon_student-id") == "anonstudentid"
    found = choose("Anon Student Id,Problem Name,KC,Is Correct,Duration (sec)", "ann,p,x,1,3")
    assert found == {
        "student": "Anon Student Id",
        "item": "Problem Name",
        "skill": "KC",
        "correct": "Is Correct",
        "response_time": "Duration (sec)",
    }


def test_the_canonical_name_is_beyond_doubt():
    assert choose("user,student,skills,skill_id,correct,score", "u,ann,x,y,1,0")["student"] == "student"


def test_values_tell_outcomes_from_answers():
    assert choose("user,kc,response,correctness", "ann,x,4,1", "ann,x,2,0")["correct"] == "correctness"


def test_an_id_and_its_name_are_one():
    found, notes = choose_columns(peek_of("user,skill_id,skill_name,correct", "a,1,x,1", "a,2,y,0"), ColumnChoice())
    assert found["skill"] == "skill_name"
    assert notes == ["skill from skill_name (skill_id says the same)"]


def test_the_users_word_goes_first():
    found = choose("user,learner,kc,tag,outcome,score", "a,b,x,y,1,0", student="learner", skill="tag", correct="score")
    assert found == {"student": "learner", "skill": "tag", "correct": "score"}
    assert choose("USER,kc,correct", "a,x,1", student="user")["student"] == "USER"


def test_an_order_id_is_no_time():
    assert choose("user,kc,correct,order_id", "a,x,1,9")["order"] == "order_id"
    assert choose("user,kc,correct,order_id", "a,x,1,9", time="order_id")["order"] == "order_id"
    assert "order" not in choose("user,kc,correct,order_id,when", "a,x,1,9,3", time="when")


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (
            "user,learner,kc,correct",
            "a,b,x,1",
            "log.csv: the student could be user or learner (found: user, learner, kc, correct). "
            "Name the columns: --student user --skill kc --correct correct",
        ),
        (
            "kid,kc,ok",
            "a,x,1",
            "log.csv: the student is not clear; the correct is not clear (found: kid, kc, ok). "
            "Name the columns: --student COL --skill kc --correct COL",
        ),
        (
            "user,correct",
            "a,1",
            "log.csv: the skill is not clear (found: user, correct). "
            "Name the columns: --student user --skill COL --correct correct",
        ),
        (
            "user,item,score,result",
            "a,i,1,0",
            "the correct could be score or result (found: user, item, score, result). "
            "Name the columns: --student user --correct score",
        ),
        (
            "My User,kc,topic,correct,start time,end time,user id",
            "a,x,y,1,3,4,b",
            "the skill could be kc or topic; the time could be start time or end time",
        ),
        (
            "user,kc,correct,start time,end time",
            "a,x,1,3,4",
            "--student user --skill kc --correct correct --time 'start time'",
        ),
    ],
)
def test_what_is_unclear_is_asked(header: str, row: str, message: str):
    with pytest.raises(LogError) as caught:
        choose(header, row)
    assert message in str(caught.value)


def test_a_name_with_blanks_is_quoted():
    with pytest.raises(LogError, match="--student 'User Id' --skill COL"):
        choose("User Id,correct", "a,1")


def test_without_a_header_columns_are_numbers():
    peek = peek_of("1,2,3", "ann,x,1", has_header=False)
    with pytest.raises(LogError, match=r"the columns have no names \(it has no header line\)"):
        choose_columns(peek, ColumnChoice())
    found, _ = choose_columns(peek, ColumnChoice(student="1", skill="2", correct="3"))
    assert found == {"student": "1", "skill": "2", "correct": "3"}


def test_a_missing_or_repeated_column_is_told():
    with pytest.raises(LogError, match=r"Column `kid` is missing from log.csv \(found: user, kc, correct\)"):
        choose("user,kc,correct", "a,x,1", student="kid")
    with pytest.raises(LogError, match="Column `kc` occurs 2 times"):
        choose("user,kc,kc,correct", "a,x,y,1")
    with pytest.raises(LogError, match="Column `kc` occurs 2 times"):
        choose("user,kc,kc,correct", "a,x,y,1", skill="kc")
    assert choose("user,kc,note,note,correct", "a,x,n,n,1")["skill"] == "kc"


def test_where_it_matters_less_the_first_is_taken_and_told():
    peek = peek_of("user,kc,correct,school,class", "a,x,1,s,c")
    found, notes = choose_columns(peek, ColumnChoice())
    assert (found["group"], notes) == ("class", ["group from class (not school)"])
