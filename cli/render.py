"""Documents as a person reads them."""

import json
import re
import shutil
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.read import Document
from cli.send import Sent

# In a pipe nothing is cut or wrapped: a line is an event.
_WIDTH = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000
# What is shown was written by strangers: [brackets] and :colons: in it are theirs, not rich's.
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False}
console = Console(width=_WIDTH, soft_wrap=not sys.stdout.isatty(), **_PLAIN)
errors = Console(stderr=True, **_PLAIN)
# A terminal obeys some of these characters, and whoever sends a text message could write them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_SHOWN = (
    "outcome",
    "text",
    "duration_seconds",
    "notes",
    "first_name",
    "last_name",
    "recording_url",
)


def as_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # Half a character is legal in JSON but only as an escape, which just looks like this.
    print(text.encode(errors="backslashreplace").decode())


def events(found: list[Document]) -> None:
    """Print a line for each event."""
    table = Table("received", "status", "key", "deliveries", "error", box=None, pad_edge=False)
    for one in found:
        when = one["received_at"][:19].replace("T", " ")
        count = str(one["deliveries"])
        table.add_row(when, one["status"], one["key"], count, _line(one["error"] or ""))
    console.print(table if found else "no events; send one: hooks send call.completed")


def event(one: Document) -> None:
    """Print all of one event."""
    for name, value in one.items():
        if name not in ("body", "conflicts") and value is not None:
            console.print(f"{name:<17}{_line(value)}")
    console.print(f"\n{_pretty(one['body'])}")
    for conflict in one["conflicts"]:
        console.print(f"\nconflict: the same key, other content, at {conflict['received_at']}")
        console.print(_pretty(conflict["body"]))


def timeline(entries: list[Document]) -> None:
    """Print a line for each entry."""
    table = Table("time", "type", "direction", "what", box=None, pad_edge=False)
    for entry in entries:
        what = " · ".join(_line(entry[name]) for name in _SHOWN if entry.get(name))
        when = entry["at"][:19].replace("T", " ")
        table.add_row(when, entry["type"], entry.get("direction", ""), what)
    console.print(table if entries else "nothing happened with that number")


def sent(all_sent: list[Sent]) -> None:
    """Print one answer with what to try next, or a summary of many."""
    if len(all_sent) == 1:
        one = all_sent[0]
        console.print(f"{one.status} {_line(one.answer)}  ({one.milliseconds} ms)")
        if one.status == 200 and one.key:
            console.print(f"hooks show {one.key}")
        return
    table = Table("answer", "count", "p50 ms", "p99 ms", box=None, pad_edge=False)
    groups: dict[str, list[float]] = {}
    for one in all_sent:
        groups.setdefault(f"{one.status} {_line(one.answer)}", []).append(one.milliseconds)
    for answer, times in sorted(groups.items()):
        times.sort()
        p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
        table.add_row(answer, str(len(times)), str(p50), str(p99))
    console.print(table)


def _line(value: object) -> str:
    """Return a value as one line that no terminal takes for a command."""
    return _CONTROL.sub(" ", str(value))


def _pretty(document: Any) -> str:
    """Return a body as lines that no terminal takes for commands."""
    is_text = isinstance(document, str)
    text = document if is_text else json.dumps(document, indent=2, ensure_ascii=False)
    return _CONTROL_IN_LINES.sub("\N{REPLACEMENT CHARACTER}", text)
