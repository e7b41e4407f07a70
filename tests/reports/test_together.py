"""The section on tasks learned together: words by hand, then how it stands in the page."""

import pytest
from _report import Page, course, material

from kt_fewshot.evaluation import TaskTransfer, Transfer, Verdict
from kt_fewshot.metrics import Interval
from kt_fewshot.reports import report
from kt_fewshot.reports.together import together

NONE = Interval(0.1, reason="fewer than 3 trainings say too little about others")


def found(**tasks: TaskTransfer) -> Transfer:
    return Transfer(tasks, Interval(-1.0, -1.5, -0.5), repeats=3, students=12, level=0.01, smallest=0.01)


@pytest.fixture
def four() -> Transfer:
    """A task of each verdict."""
    return found(
        correct=TaskTransfer(0.5, 0.5, Interval(0.0, -0.01, 0.02), Verdict.NONE),
        hints=TaskTransfer(0.45, 0.5, Interval(0.1, 0.05, 0.15), Verdict.HELPS),
        response_time=TaskTransfer(1.5, 0.5, Interval(-2.0, -30.0, -1.0), Verdict.HURTS),
        attempts=TaskTransfer(0.45, 0.5, NONE, Verdict.UNKNOWN),
    )


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_said_first(four):
    said = together(four).sentences
    assert said[:4] == (
        "Learning together hurts: response time.",
        "Learning together helps: hints.",
        "No difference was shown for: answer.",
        "Nothing can be said yet about: attempts.",
    )
    assert "4 tasks" in said[4]
    assert "3 times" in said[4]
    assert "12 students" in said[4]


def test_a_row_a_task(four):
    rows = {row[0]: tuple(map(plain, row[2:])) for row in together(four).rows}
    assert rows["Hints"][:5] == ("0.450", "0.500", "+10.0 %", "+5.0 % to +15.0 %", "helps")
    assert rows["Response time"][2:4] == ("-200.0 %", "below -1,000 % to -100.0 %")
    assert "tasks=[response_time]" in rows["Response time"][5]
    assert rows["Attempts"][3:] == ("no interval", "not known", f"No verdict: {NONE.reason}.")


def test_the_mean_and_what_it_all_means(four):
    section = together(four)
    assert plain(section.mean_change) == "-100.0 % (-150.0 % to -50.0 %)"
    assert "beyond 1 %" in plain(section.meaning)
    assert section.meaning.endswith("of 100 such tables one may have it wrong.")


def test_a_task_that_is_not_known_keeps_its_name():
    rows = together(found(typing=TaskTransfer(0.5, 0.5, NONE, Verdict.UNKNOWN))).rows
    assert rows[0][:2] == ("typing", "")


def test_the_page_has_it_where_tasks_were_compared(four):
    log = course(12)
    page = Page(report(material(log, together=four)))
    heads = [part["id"] for part in page.all("section")]
    assert heads[:4] == ["good", "calibration", "together", "curves"]
    assert {f"#{head}" for head in heads} == {link["href"] for link in page.all("a")}
    assert "Each task learned together with the others, and alone" in page.text
