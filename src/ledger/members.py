"""Which events describe one call or one message: an item for each of its ids.

The index `timeline` is eventually consistent: two publishers of two events of one call could each
miss the other's. So a publisher first adds its event to the items of all subjects of the event, and
then reads. Members are only ever added, so of any publishers the one that ends its writes last
finds every event (docs/decisions/0041-whole-call.md).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger import schema
from ledger.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = Mapping[str, Any]

# BatchGetItem reads at most 100 items: the event's own and 99 others fit one call.
MAX_MEMBERS = 100
_ADD = "SET expires_at = :expires ADD members :members, subjects :subjects"
_HAS_ROOM = (
    "attribute_not_exists(pk) OR contains(members, :key)"
    " OR (size(members) < :max AND size(subjects) < :max)"
)


class _Subject(NamedTuple):
    """The events that name a subject, and the other names that they have for it."""

    members: frozenset[str]
    subjects: frozenset[str]


_EMPTY = _Subject(frozenset(), frozenset())


class _Full(Exception):
    """A subject has more events than one call or message can have."""


class Members:
    """The events of each call and message. Every method raises LedgerUnavailable."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._table = Table(client, table, retention_days)

    def join(self, key: str, subjects: Sequence[str], now: float) -> list[Item] | None:
        """Add an event to its subjects; return the ledger items of the other events of the call.

        None if there are more than MAX_MEMBERS.
        """
        try:
            others = self._keys(key, subjects, now) - {key}
        except _Full:
            return None
        return self._table.ledger_items(sorted(others)) if len(others) < MAX_MEMBERS else None

    def of(self, subjects: Sequence[str]) -> set[str]:
        """Return the keys of the events of a call or message that are noted so far."""
        return self._walk({}, set(subjects), math.inf)

    def _keys(self, key: str, subjects: Sequence[str], now: float) -> set[str]:
        *first, last = subjects
        for name in first:
            self._add(name, key, subjects, now)
        # Only the last write's answer was read after all writes.
        added = self._add(last, key, subjects, now)
        return self._walk({last: added}, {*first, *added.subjects}, MAX_MEMBERS)

    def _walk(self, seen: dict[str, _Subject], names: set[str], most: float) -> set[str]:
        """Read these subjects and all of their other names; return the members of all."""
        while missing := names - seen.keys():
            if len(seen) + len(missing) > most:
                raise _Full
            seen |= {name: self._read(name) for name in sorted(missing)}
            names = {name for one in seen.values() for name in one.subjects}
        return {member for one in seen.values() for member in one.members}

    def _add(self, name: str, key: str, subjects: Sequence[str], now: float) -> _Subject:
        subject = self._table.update(
            _place(name),
            _ADD,
            ConditionExpression=_HAS_ROOM,
            ExpressionAttributeValues={
                ":members": {"SS": [key]},
                ":subjects": {"SS": list(subjects)},
                ":key": {"S": key},
                ":max": {"N": str(MAX_MEMBERS)},
                # Later than that of any of its events: they were received before now.
                ":expires": self._table.expiry(now),
            },
            ReturnValues="ALL_NEW",
        )
        if subject is None:
            raise _Full
        return _subject(subject)

    def _read(self, name: str) -> _Subject:
        item = self._table.find(_place(name))
        # A publisher that names it may not have written it yet; then that publisher ends last.
        return _subject(item) if item else _EMPTY


def _place(name: str) -> dict[str, Any]:
    return {"pk": {"S": schema.subject_partition(name)}, "sk": {"S": schema.MEMBERS}}


def _subject(item: Item) -> _Subject:
    return _Subject(frozenset(item["members"]["SS"]), frozenset(item["subjects"]["SS"]))
