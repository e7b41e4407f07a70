"""Caliper envelopes: events at assessment items, and the grades that come later, nightly in bulk as often as not.

Source: 1EdTech Caliper Analytics 1.1 and 1.2, https://www.imsglobal.org/spec/caliper/v1p2.
"""

from typing import Any, ClassVar, Final

import polars as pl

from .caliper_attempts import joined_attempts
from .events import choose_skills, event_draft, names_in, read_events, sent_again, share
from .iso_times import duration, moment
from .json_records import text_of, within
from .reader import Draft, Options, Reader, Source
from .sniff import Peek

SIGNS: Final = (('"sensor"', '"data"', '"sendTime"'), ('"actor"', '"action"', '"object"', '"eventTime"'))
"""What an envelope has in it, and what an event."""

KINDS: Final = {"learningObjectives": "objectives", "keywords": "keywords", "isPartOf": "assessment"}
"""What may be the skill of an item, the likeliest first, and its column."""

ANSWERED: Final = ("Completed", "Submitted")
SCORES: Final = (
    ("scoreGiven", "maxScore"),
    ("normalScore", "maxScore"),
    ("resultScore", "maxResultScore"),
    ("totalScore", "maxScore"),
)
"""How points and the most there are were called: since Caliper 1.1, by Blackboard, before."""

ANONYMOUS: Final = "http://purl.imsglobal.org/caliper/Person"
"""The id that Caliper 1.2 gives to whoever shall not be known."""

SCHEMA: Final = {
    **dict.fromkeys(("kind", "id", "student", "item", "attempt", "correct", "group"), pl.String()),
    **dict.fromkeys((*KINDS.values(), "set_aside", "rejected"), pl.String()),
    **dict.fromkeys(("time", "ended", "response_time"), pl.Float64()),
    "attempts": pl.Int16(),
    "is_item": pl.Boolean(),
}


class Caliper(Reader):
    """An answer is the last completion of an attempt at an item, with the last grade of that attempt.

    What belongs to one attempt becomes one answer; a grade that names its student and item is an answer even without a
    completion. All else in an envelope is set aside, with its type as the reason.

    Skills are the item's `learningObjectives`, else its `keywords`, else the assessment it `isPartOf`; or the one of
    these that `columns.skill` names.
    """

    name: ClassVar[str] = "caliper"
    title: ClassVar[str] = "Caliper events"

    def recognises(self, peek: Peek) -> int:
        """JSON with envelopes or events."""
        head = "\n".join(peek.lines)
        return max(len(signs) * all(sign in head for sign in signs) for signs in SIGNS) if peek.kind == "json" else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read events and entities one by one, then join those of an attempt."""
        entities = _Entities()
        events = read_events(source, ("data",), SCHEMA, entities.told)
        frame = sent_again(entities.completed(events.frame), "id", pl.col("kind").is_in(["answer", "grade", "start"]))
        frame = joined_attempts(frame)
        frame, kind = choose_skills(frame, KINDS, options, pl.col("set_aside").is_null())
        columns = {"student": "actor", "item": "object", "correct": "scoreGiven", "time": "eventTime"}
        columns |= {"response_time": "duration", "attempts": "count", "group": "group"}
        return event_draft(
            source,
            events,
            frame.drop("kind", "id", "attempt", "ended", "is_item"),
            columns=columns | ({"skills": kind} if kind else {}),
            options=options,
            decided=[f"skills from {kind}"] if kind else [],
        )


class _Entities:
    """Tells things in columns, and remembers the attempts and items that an envelope describes beside the events."""

    def __init__(self) -> None:
        self.attempts: dict[str, tuple[str | None, str | None, int | None]] = {}  # student, item, count
        self.items: dict[str, tuple[str | None, ...]] = {}  # skills of each kind

    def told(self, thing: dict[str, Any]) -> list[object]:
        """What an event or entity says, in the columns of `SCHEMA`."""
        kind = _type(thing)
        if kind == "AssessmentItemEvent":
            found = _at_item(thing)
        elif kind in ("GradeEvent", "OutcomeEvent"):
            found = _grade(thing, thing.get("object"), thing.get("generated"))
        elif kind in ("Score", "Result"):
            found = _grade(thing, thing.get("attempt"), thing)
        else:
            found = {"kind": "", "set_aside": kind or "neither event nor entity"}
        name = _id(thing)
        if kind == "Attempt" and name:
            self.attempts[name] = (_person(thing.get("assignee")), _id(thing.get("assignable")), _count(thing))
        elif kind == "AssessmentItem" and name:
            self.items[name] = _skills(thing)
        return [found.get(column) for column in SCHEMA]

    def completed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The records with what only entities told of their attempts and items."""
        for key, told, columns in (
            ("attempt", self.attempts, {"student": pl.String, "item": pl.String, "attempts": pl.Int16}),
            ("item", self.items, dict.fromkeys(KINDS.values(), pl.String)),
        ):
            rows = [(name, *values) for name, values in told.items()]
            known = pl.DataFrame(rows, schema={key: pl.String, **columns}, orient="row")
            both = frame.join(known, on=key, how="left", suffix=" told", maintain_order="left")
            frame = both.with_columns(pl.coalesce(column, f"{column} told").alias(column) for column in columns)
            frame = frame.drop(f"{column} told" for column in columns)
        described = pl.col("item").is_in(list(self.items))
        return frame.with_columns(is_item=pl.col("is_item") | described)


def _at_item(event: dict[str, Any]) -> dict[str, object]:
    """An event at an item: its completion is an answer, whose outcome is not known yet."""
    action = _last(event.get("action"))
    made, item = event.get("generated"), event.get("object")
    attempt = made if _type(made) == "Attempt" else within(made, "attempt")
    answered = action in ANSWERED
    return {
        "kind": "answer" if answered else "start" if action == "Started" else "",
        "id": _id(event),
        "student": _person(event.get("actor")) or _person(within(attempt, "assignee")),
        "item": _id(item),
        "attempt": _id(attempt),
        **dict(zip(KINDS.values(), _skills(item), strict=True)),
        "group": _id(event.get("group")),
        "set_aside": None if answered else f"item {(action or 'event').lower()}",
        "rejected": "no item" if answered and _id(item) is None else None,
        "time": moment(text_of(event.get("eventTime"))),
        "response_time": _took(made) or _took(attempt),
        "attempts": _count(attempt),
    }


def _grade(thing: dict[str, Any], attempt: object, score: object) -> dict[str, object]:
    """An event or entity that says how many points an attempt got; the item is what the attempt was at."""
    item = within(attempt, "assignable")
    points = _points(score, item)
    return {
        "kind": "grade",
        "id": _id(thing) if thing is not score else None,  # a score may be sent again because it changed
        "student": _person(within(attempt, "assignee")),
        "item": _id(item),
        "attempt": _id(attempt) or _id(within(score, "attempt")),
        "correct": points,
        "set_aside": "grade without points" if points is None else None,
        **dict(zip(KINDS.values(), _skills(item), strict=True)),
        "group": _id(thing.get("group")),
        "time": moment(text_of(thing.get("eventTime")) or text_of(within(score, "dateCreated"))),
        "ended": moment(text_of(within(attempt, "endedAtTime"))),
        "response_time": _took(attempt),
        "attempts": _count(attempt),
        "is_item": _type(item) == "AssessmentItem",
    }


def _points(score: object, item: object) -> str | None:
    """Points as a part of what could be had; None if either is not known."""
    for given, most in SCORES:
        points = within(score, given)
        if points is not None:
            return share(points, within(score, most) or within(item, "maxScore"))
    return None


def _took(thing: object) -> float | None:
    """Seconds that a response or attempt took; None if it does not say."""
    told = duration(text_of(within(thing, "duration")))
    began, ended = (moment(text_of(within(thing, f"{end}AtTime"))) for end in ("started", "ended"))
    if told is not None or began is None or ended is None or ended < began:
        return told
    return ended - began


def _skills(item: object) -> tuple[str | None, ...]:
    """What may be an item's skills, one of each kind."""
    return tuple(names_in(within(item, kind)) for kind in KINDS)


def _count(attempt: object) -> int | None:
    """The number of an attempt, from 1."""
    count = within(attempt, "count")
    return count if isinstance(count, int) and 1 <= count <= 32767 and count is not True else None


def _person(thing: object) -> str | None:
    """A student's id; programs and anonymous persons are none."""
    if _type(thing) == "SoftwareApplication":
        return None
    name = (_id(thing) or "").removeprefix("mailto:")
    return name if name and name != ANONYMOUS else None


def _id(thing: object) -> str | None:
    """The id of an entity, which may be given by its id alone."""
    return text_of(within(thing, "id")) or text_of(within(thing, "@id")) or text_of(thing)


def _type(thing: object) -> str:
    """What kind of thing it is; "" if it does not say."""
    return _last(within(thing, "type") or within(thing, "@type"))


def _last(term: object) -> str:
    """A term, which may be given in full: `http://purl.imsglobal.org/vocab/caliper/v1/action#Started` is `Started`."""
    return (text_of(term) or "").rpartition("/")[2].rpartition("#")[2]
