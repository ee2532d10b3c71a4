"""One processed event as a CloudEvent 1.0 in structured JSON: what consumers get, on every way out.

`published.models` describes it field by field.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from justcall.catalogue import kind_of
from justcall.event import PROCESSED
from justcall.timeline import events_of, is_number, joined, keys_of
from ledger import bodies, schema
from published import fitting

type Item = Mapping[str, Any]

# Every event of one of these carries the whole call or message.
_WHOLES = ("call", "message")
# The fields of each event in a call's or message's list, and fields that do not describe the call.
_OF_MEMBERS = ("key", "type", "dialect", "at")
_OF_EVENTS = frozenset({"key", "type", "subjects", "dialect", "received_at", "events"})


class Published(NamedTuple):
    """A CloudEvent, and the fields that address it."""

    id: str
    kind: str
    key: str
    detail: str


def subjects_of(item: Item) -> Sequence[str]:
    """Return the names of the call or message that a ledger item describes, none for others."""
    subjects: Sequence[str] = bodies.unpack_entry(item).get("subjects", ())
    return subjects if subjects and _thing(subjects) in _WHOLES else ()


def build(item: Item, others: Sequence[Item] | None, source: str) -> Published:
    """Return the CloudEvent of a processed ledger item.

    `others` are the ledger items of the other events of its call or message; None if they are too
    many to be published together.
    """
    event = _event(item)
    data: dict[str, Any] = {"event": event}
    revision = _revision([item])
    subjects = event.get("subjects", ())
    if others is not None and subjects and _thing(subjects) in _WHOLES:
        revision = _revision([item, *others])
        data[_thing(subjects)] = whole = _whole(item, others, revision)
        number = event.get("number") or whole.get("number")
    else:
        number = event.get("number")
    # An event that stands alone is published once, unless it is replayed.
    alone = len(data) == 1 and revision == 1
    one_id = event["key"] if alone else f"{event['key']}#{revision}"
    return enveloped(one_id, source, event["at"], number, data)


def enveloped(
    one_id: str, source: str, at: str, number: str | None, data: dict[str, Any]
) -> Published:
    """Return the CloudEvent about `data`, which has an `event` with its key and kind."""
    event = data["event"]
    document = {
        "specversion": "1.0",
        "id": one_id,
        "source": source,
        "type": f"justcall.{event['kind']}.v1",
        **({"subject": number} if number else {}),
        "time": at,
        "dataschema": schema_id(event["kind"]),
        "datacontenttype": "application/json",
        "data": data,
    }
    return Published(one_id, event["kind"], event["key"], fitting.text(document))


def source_of(stack_name: str) -> str:
    """Return the `source` of a stack's CloudEvents."""
    return f"urn:justcall-hooks:{stack_name}"


def schema_id(kind: str) -> str:
    """Return the `dataschema` of a kind, which is the `$id` of its file in schemas/."""
    return f"urn:justcall-hooks:schema:justcall.{kind}.v1"


def _event(item: Item) -> dict[str, Any]:
    entry = _numbered(bodies.unpack_entry(item))
    placed = {
        "key": entry["key"],
        "type": entry["type"],
        "kind": kind_of(entry["type"]),
        "dialect": item["dialect"]["S"],
        "at": entry["at"],
        "received_at": item["received_at"]["S"],
    }
    return placed | entry


def _whole(item: Item, others: Sequence[Item], revision: int) -> dict[str, Any]:
    """Return the call or message that the event belongs to, by its processed events."""
    processed = [item, *(one for one in others if _is_processed(one))]
    entries = list(map(bodies.unpack_entry, processed))
    key = schema.key_of(item["pk"]["S"])
    # A replay may have found other subjects, so not all of them need to be one call any more.
    entry = next(one for one in joined(entries) if key in keys_of(one))
    events = [{name: one[name] for name in _OF_MEMBERS} for one in events_of(entry)]
    fields = {name: one for name, one in entry.items() if name not in _OF_EVENTS}
    names = (name.partition(":") for name in entry["subjects"])
    ids = sorted(one for thing, _, one in names if thing in _WHOLES)
    return {"ids": ids, "revision": revision, "events": events, **_numbered(fields)}


def _numbered(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without a number that stands for none."""
    if is_number(entry["number"]):
        return entry
    return {name: one for name, one in entry.items() if name != "number"}


def _revision(items: Sequence[Item]) -> int:
    """Return the sum of how often each event became processed or was reopened.

    It grows with every change, and no earlier state has the sum of the last.
    """
    return sum(2 * int(one.get("reopened", {}).get("N", 0)) + _is_processed(one) for one in items)


def _is_processed(item: Item) -> bool:
    return bool(item["status"]["S"] == PROCESSED and "entry" in item)


def _thing(subjects: Sequence[str]) -> str:
    return subjects[0].partition(":")[0]
