from datetime import UTC, datetime

import pytest

from kt_fewshot.data.readers.local_dates import LANGUAGES, local_moment

TEN = datetime(2024, 3, 1, 10, 15, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "1 March 2024  10:15 AM",
        "March 1, 2024, 10:15 a.m.",
        "Friday, 1st March 2024, 10:15",
        "1. März 2024, 10:15",
        "vendredi 1 mars 2024, 10:15",
        "1 de marzo de 2024, 10:15",
        "venerdì, 1 marzo 2024, 10:15",
        "sexta-feira, 1 de março de 2024, 10:15",
        "1 maart 2024  10:15",
        "1 marca 2024 10:15:00",
        "1 марта 2024, 10:15",
        "2024 MAR 01 10.15",
    ],
)
def test_dates_of_many_languages(text: str):
    assert local_moment(text) == TEN


@pytest.mark.parametrize(("text", "hour"), [("12:15 AM", 0), ("12:15 PM", 12), ("1:15 pm", 13), ("11:15 p.m.", 23)])
def test_halves_of_the_day(text: str, hour: int):
    assert local_moment(f"1 March 2024 {text}") == datetime(2024, 3, 1, hour, 15, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text", ["", "-", "soon", "2024-03-01 10:15", "31 February 2024", "March 2024", "1 March", "1 Foo 2024"]
)
def test_no_dates(text: str):
    assert local_moment(text) is None


def test_every_language_has_twelve_months():
    assert {len(words.split()) for words in LANGUAGES} == {12}


def test_no_word_is_two_months():
    months: dict[str, set[int]] = {}
    for words in LANGUAGES:
        for month, word in enumerate(words.split()):
            months.setdefault(word, set()).add(month)
    assert not [word for word, found in months.items() if len(found) > 1]
