"""Publish processed ledger items, for the publisher and for `hooks publish`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from aws.failures import cause
from errors import BusUnavailable, HooksError, Unavailable
from ledger import schema
from ledger.members import Members
from published import cloud_event
from published.cloud_event import Published

type Item = Mapping[str, Any]


class Failure(NamedTuple):
    """An event that was not published, the reason, and fields for the log."""

    key: str
    error: HooksError
    fields: Mapping[str, object] = {}


class Way(Protocol):
    """The way that events leave by: the bus, or one destination."""

    def put(self, events: Sequence[Published]) -> list[Published]:
        """Publish events, in order; return those that were refused. Raises BusUnavailable."""


class Ports(NamedTuple):
    """The AWS access that publishing needs, and the `source` of its events."""

    members: Members
    bus: Way
    source: str


class Outcome(NamedTuple):
    """The result of a batch: `incomplete` are keys published without their call or message."""

    published: list[str]
    incomplete: list[str]
    failures: list[Failure]


def publish(items: Sequence[Item], ports: Ports) -> Outcome:
    """Publish processed ledger items in order; an item that fails does not stop the others.

    When AWS is unavailable it does not try the rest: each would wait for the same time-outs.
    """
    built: list[Published] = []
    failures: list[Failure] = []
    incomplete: list[str] = []
    for number, item in enumerate(items):
        try:
            others = _others(item, ports)
            built.append(cloud_event.build(item, others, ports.source))
        except Unavailable as error:
            failures += [_failure(one, error) for one in items[number:]]
            break
        except Exception as error:  # noqa: BLE001  # one item must not stop the others
            failures.append(_failure(item, error))
            continue
        if others is None:
            incomplete.append(built[-1].key)
    published, refused = _put(built, ports.bus)
    return Outcome(published, incomplete, [*failures, *refused])


def _others(item: Item, ports: Ports) -> list[Item] | None:
    subjects = cloud_event.subjects_of(item)
    if not subjects:
        return []
    return ports.members.join(_key(item), subjects, time.time())


def _put(built: Sequence[Published], bus: Way) -> tuple[list[str], list[Failure]]:
    try:
        refused = bus.put(built)
    except BusUnavailable as error:
        return [], [Failure(one.key, error, cause(error)) for one in built]
    failures = [Failure(one.key, BusUnavailable("bus-refused-event")) for one in refused]
    return [one.key for one in built if one not in refused], failures


def _failure(item: Item, error: Exception) -> Failure:
    ours = error if isinstance(error, HooksError) else HooksError()
    return Failure(_key(item), ours, cause(error))


def _key(item: Item) -> str:
    return schema.key_of(item["pk"]["S"])
