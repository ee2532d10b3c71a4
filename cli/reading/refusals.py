"""The requests that the handler did not accept, counted by reason: its log has no content."""

from collections.abc import Iterator
from datetime import datetime

from cli import reasons
from cli.reading import logs
from cli.reading.table import Document
from cli.stack import Stack

HANDLER = "handler"
# The handler's log text, and what the sender was answered.
_ANSWERS = {"refused": "4xx", "unavailable": "503"}


def refusals(stack: Stack, since: datetime) -> tuple[list[Document], bool]:
    """Return the reasons, the most frequent first, and whether the log has more lines."""
    handler = {HANDLER: logs.groups(stack)[HANDLER]}
    rows: dict[str, Document] = {}
    cut = False
    for word in _ANSWERS:
        read = logs.read(stack, handler, since, word)
        cut |= bool(read.cut)
        for line in _of_requests(read.lines, word):
            row = rows.setdefault(str(line["reason"]), _row(line))
            row["count"] += 1
            row["last_at"] = line["at"]
    return sorted(rows.values(), key=lambda one: -one["count"]), cut


def _of_requests(lines: list[Document], word: str) -> Iterator[Document]:
    return (one for one in lines if one["message"] == word and one["reason"])


def _row(line: Document) -> Document:
    return {
        "reason": line["reason"],
        "answer": _ANSWERS[line["message"]],
        "count": 0,
        "first_at": line["at"],
        "last_at": line["at"],
        "why": reasons.sentence(line["reason"]),
    }
