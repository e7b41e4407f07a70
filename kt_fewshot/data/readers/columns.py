"""Which column of a table is what: by the user's word, else by its name and values, else a question to the user."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from kt_fewshot.errors import LogError, UnclearLogError

from .sniff import Peek
from .values import outcome

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "student": (
        *("student", "studentid", "user", "userid", "uid", "learner", "learnerid", "actor", "actorid", "anonstudentid"),
        *("pupil", "pupilid", "username", "anonid", "anonymousid", "participant", "participantid"),
    ),
    "item": (
        *("item", "itemid", "problem", "problemid", "question", "questionid", "exercise", "exerciseid", "itemname"),
        *("problemname", "questionname", "exercisename", "task", "taskid"),
    ),
    "skill": (
        *("skills", "skill", "skillid", "skillname", "kc", "kcs", "kcid", "kcname", "concept", "concepts", "conceptid"),
        *("conceptname", "topic", "topics", "topicid", "topicname", "tag", "tags", "knowledgecomponent"),
        *("knowledgecomponents", "skillids", "skillnames", "kcids"),
    ),
    "correct": (
        *("correct", "outcome", "iscorrect", "score", "label", "response", "correctness", "answeredcorrectly"),
        *("result", "success", "correctfirstattempt", "firstattemptcorrect", "firstattempt", "answercorrect"),
    ),
    "time": (
        *("time", "timestamp", "starttime", "start", "datetime", "date", "answeredat", "submittedat", "createdat"),
        *("timestampms", "timems", "timedone", "endtime", "end", "submittime", "answertimestamp"),
    ),
    "order": ("order", "orderid", "logid", "problemlogid"),
    "response_time": (
        *("responsetime", "elapsedtime", "elapsed", "elapsedms", "msfirstresponse", "duration", "durationsec"),
        *("timetaken", "timespent", "latency", "responsetimems", "durationms", "usetime", "elapsedtimems"),
    ),
    "hints": ("hints", "hintcount", "hintsused", "numhints", "nhints", "counthints"),
    "attempts": ("attempts", "attemptcount", "numattempts", "nattempts", "countattempts", "tries"),
    "group": (
        *("group", "groupid", "class", "classid", "studentclassid", "classroom", "school", "schoolid", "cohort"),
        *("classname", "schoolname"),
    ),
    "bundle": ("bundle",),
    "fold": ("fold", "cvfold", "foldid"),
}
"""Names a column may have, bare of case and punctuation. A column of the first name is that column without question."""

MUST_BE_CLEAR: Final = ("student", "item", "skill", "correct", "time")
"""Where two columns could be meant, the user decides; for the others the first in the list is taken, and told."""


@dataclass(frozen=True)
class ColumnChoice:
    """The log's name for each column, as far as the user gave it; a number counts columns from 1 where none has a name.

    >>> ColumnChoice(student="kid", correct="ok").given()
    {'student': 'kid', 'correct': 'ok'}
    """

    student: str | None = None
    item: str | None = None
    skill: str | None = None
    correct: str | None = None
    time: str | None = None
    response_time: str | None = None
    hints: str | None = None
    attempts: str | None = None
    group: str | None = None
    fold: str | None = None

    def given(self) -> dict[str, str]:
        """Canonical name -> the log's column, for those that were given."""
        return {item.name: value for item in fields(self) if (value := getattr(self, item.name)) is not None}


def bare(name: str) -> str:
    """A column name without case, blanks and punctuation: `Anon Student Id` -> `anonstudentid`."""
    return re.sub(r"[\W_]+", "", name.lower())


def place_of(peek: Peek, column: str) -> int:
    """The place of a named column in a table, from 0.

    Raises:
        LogError: if there is none of that name, or several.
    """
    places = [place for place, name in enumerate(peek.header) if name == column]
    if not places:
        places = [place for place, name in enumerate(peek.header) if name.lower() == column.lower()]
    if len(places) == 1:
        return places[0]
    if places:
        raise LogError(
            f"Column `{column}` occurs {len(places)} times in {peek.name}. Rename the others and read again."
        )
    raise LogError(f"Column `{column}` is missing from {peek.name} (found: {listed(peek.header)}).")


def choose_columns(peek: Peek, choice: ColumnChoice) -> tuple[dict[str, str], list[str]]:
    """Which column of a table is what, and what the user should know of the choice.

    Returns:
        canonical name (`skill`, not `skills`; also `order`) -> the log's column; notes.

    Raises:
        LogError: if a column that matters is missing or could be either of two; the message has the line to run.
    """
    taken = {name: peek.header[place_of(peek, column)] for name, column in choice.given().items()}
    if taken.get("time") and bare(taken["time"]) in SYNONYMS["order"]:
        taken["order"] = taken.pop("time")
    notes: list[str] = []
    unclear: dict[str, list[str]] = {}
    for name in SYNONYMS:
        if name in taken or (name == "order" and choice.time):
            continue
        found = _candidates(peek, name, set(taken.values()))
        found, note = _narrowed(peek, name, found)
        notes += [note] if note else []
        if len(found) > 1 and name in MUST_BE_CLEAR:
            unclear[name] = found
        elif found:
            if len(found) > 1:
                notes.append(f"{name} from {found[0]} (not {', '.join(found[1:])})")
            taken[name] = found[0]
    _ask(peek, taken, unclear)
    return taken, notes


def _candidates(peek: Peek, name: str, taken: set[str]) -> list[str]:
    """Columns that may be `name` by their own name and values, in the order of the synonyms."""
    names = SYNONYMS[name]
    found = [column for column in peek.header if bare(column) in names and column not in taken]
    found.sort(key=lambda column: names.index(bare(column)))
    exact = [column for column in found if column == names[0]]
    found = exact[:1] if exact else found
    repeated = [column for column in found if peek.header.count(column) > 1]
    if repeated:
        raise LogError(
            f"Column `{repeated[0]}` occurs {peek.header.count(repeated[0])} times in {peek.name}. "
            f"Rename the others and read again."
        )
    if name == "correct" and found != [names[0]]:
        found = [column for column in found if _are_outcomes(_cells(peek, column))]
    return [column for column in found if any(cell.strip() for cell in _cells(peek, column))] or found


def _are_outcomes(cells: Sequence[str]) -> bool:
    """Whether all cells, or all but one in ten, can be read as right or wrong."""
    odd = 0
    for cell in cells:
        try:
            outcome(cell)
        except ValueError:
            odd += 1
    return odd * 10 <= len(cells)


def _narrowed(peek: Peek, name: str, found: list[str]) -> tuple[list[str], str]:
    """An id and a name that say the same, as far as the first records tell, are one choice: the name."""
    if name not in ("skill", "item") or len(found) != 2:
        return found, ""
    named = [column for column in found if bare(column).endswith("name")]
    pairs = set(zip(_cells(peek, found[0]), _cells(peek, found[1]), strict=True))
    if len(named) != 1 or not (len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})):
        return found, ""
    other = next(column for column in found if column not in named)
    return named, f"{name} from {named[0]} ({other} says the same)"


def _cells(peek: Peek, column: str) -> list[str]:
    """The first values of a column."""
    place = peek.header.index(column)
    return [row[place] for row in peek.rows]


def _ask(peek: Peek, taken: Mapping[str, str], unclear: Mapping[str, list[str]]) -> None:
    """Ask the user where a column that matters is missing or unclear."""
    missing = [name for name in ("student", "correct") if name not in taken and name not in unclear]
    if not {"skill", "item"} & (set(taken) | set(unclear)):
        missing.append("skill")
    if not missing and not unclear:
        return
    told = [f"the {name} is not clear" for name in missing]
    told += [f"the {name} could be {' or '.join(found)}" for name, found in unclear.items()]
    header = f"found: {listed(peek.header)}" if peek.has_header or peek.kind == "parquet" else "it has no header line"
    request = "Name the columns"
    if not (peek.has_header or peek.kind == "parquet"):
        told, request = ["the columns have no names"], "Name the columns by their numbers, from 1"
    skill = ("skill",) if "skill" in (*taken, *missing) else ()
    asked = dict.fromkeys(("student", *skill, "correct", *unclear))
    line = [(f"--{name}", taken.get(name) or unclear.get(name, ["COL"])[0]) for name in asked]
    options = [word for option in line for word in option]
    raise UnclearLogError(f"{peek.name}: {'; '.join(told)} ({header}).", request, options)


def listed(header: Sequence[str]) -> str:
    """Column names, not more than a line can bear."""
    shown = ", ".join(name[:40] for name in header[:30])
    return shown + (f", ... {len(header)} in all" if len(header) > 30 else "")
