"""What a person sees of a log: how it was read, what it holds, what to look at."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .output import print_table

QUANTILES: Final = {"min": "min", "q25": "25 %", "median": "median", "q75": "75 %", "q95": "95 %", "max": "max"}


def print_log(described: Mapping[str, Any]) -> None:
    """A log as `describe_log` tells of it."""
    print_table("", ("", ""), [*_reading(described), ("", ""), *_holding(described)])
    if warnings := described["warnings"]:
        print_table(f"\nWarnings ({len(warnings)})", ("", ""), [("*", warning) for warning in warnings])


def _reading(told: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "files", ", ".join(told["files"])
    yield "read as", told["read_as"]
    yield "format", f"{told['format']} ({told['title']})"
    yield "encoding", told["encoding"] or "none"
    yield "separator", repr(told["separator"]) if told["separator"].isspace() else told["separator"] or "none"
    yield "compression", told["compression"]
    yield "columns", ", ".join(f"{name}: {column}" for name, column in told["columns"].items()) or "none"
    yield "rows read", told["rows_read"]
    yield "  kept", told["kept"]
    yield "  merged", told["merged"]
    yield "  set aside", _reasons(sum(told["set_aside"].values()), told["set_aside"])
    yield "  rejected", _reasons(told["rejected"], told["rejected_because"])


def _holding(told: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "students", told["students"]
    if told["hashed"]:
        yield "  under pseudonyms", told["hashed"]
    yield "items", told["items"]
    yield "skills", told["skills"]
    yield "answers", told["kept"]
    yield "  without skill", told["answers_without_skill"]
    yield "  on several skills", told["answers_on_several_skills"]
    yield "  correct", f"{told['share_correct']:.2%}"
    quantiles = told["answers_a_student"].items()
    yield "answers a student", ", ".join(f"{QUANTILES[name]}: {value:,}" for name, value in quantiles)
    yield "time span", _span(told)
    if seconds := told["response_time"]:
        known = f"known for {seconds['known'] / told['kept']:.1%}"
        yield "response time", f"median {seconds['median']:,.1f} s, longest {seconds['max']:,.1f} s, {known}"
    yield "also has", ", ".join(name.replace("_", " ") for name in told["also_has"]) or "nothing"


def _reasons(count: int, reasons: Mapping[str, int]) -> object:
    """A number, and how many for each reason."""
    if len(reasons) == 1 and count == next(iter(reasons.values())):
        return f"{count:,} ({next(iter(reasons))})"
    return f"{count:,} ({', '.join(f'{number:,} x {reason}' for reason, number in reasons.items())})" if count else 0


def _span(told: Mapping[str, Any]) -> str:
    days = told["time_span_days"]
    if days is None:
        return "unknown"
    dates = f", {told['first_time']} to {told['last_time']}" if told["first_time"] else ""
    return f"{days:,.1f} days{dates}"
