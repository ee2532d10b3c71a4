"""The events table's layout: one table, four sorts of item.

| item           | pk               | sk                   | holds                             |
|----------------|------------------|----------------------|-----------------------------------|
| ledger item    | `event#KEY`      | `ledger`             | what came, and how far it got     |
| evidence       | `event#KEY`      | `conflict#HASH`      | the same key with other content   |
| part of a body | `event#KEY`      | `ledger#part#0001` … | a body that no single item holds  |
| timeline entry | `contact#NUMBER` | `EVENT_TIME#KEY`     | the event in a normalised form    |

The index `recent` lists ledger items by the UTC day and the time they came, spread over shards:
an index partition takes about 1,000 writes a second, and 5,000 events a second are planned for.
"""

import zlib

LEDGER = "ledger"
RECENT_INDEX = "recent"
SHARDS = 16


def event_partition(key: str) -> str:
    """Return the partition key of an event's ledger item, parts and evidence."""
    return f"event#{key}"


def contact_partition(number: str) -> str:
    """Return the partition key of a number's timeline."""
    return f"contact#{number}"


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


def bucket(received_at: str, key: str) -> str:
    """Return the partition of the index `recent` that lists an event."""
    return day_bucket(received_at[:10], zlib.crc32(key.encode()) % SHARDS)


def day_bucket(day: str, shard: int) -> str:
    """Return the name of one shard of a day, given as `YYYY-MM-DD`."""
    return f"{day}#{shard:x}"
