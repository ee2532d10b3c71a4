"""A notice: its subject and text for people, and its attributes for filter policies."""

import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

# The attribute `notice`: of one event, of one that failed, or of several missed calls.
EVENT, FAILURE, DIGEST = "event", "failure", "digest"
# Source: SNS, Publish: a subject has less than 100 characters and no line breaks.
MAX_SUBJECT = 99
# Longer values are of no use in a filter policy or in a row.
MAX_VALUE = 100
_CUT = "..."


class Notice(NamedTuple):
    """One message to the topic. `id` is the same when it is sent again."""

    id: str
    notice: str
    kind: str | None
    subject: str
    text: str
    number: str | None = None
    line: str | None = None
    agent: str | None = None

    def attributes(self) -> dict[str, str]:
        """Return the message attributes; one that says nothing is absent."""
        named = {
            "id": self.id,
            "notice": self.notice,
            "kind": self.kind,
            "number": self.number,
            "line": self.line,
            "agent": self.agent,
        }
        return {name: row(value) for name, value in named.items() if value and row(value)}


def subject(text: str) -> str:
    """Return a subject that every mail program shows: one line of ASCII, at most MAX_SUBJECT."""
    plain = unicodedata.normalize("NFKD", row(text, len(text))).encode("ascii", "ignore").decode()
    return _cut(plain, MAX_SUBJECT)


def row(value: object, limit: int = MAX_VALUE) -> str:
    """Return a sender's value as one line without control characters, cut to `limit`."""
    visible = "".join(one if one.isprintable() else " " for one in str(value))
    return _cut(" ".join(visible.split()), limit)


def block(value: object, limit: int) -> str:
    """Return a sender's text with its lines, without other control characters, cut to `limit`."""
    lines = str(value).splitlines()
    return _cut("\n".join(row(line, len(line)) for line in lines).strip(), limit)


def when(moment: str) -> str:
    """Return a moment of `iso` as people read it."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def lines(rows: Mapping[str, Any]) -> str:
    """Return `Name: value` for each value that there is, one per line."""
    return "\n".join(f"{name}: {value}" for name, value in rows.items() if value)


def agent_of(entry: Mapping[str, Any]) -> str | None:
    """Return what filters know an agent by: the id, else the address, else the name."""
    names = (entry.get(name) for name in ("agent_id", "agent_email", "agent_name"))
    return next((str(one) for one in names if one not in (None, "")), None)


def named(number: object, name: object) -> str:
    """Return `+14155551234 (Name)`, or the one that there is."""
    if number and name:
        return f"{row(number)} ({row(name)})"
    return row(number or name or "")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT
