"""The table's stream as Lambda takes it to the publisher: the template's filter, and its batches."""

import json
from functools import cache
from typing import Any

from ledger import schema
from tests.support import stack

type Item = dict[str, Any]


@cache
def patterns() -> list[Item]:
    """Return the filter patterns of the publisher's event source."""
    source = stack.nested_properties("bus", "PublisherSource")
    return [json.loads(one["Pattern"]) for one in source["FilterCriteria"]["Filters"]]


def change(old: str, new: str, sk: str = schema.LEDGER) -> Item:
    """Return a record of the stream: an item's status changed."""
    images = {"OldImage": {"status": {"S": old}}, "NewImage": {"status": {"S": new}}}
    keys = {"pk": {"S": "event#call.missed:1"}, "sk": {"S": sk}}
    return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, **images}}


def is_published(record: Item) -> bool:
    """Return whether Lambda takes a record of the stream to the publisher."""
    return any(matches(pattern, record) for pattern in patterns())


def matches(pattern: Item, record: Item) -> bool:
    """Return whether an event has what a pattern asks for, as far as ours ask.

    Lambda's filters and EventBridge's rules have the same patterns.
    """
    return all(_has(record, name, wanted) for name, wanted in pattern.items())


def _has(record: Item, name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(matches(one, record) for one in wanted)
    value = record.get(name)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and matches(wanted, value)
    values = value if isinstance(value, list) else [value]
    return any(_fits(one, value) for one in wanted for value in values)


def batch(records: list[Item]) -> Item:
    """Return the event that Lambda invokes the publisher with."""
    return {"Records": [{"eventSource": "aws:dynamodb", **record} for record in records]}


def _fits(wanted: Any, value: Any) -> bool:
    if wanted == {"exists": True}:
        return value is not None
    if isinstance(wanted, dict):
        return value is not None and value not in wanted["anything-but"]
    return bool(value == wanted)
