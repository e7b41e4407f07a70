"""How sure an estimate is, in words."""

import pytest

from kt_fewshot.reports.evidence import in_words


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (0, "not tried yet, so this is what others' answers suggest"),
        (1, "hardly more than a guess from 1 answer"),
        (3, "a first impression from 3 answers"),
        (6, "a fair picture from 6 answers"),
        (1_200, "a firm picture from 1,200 answers"),
    ],
)
def test_by_how_many_answers(answers, words):
    assert in_words(answers) == words
