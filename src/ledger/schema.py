"""The events table's layout: one table, six sorts of item.

| item           | pk               | sk                   | holds                             |
|----------------|------------------|----------------------|-----------------------------------|
| ledger item    | `event#KEY`      | `ledger`             | what came, and how far it got     |
| evidence       | `event#KEY`      | `conflict#HASH`      | the same key with other content   |
| part of a body | `event#KEY`      | `ledger#part#0001` … | a body that no single item holds  |
| timeline entry | `contact#NUMBER` | `EVENT_TIME#KEY`     | the event in a normalised form    |
| consent state  | `consent#NUMBER` | a flag               | its newest value, and since when  |
| sweep state    | `sweep`          | a kind               | how far the kind's marker got     |

The index `recent` lists ledger items by the UTC day and the time they came, spread over shards:
an index partition takes about 1,000 writes a second, and 5,000 events a second are planned for.

The index `open` lists the events that are only *received*, and nothing else: an item leaves it with
the attribute `open`, which the step to any other status removes. So looking for what was lost costs
nothing for what was not. Its 16 shards take 5,000 / 16 = 313 events a second each, one write when
an event comes and one when it leaves: 625 of the 1,000 that a partition takes.
"""

import zlib

LEDGER = "ledger"
RECENT_INDEX = "recent"
OPEN_INDEX = "open"
SWEEP_PARTITION = "sweep"
SHARDS = 16
TIMELINE_INDEX = "timeline"
STATUS_INDEX = "by_status"


def event_partition(key: str) -> str:
    """Return the partition key of an event's ledger item, parts and evidence."""
    return f"event#{key}"


def contact_partition(number: str) -> str:
    """Return the partition key of a number's timeline."""
    return f"contact#{number}"


def consent_partition(number: str) -> str:
    """Return the partition key of what a number's owner does not want."""
    return f"consent#{number}"


def number_of(partition: str) -> str:
    """Return the number whose timeline a partition is."""
    return partition.removeprefix("contact#")


def part(sort_key: str, number: int) -> str:
    """Return the sort key of part `number` (from 1) of the body that belongs to `sort_key`."""
    return f"{parts_prefix(sort_key)}{number:04d}"


def parts_prefix(sort_key: str) -> str:
    """Return what the sort keys of a body's parts begin with."""
    return f"{sort_key}#part#"


def evidence(body_hash: str) -> str:
    """Return the sort key of a conflict's evidence."""
    return f"conflict#{body_hash}"


def timeline_position(event_time: str, key: str) -> str:
    """Return the sort key of a timeline entry: the event's own time, then its key."""
    return f"{event_time}#{key}"


def shard(key: str) -> int:
    """Return the shard of both indexes that an event belongs to."""
    return zlib.crc32(key.encode()) % SHARDS


def bucket(received_at: str, key: str) -> str:
    """Return the partition of the index `recent` that lists an event."""
    return day_bucket(received_at[:10], shard(key))


def day_bucket(day: str, number: int) -> str:
    """Return the name of one shard of a day, given as `YYYY-MM-DD`."""
    return f"{day}#{number:x}"


def open_shard(number: int) -> str:
    """Return the partition of the index `open` with that number."""
    return f"{number:x}"


def key_of(partition: str) -> str:
    """Return the event's key from its partition."""
    return partition.removeprefix("event#")


def cell(status: str, key: str, received_at: str) -> str:
    """Return the partition of the index `by_status` that lists an event."""
    day = f"#{received_at[:10]}" if status == "processed" else ""
    return f"{status}{day}#{shard(key):x}"


def cells(status: str, day: str | None = None) -> list[str]:
    """Return the 16 partitions of a status; of *processed*, those of one day."""
    prefix = f"{status}#{day}" if day else status
    return [f"{prefix}#{number:x}" for number in range(SHARDS)]
