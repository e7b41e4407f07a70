"""The objects of a JSON file one after the other, never the whole file at once.

They may be the elements of an array, one a line (JSON lines), several documents in a row, or the elements of a list
within a wrapper, `{"statements": [...], "more": ...}`.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kt_fewshot.errors import LogError

from .sniff import Peek
from .stream import utf8_chunks

LONGEST: Final = 1 << 26
"""Characters that one record may have; more is a mistake, or an attack."""

EDGE: Final = 16
"""A mistake so near the end of what was read may be mended by what comes."""

DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True)
class JsonRecord:
    """One object, or why there is none.

    `row` is its number in the file, `line` where it begins, both from 1; `problem` is empty for a sound record.
    """

    row: int
    line: int
    value: dict[str, Any]
    problem: str = ""


def json_records(peek: Peek, lists: Sequence[str] = ()) -> Iterator[JsonRecord]:
    """The objects of a file.

    In JSON lines a bad line costs itself; in a single document nothing can be known of what follows a mistake.

    Args:
        peek: the sniffed file.
        lists: keys of a wrapper that hold the list of records.

    Raises:
        LogError: if the file is no JSON, is damaged, or holds a record of more than `LONGEST` characters.
    """
    if peek.kind != "json":
        raise LogError(f"{peek.name} is no JSON: it should begin with `[` or `{{`.")
    text = _Text(peek)
    found = _lines(text, lists) if _is_lines(peek.lines) else _documents(text, lists)
    try:
        for row, (line, value) in enumerate(found, start=1):
            if isinstance(value, dict):
                yield JsonRecord(row, line, value)
            else:
                yield JsonRecord(row, line, {}, value.reason if isinstance(value, _Broken) else "no JSON object")
    except UnicodeDecodeError as error:
        raise LogError(f"{peek.name} is not {peek.encoding} throughout ({error.reason}).") from error


def text_of(value: object) -> str | None:
    """A string or whole number as text; anything else is None.

    >>> text_of("a"), text_of(7), text_of(True), text_of(None), text_of("")
    ('a', '7', None, None, None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        return None
    if not value.isascii():  # half of a surrogate pair is JSON, but no text
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def within(value: object, *keys: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What stands under a path of keys; None if there is no such path."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


@dataclass(frozen=True)
class _Broken:
    """A line that is no JSON."""

    reason: str


class _Text:
    """A file's text as far as it was read and not used up."""

    def __init__(self, peek: Peek) -> None:
        self.name = peek.name
        self.line = 1  # of what comes next
        self.text = ""
        self.at = 0
        self._chunks = self._decoded(peek)

    def more(self) -> bool:
        """Read on, as much as is waiting already; False at the end of the file."""
        self.text, self.at = self.text[self.at :], 0
        if len(self.text) > LONGEST:
            raise LogError(f"{self.name} has a record of more than {LONGEST:,} characters in line {self.line}.")
        parts = [self.text]
        size = 0
        while size <= len(self.text) and (chunk := next(self._chunks, "")):
            parts.append(chunk)
            size += len(chunk)
        self.text = "".join(parts)
        return size > 0

    def use(self, end: int) -> None:
        """Go on to a place in `text`."""
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def next(self) -> str:
        """The next character that is not blank; "" at the end of the file."""
        while True:
            end = self.at
            while end < len(self.text) and self.text[end] in " \t\r\n":
                end += 1
            self.use(end)
            if end < len(self.text):
                return self.text[end]
            if not self.more():
                return ""

    def take(self, *allowed: str) -> str:
        """The next character, one of these, used up."""
        found = self.next()
        if found not in allowed or not found:
            raise self.wrong(f"{' or '.join(map(repr, allowed))} is missing")
        self.use(self.at + 1)
        return found

    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """The next value."""
        self.next()
        while True:
            value, error = None, None
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as found:
                error, end = found, len(self.text)
                if not found.msg.startswith("Unterminated string") and found.pos < len(self.text) - EDGE:
                    raise self.wrong(found.msg) from found
            except (ValueError, RecursionError) as found:
                raise self.wrong(_why(found)) from found
            if end < len(self.text) or not self.more():
                break
        if error is not None:
            raise LogError(f"{self.name} is cut off, or no JSON from line {self.line} on.") from error
        self.use(end)
        return value

    def wrong(self, reason: str) -> LogError:
        """What to say of a mistake here."""
        return LogError(f"{self.name} is no JSON from line {self.line} on ({reason}).")

    def _decoded(self, peek: Peek) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        for chunk in utf8_chunks(peek.path, peek.compression, peek.encoding, peek.newline):
            peek.watch(0, len(chunk))
            if text := decoder.decode(chunk):  # a piece may be but a part of one letter
                yield text


def _is_lines(lines: Sequence[str]) -> bool:
    """Whether each line is a document: at least half of the first ones are (one may be damaged, the last cut)."""
    first = [line.strip() for line in lines if line.strip()][:20]
    whole = [isinstance(_parsed(line), dict | list) for line in first]
    opens = not whole[0] and first[0].startswith("[")  # an array of many lines
    return len(whole) > 1 and not opens and sum(whole) * 2 >= len(whole)


def _parsed(line: str) -> Any:  # noqa: ANN401 - any JSON
    """A line's value."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return _Broken(_why(error))


def _why(error: Exception) -> str:
    """What is wrong with a text, in a few words."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number with too many digits"


def _lines(text: _Text, lists: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """Line and value of the records of JSON lines."""
    while text.next():
        end = text.text.find("\n", text.at)
        while end < 0 and text.more():
            end = text.text.find("\n", text.at)
        end = len(text.text) if end < 0 else end
        line, value = text.line, _parsed(text.text[text.at : end])
        text.use(end)
        yield from ((line, part) for part in _unwrapped(value, lists))


def _documents(text: _Text, lists: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """Line and value of the records of one document, or of several in a row."""
    while start := text.next():
        if start == "[":
            for line, value in _array(text):
                yield from ((line, part) for part in _unwrapped(value, lists))
        elif start == "{":
            yield from _object(text, lists)
        else:
            yield text.line, text.value()


def _array(text: _Text) -> Iterator[tuple[int, Any]]:
    """Line and value of the elements of an array."""
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        text.next()
        line = text.line
        yield line, text.value()
        if text.take(",", "]") == "]":
            return


def _object(text: _Text, lists: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """Line and value of an object, or of what a wrapper holds, without ever holding all of that."""
    first, own, wrapped = text.line, {}, False
    text.take("{")
    end = text.take("}") if text.next() == "}" else ","
    while end == ",":
        if text.next() != '"':
            raise text.wrong("a name is missing")
        name = text.value()
        text.take(":")
        if name in lists and text.next() in ("[", "{"):
            wrapped = True
            yield from _array(text) if text.next() == "[" else [(text.line, text.value())]
        else:
            own[name] = text.value()
        end = text.take(",", "}")
    if not wrapped:
        yield first, own


def _unwrapped(value: object, lists: Sequence[str]) -> Iterator[object]:
    """The records in a value: itself, the elements of an array, or what they wrap."""
    for part in value if isinstance(value, list) else [value]:
        inner = [part[name] for name in lists if isinstance(part, dict) and isinstance(part.get(name), list | dict)]
        if not inner:
            yield part
        elif isinstance(inner[0], dict):
            yield inner[0]
        else:
            yield from inner[0]
