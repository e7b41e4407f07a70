"""Moodle's quiz reports "Grades" and "Responses": a row per attempt, columns per question, in the site's language.

Source: https://docs.moodle.org/en/Quiz_reports; `mod/quiz/report` of https://github.com/moodle/moodle. Whatever the
language, the columns stand in one order: names, other marks of identity, e-mail address, state, start, end, duration,
grade, then the questions.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

import polars as pl

from kt_fewshot.errors import LogError

from ..pseudonyms import has_e_mail
from .columns import bare
from .exam_sheets import Sheets, chosen_places, number_of, read_sheets, shares, sheets_draft
from .local_dates import local_moment
from .reader import Draft, Options, Reader, Source
from .sniff import Peek
from .values import BLANK, map_cells, present, to_seconds

GRADE: Final = re.compile(r"[^/\d]+/\s*\d+([.,]\d+)?\Z")
"""`Grade/10.00`: the grade of the whole quiz."""

POINTS: Final = re.compile(r"[^/\d]*(\d+)\s*/\s*(\d+(?:[.,]\d+)?)\Z")
"""`Q. 1 /1.00`: points for a question."""

TEXTS: Final = re.compile(r"(\D*\S\D*)\s(\d+)\Z")
"""`Response 1`, `Right answer 1`."""

RIGHT: Final = re.compile(
    r"right|correct|richtig|korrekt|bonne|juste|giust|esatt|corrett|juist|goed|poprawn|rätt|rigtig|riktig|doğru|правил",
    re.IGNORECASE,
)
"""What a column of right answers is called."""

IDS: Final = frozenset(
    {"idnumber", "username", "idnummer", "matrikelnummer", "anmeldename", "benutzername", "numérodidentification"}
    | {"nomdutilisateur", "númerodeid", "nombredeusuario", "códigoid", "nomeutente", "gebruikersnaam"}
)
BEFORE_GRADE: Final = 3
"""Start, end and duration stand right before the grade."""


class Moodle(Reader):
    """A row is a cell: a question in an attempt. Students are known by e-mail address, else id number, else name.

    Addresses, names and ids that are no numbers become pseudonyms. Averages below the attempts are set aside.
    """

    name: ClassVar[str] = "moodle"
    title: ClassVar[str] = "Moodle quiz report"

    def recognises(self, peek: Peek) -> int:
        """A column of the grade, times before it, questions behind it."""
        grade = _grade(peek)
        return 5 if grade is not None and (_points(peek, grade) or _texts(peek, grade)) else 0

    def read(self, source: Source, options: Options) -> Draft:
        """Read the attempts, quiz by quiz."""
        quizzes = [_Quiz(peek, options) for peek in source.peeks]
        told = [quiz.by for quiz in quizzes]
        if len(set(told)) > 1:
            raise LogError(f"Students are known by {told[0]} in one file, by {told[-1]} in another. Read them apart.")
        columns = {"student": told[0], "time": "end", "item": "file and question"}
        columns["correct"] = "points" if quizzes[0].points else "response, compared with the right answer"
        draft = sheets_draft(source, [quiz.sheets() for quiz in quizzes], columns, options)
        return Draft(**{**vars(draft), "named": quizzes[0].named})


class _Quiz:
    """One file."""

    def __init__(self, peek: Peek, options: Options) -> None:
        grade = _grade(peek)
        self.peek = peek
        self.points = {} if grade is None else _points(peek, grade)
        self.texts = {} if grade is None or self.points else _texts(peek, grade)
        if grade is None or not (self.points or self.texts):
            raise LogError(
                f"{peek.name} has no points and no right answers of questions. Export the report Grades, or Responses "
                "with the right answers."
            )
        self.columns, self.lines = read_sheets(peek)
        self.start, self.end = grade - BEFORE_GRADE, grade - BEFORE_GRADE + 1
        place = self._student(options)
        self.student = [place] if place is not None else [0, 1]
        self.named = place in (None, 0, 1) or self._has_names(place)
        self.by = ", ".join(peek.header[place] for place in self.student)

    def sheets(self) -> Sheets:
        """The attempts."""
        parts = [present(self.columns[place].str.strip_chars()) for place in self.student]
        about = pl.DataFrame([part.alias(str(place)) for place, part in enumerate(parts)])
        about = about.select(student=pl.concat_str(pl.all(), separator=", ", ignore_nulls=True))
        nobody = self._is_average()
        student = present(about["student"]).set(nobody, None)
        average = pl.select(pl.when(nobody).then(pl.lit("average"))).to_series()
        time = _times(self.columns[self.end]).fill_null(_times(self.columns[self.start]))
        about = pl.DataFrame({"student": student, "time": time, "set_aside": average})
        return Sheets(about, {f"{_stem(self.peek)} {name}": cells for name, cells in self._cells().items()}, self.lines)

    def _cells(self) -> Mapping[str, pl.Series]:
        """Outcomes of every question."""
        if self.points:
            return {name: _graded(self.columns[place], most) for name, (place, most) in self.points.items()}
        pairs = {name: (self.columns[given], self.columns[right]) for name, (given, right) in self.texts.items()}
        return {name: _compared(given, right) for name, (given, right) in pairs.items()}

    def _student(self, options: Options) -> int | None:
        """Where the students' ids are; None if only their names are there."""
        found = next((place for place in range(self.start) if _has_addresses(self.columns[place])), None)
        if found is None:
            marks = (place for place in range(2, self.start) if bare(self.peek.header[place]) in IDS)
            found = next((place for place in marks if not _blank(self.columns[place]).all()), None)
        return chosen_places(self.peek, options, {"student": found}).get("student")

    def _has_names(self, place: int) -> bool:
        """Whether an id in a column may be somebody's name: it is neither a number nor an address."""
        ids = self.columns[place].filter(~(self._is_average() | _blank(self.columns[place]))).str.strip_chars().unique()
        return any(not (text.isdecimal() or has_e_mail(text)) for text in ids)

    def _is_average(self) -> pl.Series:
        """Rows that are nobody's attempt: they have a label, and else nothing before the grade."""
        empty = [_blank(self.columns[place]).alias(str(place)) for place in range(1, self.end + 2)]
        return pl.DataFrame(empty).select(pl.all_horizontal(pl.all())).to_series()


def _grade(peek: Peek) -> int | None:
    """The place of the quiz's grade."""
    places = (place for place, name in enumerate(peek.header) if GRADE.match(name))
    return next((place for place in places if place >= BEFORE_GRADE + 2), None) if peek.kind == "table" else None


def _points(peek: Peek, grade: int) -> dict[str, tuple[int, float | None]]:
    """Number of each question whose points are there -> their place, and the most there are."""
    found = ((place, POINTS.match(name)) for place, name in enumerate(peek.header) if place > grade)
    return {match[1]: (place, number_of(match[2])) for place, match in found if match}


def _texts(peek: Peek, grade: int) -> dict[str, tuple[int, int]]:
    """Number of each question -> places of the response and, right behind it, of the right answer."""
    found = {place: TEXTS.match(name) for place, name in enumerate(peek.header) if place > grade}
    rights = {place: match for place, match in found.items() if match and RIGHT.search(match[1])}
    return {
        match[2]: (place - 1, place)
        for place, match in rights.items()
        if (before := found.get(place - 1)) and before[2] == match[2]
    }


def _graded(cells: pl.Series, most: float | None) -> pl.Series:
    """Points as outcomes; words ("requires grading") are none yet."""
    part = shares(cells, most)
    frame = pl.DataFrame({"part": part})
    return frame.select(pl.when(pl.col("part").str.contains(r"\d")).then("part")).to_series()


def _compared(given: pl.Series, right: pl.Series) -> pl.Series:
    """Whether responses are the right answer, but for blanks and capitals; null where there is no response."""
    both = pl.DataFrame({"given": given, "right": right}).with_columns(
        pl.all().str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    )
    known = pl.all_horizontal(pl.all().is_in(list(BLANK)).not_())
    same = pl.col("given") == pl.col("right")
    return both.select(pl.when(known).then(same.cast(pl.Int8).cast(pl.String))).to_series()


def _times(cells: pl.Series) -> pl.Series:
    """Dates of any language as seconds."""
    time = map_cells(cells, local_moment, pl.Float64())
    return to_seconds(cells)[0] if time.null_count() == len(time) else time


def _has_addresses(cells: pl.Series) -> bool:
    """Whether a column is one of e-mail addresses."""
    filled = [cell for cell in cells.unique() if cell and cell.strip() not in BLANK]
    return sum(map(has_e_mail, filled)) * 2 > len(filled)


def _blank(cells: pl.Series) -> pl.Series:
    """Whether cells say nothing."""
    return cells.fill_null("").str.strip_chars().is_in(["", "-"])


def _stem(peek: Peek) -> str:
    """A file's name without its endings: nothing else says which quiz it is."""
    return re.sub(r"(\.(csv|tsv|txt|gz|xz))+\Z", "", peek.name, flags=re.IGNORECASE)
