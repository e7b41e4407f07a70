"""Who needs help, who is stuck, who could work together: by hand."""

import polars as pl
from _report import material

from _asserts import log_of
from kt_fewshot.reports.struggling import struggling


def look(rows, mastery: dict[tuple[str, str], float]):
    log = log_of(rows)
    students = log.table["student"].unique(maintain_order=True).to_list()
    counted = log.table.group_by("student", "skills", maintain_order=True).agg(
        n_attempts=pl.len(), n_correct=pl.col("correct").cast(pl.Int64).sum()
    )
    said = [mastery[student, skill] for student, skill in counted.select("student", "skills").iter_rows()]
    table = counted.rename({"skills": "skill"}).with_columns(p_mastery=pl.Series(said))
    return struggling(table, material(log), students)


def answers(student: str, skill: str, *correct: int):
    return [(student, None, skill, right) for right in correct]


def test_help_needs_evidence():
    rows = [
        *answers("ann", "x", 0, 0, 0, 0, 1),
        *answers("ann", "y", 0, 1, 0, 0, 0),
        *answers("bob", "x", 0, 0, 0, 0),  # four answers are not enough
        *answers("cat", "x", 0, 0, 0, 0, 0),
    ]
    said = {("ann", "x"): 0.3, ("ann", "y"): 0.1, ("bob", "x"): 0.0, ("cat", "x"): 0.49}
    found = look(rows, said)
    assert found.help == (
        ("call-ann", "2", "y (1 of 5 right); x (1 of 5 right)"),
        ("call-cat", "1", "x (0 of 5 right)"),
    )
    assert found.groups == (("x", "call-ann, call-cat"),)


def test_stuck_is_eight_tries_and_flat():
    rows = [
        *answers("flat", "x", 0, 1, 0, 0, 0, 1, 0, 0),
        *answers("short", "x", 0, 0, 0, 0, 0, 0, 0),
        *answers("better", "x", 0, 0, 0, 0, 0, 0, 1, 0),
        *answers("good", "x", 1, 1, 1, 0, 1, 1, 1, 0),
        *answers("mastered", "x", 1, 0, 0, 0, 0, 0, 1, 0),
    ]
    said = {(name, "x"): 0.3 for name in ("flat", "short", "better", "good")} | {("mastered", "x"): 0.97}
    assert look(rows, said).stuck == (("call-flat", "x", "8", "25\xa0%", "25\xa0%"),)


def test_long_lists_are_cut_and_counted():
    rows = [row for k in range(15) for row in answers(f"s{k:02}", "x", 0, 0, 0, 0, 0, 0, 0, 0)]
    found = look(rows, {(f"s{k:02}", "x"): 0.1 for k in range(15)})
    assert (len(found.help), found.more_help) == (10, 5)
    assert (len(found.stuck), found.more_stuck) == (10, 5)
    assert found.groups[0][1].endswith("and 3 others")
