"""The archiver of a world: its rule, its queue, and servers that have files or do not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from archiver import app
from errors import OutboundFailed
from recordings import register
from recordings.links import links_of
from recordings.register import Recording
from tests.support import stack, stream
from tests.support.destinations import lambda_records
from tests.support.faults import RECORDINGS, Context, Small, World

type Item = dict[str, Any]
LINK = "https://recordings.justcall.io/rec_abc123.mp3"
MP3 = b"ID3\x04" + bytes(range(256)) * 40


class Archive:
    """The archiver of one world. `files` are by link: their content, or why they fail."""

    def __init__(self, world: World, patched: pytest.MonkeyPatch) -> None:
        assert isinstance(world.backend, Small)
        self.world = world
        self.small = world.backend
        self.files: dict[str, bytes | str] = {LINK: MP3}
        self.asked: list[str] = []  # every download
        self.context = Context(600_000)
        self._routed = 0
        patched.setattr(app, "download", self._download)

    @contextmanager
    def _download(self, url: str, hosts: Any, room: Any) -> Iterator[Iterator[bytes]]:
        self.asked.append(url)
        found = self.files.get(url, "status-404")
        if isinstance(found, str):
            raise OutboundFailed(found)
        yield iter([found[start : start + 65_536] for start in range(0, len(found), 65_536)])

    def happen(self, *bodies: bytes, **how: Any) -> None:
        """Let deliveries be processed and published, and the rule take them to the queue."""
        for body in bodies:
            self.world.deliver(body, **how)
        self.world.settle()
        self.route()

    def route(self) -> None:
        """Let what is new be published, and the rule take it to the queue."""
        assert self.world.publish()
        for entry in self.small.bus.entries[self._routed :]:
            if is_wanted(entry):
                text = json.dumps(entry["Detail"])
                self.small.queues.SendMessage({"QueueUrl": RECORDINGS, "MessageBody": text})
        self._routed = len(self.small.bus.entries)

    def work(self) -> bool:
        """Let the archiver have one message; False if none is visible."""
        queues, where = self.small.queues, {"QueueUrl": RECORDINGS}
        received = queues.ReceiveMessage({**where, "MaxNumberOfMessages": 1}).get("Messages", [])
        if not received:
            return False
        records = {"Records": lambda_records(received)}
        done = self.world.invoke("archiver", lambda: app.handler(records, self.context))
        if done == {"batchItemFailures": []}:
            queues.DeleteMessage({**where, "ReceiptHandle": received[0]["ReceiptHandle"]})
        self.world.clock.now += 0.002
        return True

    def work_for(self, seconds: float, step: float = 30.0) -> None:
        """Let time go on, with the archiver at work."""
        end = self.world.clock.now + seconds
        while self.world.clock.now < end:
            while self.work():
                pass
            self.world.clock.now += step

    @property
    def waiting(self) -> int:
        """How many messages are in the queue."""
        return len(self.small.lying(RECORDINGS))

    @property
    def dead(self) -> int:
        """How many messages are in the queue of what the archiver could not work on."""
        return len(self.small.queues.lying[f"{stack.STACK}-unarchived"])

    def items(self) -> list[Item]:
        """Return the items of recordings."""
        prefix = register.partition("")
        return [one for one in self.world.backend.items() if one["pk"]["S"].startswith(prefix)]

    def recordings(self) -> list[Recording]:
        return [register.recording_of(one) for one in self.items()]

    def announced(self) -> list[Item]:
        """Return the CloudEvents about recordings on the bus."""
        return [one for one in self.world.published() if one["type"].startswith("justcall.rec")]

    def links(self) -> list[Any]:
        """Return the links of all published events."""
        return [link for one in self.world.published() for link in links_of(one)]


def is_wanted(entry: Item) -> bool:
    """Return whether the rule takes an entry of the bus to the queue."""
    rule = stack.nested_properties("recordings", "Rule")
    event = {"source": entry["Source"], "detail": entry["Detail"]}
    return stream.matches(rule["EventPattern"], event)
