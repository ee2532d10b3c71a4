"""One run of the digest: which waiting missed calls nobody returned, told line by line.

A call stops waiting after its digest was sent. So a failed run is made up for by the next, and a
run that dies in between tells twice.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aws import observability
from errors import HooksError
from justcall import missed
from justcall.moments import epoch, iso
from justcall.phone import NO_NUMBER
from justcall.subjects import is_subject
from justcall.timeline import joined
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


def run(own: Ports, now: float) -> Report:
    """Send one digest for each line; a line that fails does not stop the others.

    Raises LedgerUnavailable if the waiting calls or their timelines cannot be read.
    """
    sent, failures = 0, []
    for line, owed in _by_line(own.notices.waiting(MAX_WAITING), own, now).items():
        try:
            sent += _tell(line, owed, own, now)
        except HooksError as error:
            failures.append(error)
    return Report(sent, failures)


def _by_line(waiting: Sequence[Waiting], own: Ports, now: float) -> dict[str | None, list[_Owed]]:
    """Return the waiting calls by line. An event that is being replayed goes on waiting."""
    items = own.notices.ledger_items([one.key for one in waiting])
    heads = {schema.key_of(item["pk"]["S"]): item for item in items}
    by_contact: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.key not in heads:  # expired
            own.notices.told(one.name, schema.DIGEST, now)
        elif "entry" in heads[one.key]:
            by_contact[heads[one.key]["contact"]["S"]].append(one)
    lines: dict[str | None, list[_Owed]] = defaultdict(list)
    for contact, some in by_contact.items():
        for owed in _owed(contact, some, heads, own):
            lines[owed.line].append(owed)
    return lines


def _owed(
    contact: str, waiting: Sequence[Waiting], heads: Mapping[str, Item], own: Ports
) -> list[_Owed]:
    """Return what a digest owes for each waiting call of a contact."""
    entries = {
        entry["key"]: entry for one in waiting for entry in timelines.readable(heads[one.key])
    }
    if contact != NO_NUMBER and not is_subject(contact):
        since = epoch(min(heads[one.key]["at"]["S"] for one in waiting))
        start = iso(since - missed.LOOK_BACK.total_seconds())
        found = timelines.entries(own.client, own.table, contact, start)
        entries |= {entry["key"]: entry for entry in found}
    timeline = joined(entries.values())
    unreturned = [call for call in timeline if missed.is_unreturned(call, timeline)]
    calls = {key: call for call in timeline for key in _keys(call)}
    return [_owed_for(one, calls.get(one.key), unreturned) for one in waiting]


def _owed_for(waiting: Waiting, call: Entry | None, unreturned: Sequence[Entry]) -> _Owed:
    if call is None:
        observability.log("warning", "entry damaged, not told", event_key=waiting.key)
        return _Owed(waiting, None, ())
    # Not for a call that was returned: the caller's other calls were told before, or wait too.
    return _Owed(waiting, call.get("justcall_number"), unreturned if call in unreturned else ())


def _tell(line: str | None, owed: Sequence[_Owed], own: Ports, now: float) -> int:
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
        own.topic.publish(notice)
    for one in owed:
        own.notices.told(one.waiting.name, schema.DIGEST, now)
    return int(bool(rows))


def _keys(call: Entry) -> list[str]:
    return [one["key"] for one in call.get("events", (call,))]
