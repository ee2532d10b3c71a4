"""The ledger on an empty table, and events to keep."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from aws import clients
from justcall.event import RECEIVED, Event
from justcall.keys import content_hash
from ledger.events import Ledger
from ledger.schema import LEDGER, event_partition
from tests.support import stack
from tests.support.faults import START, World

NOW = START
KEY = "call.completed:1"
TABLE = stack.physical_name("EventsTable")
DAYS = 400


def noise(size: int) -> bytes:
    """Return bytes that no compression makes smaller, the same at every run."""
    return random.Random(size).randbytes(size)  # noqa: S311  # no secret


def event(content: bytes = b"{}", **changes: Any) -> Event:
    return Event(
        "delivery", KEY, "call.completed", "body-signed", RECEIVED,
        content, content_hash(content), NOW, "2026-03-12T14:30:00.000Z",
    )._replace(**changes)  # fmt: skip


class Items:
    """The table's items."""

    def __init__(self, deployed: World) -> None:
        self._deployed = deployed

    def raw(self) -> Mapping[tuple[str, str], Any]:
        """Return the items by their keys, as the client gives them."""
        return {(one["pk"]["S"], one["sk"]["S"]): one for one in self._deployed.backend.items()}

    def ledger(self, key: str = KEY) -> dict[str, Any]:
        """Return an event's ledger item in Python's types, empty if there is none."""
        item = self.raw().get((event_partition(key), LEDGER), {})
        return {name: next(iter(value.values())) for name, value in item.items()}


@pytest.fixture
def items(deployed: World) -> Items:
    return Items(deployed)


@pytest.fixture
def ledger(deployed: World) -> Ledger:
    return Ledger(clients.dynamodb, TABLE, DAYS)
