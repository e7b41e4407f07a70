"""xAPI statements, as a learning record store gives them or a file holds them.

Source: Experience API 1.0.3 (https://github.com/adlnet/xAPI-Spec) and 2.0 (IEEE 9274.1.1); H5P's use of it:
https://h5p.org/documentation/x-api.
"""

import re
from typing import Any, ClassVar, Final

import polars as pl

from .events import cell, choose_skills, event_draft, names_in, read_events, sent_again, share
from .iso_times import duration, moment
from .json_records import text_of, within
from .reader import Draft, Options, Reader, Source
from .sniff import Peek

SIGNS: Final = ('"actor"', '"verb"', '"object"')
KINDS: Final = ("parent", "grouping", "category")
"""Context activities that may be skills, the likeliest first."""

NO_SKILL: Final = re.compile(r"h5p\.org/librar|/profiles?/|/recipes?/|cmi5/context|xapi-profile", re.IGNORECASE)
"""Categories that tell by what or by which rules a statement was made."""

SCHEMA: Final = {
    **dict.fromkeys(("id", "home", "student", "item", *KINDS, "extension"), pl.String()),
    **dict.fromkeys(("correct", "set_aside", "rejected", "voids"), pl.String()),
    **dict.fromkeys(("time", "response_time"), pl.Float64()),
}


class XApi(Reader):
    """Answers are the statements whose verb is `answered`; all others are set aside, with their verb as the reason.

    - A statement sent twice (the same id) is merged; voided ones are set aside, and those that void them.
    - H5P reports the parts of a question set and, when all are done, the set: the set is set aside.
    - Skills are the activities in `context.contextActivities`: `parent`, else `grouping`, else `category`; or what
      `columns.skill` names: one of these, or the IRI of an extension (of the activity, the context or the result).
    """

    name: ClassVar[str] = "xapi"
    title: ClassVar[str] = "xAPI statements"

    def recognises(self, peek: Peek) -> int:
        """JSON with actors, verbs and objects."""
        head = "\n".join(peek.lines)
        return len(SIGNS) if peek.kind == "json" and all(sign in head for sign in SIGNS) else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the statements one by one."""
        named = options.columns.skill
        extension = named if named not in KINDS else None
        events = read_events(source, ("statements",), SCHEMA, lambda statement: _told(statement, extension))
        frame, decisions = _with_homes(_sorted_out(events.frame))
        kinds = {**{kind: kind for kind in KINDS}, **({extension: "extension"} if extension else {})}
        frame, kind = choose_skills(frame, kinds, options, pl.col("set_aside").is_null())
        frame = sent_again(frame, "id", pl.col("set_aside").is_null() & pl.col("rejected").is_null())
        columns = {"student": "actor", "item": "object.id", "correct": "result", "time": "timestamp"}
        columns |= {"response_time": "result.duration"} | ({"skills": kind} if kind else {})
        decisions += [f"skills from {kind}"] if kind else []
        frame = frame.drop("id", "home", "voids", "extension", strict=False)
        return event_draft(source, events, frame, columns=columns, options=options, decided=decisions)


def _told(statement: dict[str, Any], extension: str | None) -> tuple[object, ...]:
    """What a statement says, in the columns of `SCHEMA`."""
    home, student = _student(within(statement, "actor"))
    item = text_of(within(statement, "object", "id"))
    verb = (text_of(within(statement, "verb", "id")) or "missing").rstrip("/#")
    verb = re.split(r"[/#]", verb)[-1].lower()
    aside = _no_answer(statement, verb)
    voids = item if verb == "voided" else None
    activities = within(statement, "context", "contextActivities")
    result = within(statement, "result")
    return (
        text_of(statement.get("id")),
        home,
        student,
        item,
        *(_skills(within(activities, kind)) for kind in KINDS),
        _extension(statement, extension) if extension else None,
        _outcome(result),
        aside,
        "no object" if aside is None and item is None else None,
        voids,
        moment(text_of(statement.get("timestamp")) or text_of(statement.get("stored"))),
        duration(text_of(within(result, "duration"))),
    )


def _student(actor: object) -> tuple[str | None, str | None]:
    """The home page of an actor's account, and its id; the name that people call it is not looked at."""
    account = text_of(within(actor, "account", "name"))
    if account is not None:
        return text_of(within(actor, "account", "homePage")), account
    mail = text_of(within(actor, "mbox"))
    if mail is not None:
        return None, mail.removeprefix("mailto:")
    return None, text_of(within(actor, "mbox_sha1sum")) or text_of(within(actor, "openid"))


def _no_answer(statement: dict[str, Any], verb: str) -> str | None:
    """Why a statement is no answer of a student; None if it is one."""
    if verb != "answered":
        return f"verb {verb}"
    if within(statement, "object", "objectType") not in (None, "Activity"):
        return "object is no activity"
    if within(statement, "actor", "objectType") == "Group":
        return "answer of a group"
    if within(statement, "object", "definition", "interactionType") == "compound":
        return "sums up its parts"
    return None


def _skills(activities: object) -> str | None:
    """Activities as a skill set."""
    listed = activities if isinstance(activities, list) else [activities]
    ids = [text_of(within(one, "id")) for one in listed]
    return names_in([name for name in ids if name and not NO_SKILL.search(name)])


def _extension(statement: dict[str, Any], name: str) -> str | None:
    """What an extension says, as a skill set."""
    places = (("object", "definition"), ("context",), ("result",))
    found = (within(statement, *place, "extensions", name) for place in places)
    return names_in(next((value for value in found if value is not None), None))


def _outcome(result: object) -> str | None:
    """Success, else the scaled score, else the raw one as a part of its range."""
    success = within(result, "success")
    if success is not None:
        return cell(success)
    scaled = within(result, "score", "scaled")
    if scaled is not None:
        return cell(scaled)
    return share(within(result, "score", "raw"), within(result, "score", "max"), within(result, "score", "min"))


def _sorted_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Voided statements, and H5P's summaries of parts that were answered too, set aside."""
    answered = pl.col("set_aside").is_null()
    parts = frame.filter(answered & pl.col("item").str.contains(r"[?&]subContentId="))
    wholes = parts.select("student", item=pl.col("item").str.replace(r"[?&]subContentId=.*$", "")).unique()
    whole = frame.join(wholes.with_columns(whole=True), on=["student", "item"], how="left", maintain_order="left")
    voided = pl.col("id").is_in(frame["voids"].drop_nulls().to_list())
    aside = (
        pl.when(~answered)
        .then("set_aside")
        .when(voided)
        .then(pl.lit("voided"))
        .when(pl.col("whole") & ~pl.col("item").str.contains("subContentId=", literal=True))
        .then(pl.lit("sums up its parts"))
    )
    return whole.with_columns(aside.alias("set_aside")).drop("whole")


def _with_homes(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Accounts of several home pages told apart: the same name elsewhere is another student."""
    if frame["home"].drop_nulls().n_unique() < 2:
        return frame, []
    both = pl.concat_str("home", pl.lit("#"), "student")
    return frame.with_columns(student=pl.coalesce(both, "student")), ["students told apart by their home pages"]
