"""The events table's layout: one table, seven sorts of item, two indexes.

| item          | pk               | sk                        | holds                             |
|---------------|------------------|---------------------------|-----------------------------------|
| ledger item   | `event#KEY`      | `ledger`                  | one event: body, status, entry    |
| evidence      | `event#KEY`      | `conflict#HASH`           | a less authentic other content    |
| part of a body| `event#KEY`      | `part#HASH#0001` …        | a body too large for one item     |
| consent change| `consent#NUMBER` | `FLAG#AT#CHANGE#HASH#KEY` | nothing else; it never expires    |
| subject       | `subject#NAME`   | `events`                  | the events that describe one call |
| notice        | `notice#NAME`    | a kind, or `digest`       | the event that claims a notice    |
| dropped letter| `dropped`        | `AT#MESSAGE_ID`           | why `hooks dlq drop` removed it   |

HTTP destinations and their deliveries (`deliveries.places`), and the state of recordings
(`recordings.register`), are in the table too.

The index `timeline` lists processed events by contact (`contact`) and by their own time (`at`).
`contact` is a number, or `call:ID` for an event that does not name its contact.

The index `by_status` lists events by status (`cell`) and by time of arrival. A cell is a status and
a shard: `received#7`. There are many processed events, so their cells also name the UTC day of
arrival: `processed#2026-03-12#7`. An index partition takes about 1,000 writes per second. At the
planned 5,000 events per second each of 16 shards gets 313 events, with two writes each.
The cell `unsent` lists the notices that wait for the next digest.
"""

import zlib
from typing import Any

from justcall.event import PROCESSED

LEDGER = "ledger"
MEMBERS = "events"
TIMELINE_INDEX = "timeline"
STATUS_INDEX = "by_status"
DIGEST = "digest"
UNSENT = "unsent"
DROPPED_LETTERS = "dropped"
SHARDS = 16
_SHORT_HASH = 16


def event_partition(key: str) -> str:
    """Return the partition key of an event's ledger item, parts and evidence."""
    return f"event#{key}"


def key_of(partition: str) -> str:
    """Return the event's key from its partition."""
    return partition.removeprefix("event#")


def type_of(key: str) -> str:
    """Return the type of an event, which its key begins with."""
    return key.partition(":")[0]


def consent_partition(number: str) -> str:
    """Return the partition key of a number's consent history."""
    return f"consent#{number}"


def consent_change(flag: str, at: str, step: str, body_hash: str, key: str) -> str:
    """Return the sort key of a change of a flag; `body_hash` and `key` are the event's."""
    return f"{flag}#{at}#{step}#{body_hash[:_SHORT_HASH]}#{key}"


def subject_partition(name: str) -> str:
    """Return the partition key of the events that name a subject, such as `call:CA12`."""
    return f"subject#{name}"


def notice_partition(name: str) -> str:
    """Return the partition key of the notices of a call or message, such as `call:CA12`."""
    return f"notice#{name}"


def dropped_letter(at: str, message_id: str) -> str:
    """Return the sort key of the record of a dropped dead letter."""
    return f"{at}#{message_id}"


def ledger_place(key: str) -> dict[str, Any]:
    """Return the primary key of an event's ledger item, as the client takes it."""
    return {"pk": {"S": event_partition(key)}, "sk": {"S": LEDGER}}


def part(body_hash: str, number: int) -> str:
    """Return the sort key of part `number` (from 1) of the body with this hash."""
    return f"{parts_prefix(body_hash)}{number:04d}"


def parts_prefix(body_hash: str) -> str:
    """Return the prefix of the sort keys of a body's parts.

    It is the same for an event and for evidence, so an item becomes evidence without its parts.
    """
    return f"part#{body_hash}#"


def evidence(body_hash: str) -> str:
    """Return the sort key of a conflict's evidence."""
    return f"conflict#{body_hash}"


def shard(key: str) -> str:
    """Return an event's shard, one hexadecimal digit."""
    return f"{zlib.crc32(key.encode()) % SHARDS:x}"


def cell(status: str, key: str, received_at: str) -> str:
    """Return an event's partition of the index `by_status`; `received_at` begins `YYYY-MM-DD`."""
    day = received_at[:10] if status == PROCESSED else None
    return _cell(status, day, shard(key))


def cells(status: str, day: str | None = None) -> list[str]:
    """Return all cells of a status; for *processed* those of one `day`, `YYYY-MM-DD`."""
    return [_cell(status, day, f"{number:x}") for number in range(SHARDS)]


def _cell(status: str, day: str | None, digit: str) -> str:
    return f"{status}#{day}#{digit}" if day else f"{status}#{digit}"
