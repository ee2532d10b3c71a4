"""The notifier on what a world publishes, and a topic that keeps the notices."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws import clients
from errors import TopicUnavailable
from ledger.notices import Notices
from notices.notice import Notice
from notifier import app
from notifier.ports import Ports
from tests.support import stack, stream
from tests.support.faults import Small, World
from tests.support.stream import matches

type Item = dict[str, Any]


class Topic:
    """SNS's topic; `refuses` says which notices fail."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.refuses: Callable[[Notice], bool] = lambda _notice: False

    def publish(self, notice: Notice) -> None:
        if self.refuses(notice):
            raise TopicUnavailable
        self.notices.append(notice)


class People:
    """The notifier of one world, its queue and its stream."""

    def __init__(
        self,
        world: World,
        patched: pytest.MonkeyPatch,
        *,
        hourly: bool = False,
        content: bool = False,
    ) -> None:
        self.world = world
        self.topic = Topic()
        self.queue: list[Item] = []
        self.changes: list[Item] = []
        self._mode = "hourly" if hourly else "instant"
        table = stack.physical_name("EventsTable")
        topic: Any = self.topic
        patched.setattr(
            app,
            "ports",
            lambda: Ports(
                clients.dynamodb,
                table,
                Notices(clients.dynamodb, table, 400),
                topic,
                hourly=hourly,
                with_content=content,
            ),
        )
        patched.setattr("notifier.app.time", world.clock)

    @property
    def sent(self) -> list[Notice]:
        return self.topic.notices

    def happen(self, *bodies: bytes, **how: Any) -> None:
        """Let deliveries be processed and published, and the notifier take them."""
        for body in bodies:
            self.world.deliver(body, **how)
        self.world.settle()
        self.collect()
        self.notify()

    def collect(self) -> None:
        """Publish, and let the rule take what it matches to the queue."""
        small = self.world.backend
        assert isinstance(small, Small)
        self.changes += [one for one in small.tables.stream if is_failure(one)]
        before = len(small.bus.entries)
        assert self.world.publish()
        self.queue += [
            record(number, entry)
            for number, entry in enumerate(small.bus.entries[before:], start=before)
            if is_notifiable(entry, self._mode)
        ]

    def notify(self) -> bool:
        """Let the notifier have its queue; False if something comes again."""
        if not self.queue:
            return True
        batch = {"Records": self.queue}
        answer = self.world.invoke("notifier", lambda: app.handler(batch, None))
        failed = (
            None
            if answer is None
            else [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        )
        self.queue = [one for one in self.queue if failed is None or one["messageId"] in failed]
        return not self.queue

    def notify_failures(self) -> bool:
        """Let the notifier have the stream's failures; False if they come again."""
        batch = stream.batch(self.changes)
        if self.changes and not self.world.invoke("notifier", lambda: app.handler(batch, None)):
            return False
        self.changes = []
        return True

    def digest(self) -> int | None:
        """Let the hour end; return how many digests were sent, None if the run failed."""
        answer = self.world.invoke("digest", lambda: app.digest_handler({}, None))
        return None if answer is None else int(answer["sent"])


def is_notifiable(entry: Item, mode: str) -> bool:
    """Return whether the rule takes an entry of the bus to the queue."""
    pattern = stack.nested_properties("notices", "NoticesRule")["EventPattern"]
    kinds = pattern["detail-type"]["Fn::If"]
    assert kinds[0] == "IsHourly"
    wanted = pattern | {"detail-type": kinds[1 if mode == "hourly" else 2]}
    return matches(wanted, _event(entry))


def is_failure(change: Item) -> bool:
    """Return whether Lambda takes a record of the stream to the notifier."""
    source = stack.nested_properties("notices", "FailuresSource")
    filters = source["FilterCriteria"]["Filters"]
    return any(matches(json.loads(one["Pattern"]), change) for one in filters)


def record(number: int, entry: Item) -> Item:
    """Return an entry of the bus as the queue brings it to the notifier."""
    text = json.dumps(_event(entry))
    return {"eventSource": "aws:sqs", "messageId": f"n{number}", "body": text}


def _event(entry: Item) -> Item:
    """Return what EventBridge makes of an entry, as far as rules and the notifier read it."""
    return {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": entry["Detail"],
    }
