"""Delivering events again to one destination: the publisher's own code, with the same ids."""

import json
import time
from collections.abc import Sequence

from cli import destinations
from cli.stack import Stack
from deliveries.destination import Destination
from deliveries.matching import matches
from deliveries.message import delivery_of
from deliveries.outbox import Outbox
from errors import BusUnavailable, QueueUnavailable
from published.cloud_event import Published


class OneDestination:
    """Sends events to the queue for one destination; `unwanted` are the keys it filters out."""

    def __init__(self, stack: Stack, destination: Destination) -> None:
        self._destination = destination
        self._outbox: Outbox = destinations.outbox(stack)
        self.unwanted: set[str] = set()

    def put(self, events: Sequence[Published]) -> list[Published]:
        """Send events, in order. Raises BusUnavailable when the queue refuses one."""
        for one in events:
            document = json.loads(one.detail)
            if not matches(self._destination.filters, document):
                self.unwanted.add(one.key)
                continue
            delivery = delivery_of(document, self._destination.name, time.time(), again=True)
            try:
                self._outbox.send(delivery)
            except QueueUnavailable as error:
                raise BusUnavailable("queue-unavailable") from error
        return []
