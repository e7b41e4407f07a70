"""Dates with the name of a month in them, `1 March 2024 10:15 AM` or `vendredi 1 mars 2024, 10:15`."""

import re
from datetime import UTC, datetime
from typing import Final

LANGUAGES: Final = (
    "january february march april may june july august september october november december",  # English
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",  # German
    "jänner februar mrz april mai juni juli august sept oktober november dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",  # French
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",  # Spanish
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",  # Italian
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",  # Portuguese
    "januari februari maart april mei juni juli augustus september oktober november december",  # Dutch
    "januari februari mars april maj juni juli augusti september oktober november december",  # Swedish
    "januar februar marts april maj juni juli august september oktober november december",  # Danish
    "januar februar mars april mai juni juli august september oktober november desember",  # Norwegian
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",  # Polish
    "ledna února března dubna května června července srpna září října listopadu prosince",  # Czech
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",  # Turkish  # noqa: RUF001
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",  # Russian
)
MONTHS: Final = {word: month for words in LANGUAGES for month, word in enumerate(words.split(), start=1)}

CLOCK: Final = re.compile(r"\b(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?\s*([ap]\.?\s?m\b)?", re.IGNORECASE)
YEAR: Final = re.compile(r"\b((?:19|20)\d\d)\b")
DAY: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\b")
WORD: Final = re.compile(r"[^\W\d_]+")


def local_moment(text: str) -> float | None:
    """Seconds since 1970, the date taken as UTC; None if it has no month's name that is known, no day or no year.

    >>> local_moment("1 March 2024  10:15 AM") == local_moment("1. März 2024, 10:15")
    True
    >>> local_moment("soon")
    """
    month = next((MONTHS[word] for word in WORD.findall(text.lower()) if word in MONTHS), None)
    clock = CLOCK.search(text)
    rest = text if clock is None else text[: clock.start()] + " " + text[clock.end() :]
    year = YEAR.search(rest)
    day = DAY.search(YEAR.sub(" ", rest))
    if month is None or year is None or day is None:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3]) if clock else (0, 0, 0)
    if clock and clock[4]:
        hour = hour % 12 + 12 * clock[4].lower().startswith("p")
    try:
        return datetime(int(year[1]), month, int(day[1]), hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None
