"""One run of the digest: a notice for each line, of the waiting missed calls that nobody returned.

A call stops waiting after its digest was sent. So the next run makes up for a failed one, and a run
that dies in between sends a digest twice.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aws import observability
from errors import HooksError
from justcall import missed
from justcall.timeline import is_number, joined, keys_of
from ledger import schema, timelines
from ledger.notices import Waiting
from notices import digest
from notifier.ports import Ports

# A run takes no more; the next one takes the rest. Each caller costs one query.
MAX_WAITING = 1_000

type Item = Mapping[str, Any]
type Entry = Mapping[str, Any]


class _Owed(NamedTuple):
    """A waiting call; and, if nobody returned it, all unreturned calls of its caller."""

    waiting: Waiting
    line: str | None
    calls: Sequence[Entry]


class Report(NamedTuple):
    """How many digests were sent, and what failed."""

    sent: int
    failures: Sequence[HooksError]


def run(ports: Ports, now: float) -> Report:
    """Send one digest for each line; a line that fails does not stop the others.

    Raises LedgerUnavailable if the waiting calls or their timelines cannot be read.
    """
    sent, failures = 0, []
    for line, owed in _by_line(ports.notices.waiting(MAX_WAITING), ports, now).items():
        try:
            sent += _send(line, owed, ports, now)
        except HooksError as error:
            failures.append(error)
    return Report(sent, failures)


def _by_line(waiting: Sequence[Waiting], ports: Ports, now: float) -> dict[str | None, list[_Owed]]:
    """Return the waiting calls by line. An event that is being replayed goes on waiting."""
    items = ports.notices.ledger_items([one.key for one in waiting])
    heads = {schema.key_of(item["pk"]["S"]): item for item in items}
    by_contact: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.key not in heads:  # expired
            ports.notices.mark_sent(one.name, schema.DIGEST, now)
        elif "entry" in heads[one.key]:
            by_contact[heads[one.key]["contact"]["S"]].append(one)
    lines: dict[str | None, list[_Owed]] = defaultdict(list)
    for contact, some in by_contact.items():
        for owed in _owed(contact, some, heads, ports):
            lines[owed.line].append(owed)
    return lines


def _owed(
    contact: str, waiting: Sequence[Waiting], heads: Mapping[str, Item], ports: Ports
) -> list[_Owed]:
    """Return what a digest owes for each waiting call of a contact."""
    entries = {
        entry["key"]: entry for one in waiting for entry in timelines.readable(heads[one.key])
    }
    if is_number(contact):
        start = missed.look_back(min(heads[one.key]["at"]["S"] for one in waiting))
        rows = timelines.entries(ports.client, ports.table, contact, start)
        entries |= {entry["key"]: entry for entry in rows}
    timeline = joined(entries.values())
    unreturned = [call for call in timeline if missed.is_unreturned(call, timeline)]
    calls = {key: call for call in timeline for key in keys_of(call)}
    return [_owed_for(one, calls.get(one.key), unreturned) for one in waiting]


def _owed_for(waiting: Waiting, call: Entry | None, unreturned: Sequence[Entry]) -> _Owed:
    if call is None:
        observability.log("warning", "entry damaged, not in the digest", event_key=waiting.key)
        return _Owed(waiting, None, ())
    # A returned call needs no row; the caller's other calls were in a digest before, or wait too.
    return _Owed(waiting, call.get("justcall_number"), unreturned if call in unreturned else ())


def _send(line: str | None, owed: Sequence[_Owed], ports: Ports, now: float) -> int:
    """Send the digest of a line, unless all of its calls were returned; 1 if it was sent."""
    # By key: two waiting calls of one caller bring the same rows.
    rows = {
        call["key"]: call
        for one in owed
        for call in one.calls
        if call.get("justcall_number") == line
    }
    if rows:
        notice = digest.notice_of(line, missed.callers(rows.values()), rows)
        ports.topic.publish(notice)
    for one in owed:
        ports.notices.mark_sent(one.waiting.name, schema.DIGEST, now)
    return int(bool(rows))
