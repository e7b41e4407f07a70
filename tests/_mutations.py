"""Ways to make the bytes of a log worse: each takes the bytes and a generator, and gives other bytes."""

import gzip
import lzma
from collections.abc import Callable

import numpy as np


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _place(data: bytes, rng: np.random.Generator) -> int:
    """A place in the bytes, often in the first line."""
    head = data.find(b"\n") + 1 if rng.random() < 0.2 else 0
    return int(rng.integers(0, (head or len(data)) + 1))


def _first_line_too(rng: np.random.Generator) -> int:
    """How many first lines stay as they are: mostly 1, the header."""
    return int(rng.random() < 0.9)


def _inserted(data: bytes, what: bytes, rng: np.random.Generator, times: int = 1) -> bytes:
    for _ in range(times):
        at = _place(data, rng)
        data = data[:at] + what + data[at:]
    return data


def _separator(data: bytes) -> bytes:
    head = data[: data.find(b"\n") + 1] or data
    return max((b",", b"\t", b";", b"|"), key=head.count)


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(int(rng.choice([1, 2, 5, 30])) if data else 0):
        changed[int(rng.integers(len(data)))] = int(rng.integers(256))
    return bytes(changed)


def shorten(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing, or the beginning."""
    at = _place(data, rng)
    return data[:at] if rng.random() < 0.8 else data[at:]


def cut_out(data: bytes, rng: np.random.Generator) -> bytes:
    """A part is missing."""
    at = _place(data, rng)
    return data[:at] + data[at + int(rng.choice([1, 3, 40, 400])) :]


def repeat_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Some lines come twice, or many times."""
    times, first = int(rng.choice([2, 2, 3, 40])), _first_line_too(rng)
    lines = [[line] * (times if rng.random() < 0.2 and at >= first else 1) for at, line in enumerate(_lines(data))]
    return b"\n".join(line for repeated in lines for line in repeated)


def drop_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Some lines are missing."""
    share, first = rng.choice([0.05, 0.5, 0.9]), _first_line_too(rng)
    return b"\n".join(line for at, line in enumerate(_lines(data)) if rng.random() > share or at < first)


def shuffle_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Lines in another order."""
    lines, first = _lines(data), _first_line_too(rng)
    return b"\n".join(lines[:first] + [lines[first + at] for at in rng.permutation(len(lines) - first)])


def change_columns(data: bytes, rng: np.random.Generator) -> bytes:
    """A column is missing, comes twice, or stands elsewhere; in all lines or in some."""
    mark = _separator(data)
    share = rng.choice([1.0, 1.0, 0.3, 0.01])
    first, second = rng.integers(0, data[: data.find(b"\n")].count(mark) + 1, 2)
    how = rng.integers(3)
    changed = []
    for line in _lines(data):
        cells = line.split(mark)
        if rng.random() <= share and len(cells) > max(first, second):
            if how == 0:
                del cells[first]
            elif how == 1:
                cells.insert(second, cells[first])
            else:
                cells[first], cells[second] = cells[second], cells[first]
        changed.append(mark.join(cells))
    return b"\n".join(changed)


def change_separators(data: bytes, rng: np.random.Generator) -> bytes:
    """Another separator, in all lines or in some."""
    share, other = rng.choice([1.0, 0.5, 0.1]), bytes(rng.choice(list(b",;\t| :_"), 1).astype(np.uint8))
    mark = _separator(data)
    return b"\n".join(line.replace(mark, other) if rng.random() < share else line for line in _lines(data))


def add_zeros(data: bytes, rng: np.random.Generator) -> bytes:
    """NUL bytes."""
    return _inserted(data, b"\0" * int(rng.choice([1, 2, 100])), rng, int(rng.choice([1, 5])))


def add_huge_field(data: bytes, rng: np.random.Generator) -> bytes:
    """A field that is far too long."""
    what = [b"x", b"9", b" ", b"~", b'"', b",", b"[", b"0."][int(rng.integers(8))]
    return _inserted(data, what * int(rng.choice([300, 5000, 200_000])), rng)


def add_quotes(data: bytes, rng: np.random.Generator) -> bytes:
    """Quotes where none belong."""
    what = [b'"', b'""', b"'", b'",', b',"', b'"\n"'][int(rng.integers(6))]
    return _inserted(data, what, rng, int(rng.choice([1, 2, 3, 10])))


def mix_newlines(data: bytes, rng: np.random.Generator) -> bytes:
    """Other line ends, in all lines or in some."""
    ends = [b"\r", b"\r\n", b"\n\n", b"\n\r", b"\r\r\n", b"\x0b", b"\x0c", b"\x85", b" \n", b"\n \t\n"]
    ends.append("\u2028".encode())
    share, end = rng.choice([1.0, 0.3, 0.05]), ends[int(rng.integers(len(ends)))]
    lines = _lines(data)
    return b"".join(line + (end if rng.random() < share else b"\n") for line in lines[:-1]) + lines[-1]


CELLS = (
    *("", " ", ".", "-", "NA", "nan", "null", "-1", "0", "1", "2", "0.5", "1e999", "-1e999", "inf", "9" * 24, "1e308"),
    *("-" + "9" * 19, "1_000", "0x10", "\u0661", "\u00bd", "\u00b2", "1,5", "True", "correct", "[1, 2", "['a', 'b']"),
    *(
        "[" * 300,
        "{}",
        "~~",
        "a~~b",
        "~~~",
        "a;b",
        "1_2_3",
        "=1+1",
        "\ufeff",
        "Zo\u00eb",
        "\U0001f600",
        "a@example.org",
    ),
    *("2021-01-01", "2021-13-45 99:99:99", "0000-00-00 00:00:00", "9999-12-31 23:59:59", "2021-02-29 00:00:00+99:99"),
    *(
        "a@example.org",
        "18446744073709551616",
        "1700000000000",
        "1e300",
        "user_id",
        "student",
        "skill",
        "\x1b[31m",
        "\x7f",
        "u:a",
    ),
)


def change_cells(data: bytes, rng: np.random.Generator) -> bytes:
    """Some cells hold what they should not; or a whole column does."""
    mark, lines = _separator(data), _lines(data)
    column = int(rng.integers(lines[0].count(mark) + 1)) if rng.random() < 0.5 else None
    share = float(rng.choice([1.0, 0.3])) if column is not None else float(rng.choice([0.3, 0.02]))
    one = str(rng.choice(CELLS)).encode() if rng.random() < 0.5 else None
    for at, line in enumerate(lines):
        if at == 0 and rng.random() < 0.8:
            continue
        cells = line.split(mark)
        for place in range(len(cells)):
            if (column is None or place == column) and rng.random() < share:
                cells[place] = str(rng.choice(CELLS)).encode() if one is None else one
        lines[at] = mark.join(cells)
    return b"\n".join(lines)


def change_header(data: bytes, rng: np.random.Generator) -> bytes:
    """Names in capitals, other names, no names, or the names again further down."""
    head, _, body = data.partition(b"\n")
    other = [head.upper(), head.title(), b"", head + b"\n" + head, b"\n" + head, b'"' + head + b'"']
    other.append(head.replace(b"_", b" "))
    names = [b"student", b"user", b"item", b"skill", b"kc", b"correct", b"score", b"time", b"order", b"fold", b"bundle"]
    cells = head.split(_separator(data))
    cells[int(rng.integers(len(cells)))] = names[int(rng.integers(len(names)))]
    other += [_separator(data).join(cells)] * 4
    return other[int(rng.integers(len(other)))] + b"\n" + body


def recode(data: bytes, rng: np.random.Generator) -> bytes:
    """Another encoding."""
    encoding = str(rng.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp037"]))
    return data.decode("utf-8", errors="replace").encode(encoding, errors="replace")


def compress(data: bytes, rng: np.random.Generator) -> bytes:
    """Compressed, whole or damaged."""
    packed = gzip.compress(data, mtime=0) if rng.random() < 0.6 else lzma.compress(data, preset=0)
    how = rng.integers(4)
    return flip(packed, rng) if how == 0 else shorten(packed, rng) if how == 1 else packed


def add_before(data: bytes, rng: np.random.Generator) -> bytes:
    """Something before the first line."""
    first = [
        b"\xef\xbb\xbf",
        b"sep=;\n",
        b"sep=,\n",
        b"sep=\n",
        b"<html>\n",
        b"{",
        b"[",
        b"\n\n",
        b"# a comment\n",
        b"1\n",
    ]
    first += [
        b"a,b,c\n",
        b" ",
        b"0,user\n",
        b"# user:x days:1\n",
        b"\xff\xfe",
        b"PAR1",
        b"BZh9",
        b"PK\x03\x04",
        b"\x1f\x8b",
    ]
    return first[int(rng.integers(len(first)))] + data


def splice(data: bytes, rng: np.random.Generator) -> bytes:
    """The rest of it comes once more, from another place on."""
    return data[: _place(data, rng)] + data[_place(data, rng) :]


MUTATIONS: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    change.__name__: change
    for change in (
        *(flip, shorten, cut_out, repeat_lines, drop_lines, shuffle_lines, change_columns, change_separators),
        *(add_zeros, add_huge_field, add_quotes, mix_newlines, change_cells, change_header, recode, compress),
        *(add_before, splice),
    )
}

MILD = (
    *("flip", "repeat_lines", "drop_lines", "shuffle_lines", "change_columns", "change_cells", "mix_newlines"),
    "splice",
)
"""Changes after which there is often something left to read."""
