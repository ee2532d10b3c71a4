"""A world without AWS: the handler's own receive(), the processors' entries, and dictionaries."""

import importlib
from collections.abc import Mapping
from itertools import count
from typing import Any

from errors import HooksError
from handler.answers import status_of
from handler.authenticate import Delivery, Policy
from handler.receive import receive
from justcall import envelope
from justcall.catalogue import kind_of, module_name
from justcall.event import Event
from justcall.moments import epoch, iso, moment_of
from justcall.signature import HEADER
from justcall.timeline import joined
from justcall.url_signature import TIMESTAMP_HEADER, VERSION_HEADER
from tests.cases.runner import Answer, Entry
from tests.support import url_samples
from tests.support.fakes import FakePorts, FakeTime

_MAX_AHEAD_SECONDS = 300


class PureWorld:
    """One receiver, empty at first; its clock stands still but for arrivals."""

    url = url_samples.URL
    now = epoch("2026-11-20T12:00:00.000Z")

    def __init__(self) -> None:
        self.ports = FakePorts()
        self._milliseconds = count()
        self.ports.policy = Policy(urls=(self.url,))
        self.timelines: dict[str, list[Entry]] = {}
        self.flags: dict[str, dict[str, tuple[str, bool]]] = {}

    def deliver(self, body: bytes, headers: Mapping[str, str], query: str) -> Answer:
        arrival = self.now + next(self._milliseconds) / 1000
        delivery = Delivery(
            str(arrival), body, headers.get(HEADER), arrival, headers.get(VERSION_HEADER),
            headers.get(TIMESTAMP_HEADER),
        )  # fmt: skip
        before = len(self.ports.queues.sent)
        try:
            word = receive(delivery, self.ports.ports(), FakeTime()).name
        except HooksError as error:
            return Answer(*status_of(error))
        for _, message in self.ports.queues.sent[before:]:
            self._process(self.ports.ledger.events[message.key], message.key)
        return Answer(200, word)

    def timeline(self, number: str) -> list[Entry]:
        found, wanted = [], [number]
        for name in wanted:
            entries = self.timelines.get(name, [])
            found += entries
            wanted += {s for one in entries for s in one["subjects"]} - set(wanted)
        return joined(found)

    def consent(self, number: str) -> dict[str, bool]:
        return {name: value for name, (_, value) in self.flags.get(number, {}).items()}

    def _process(self, event: Event, key: str) -> None:
        kind = kind_of(event.type)
        if kind is None:
            return
        module: Any = importlib.import_module(f"processors.{module_name(kind)}")
        read = envelope.read(event.body, event.dialect)
        entry = module.entry(read)
        at = moment_of(read.timestamp) or event.event_time or envelope.event_time(read)
        if at is None or epoch(at) > self.now + _MAX_AHEAD_SECONDS:
            at = iso(self.now)
        shown = {"at": at, "key": key, "type": read.type, "subjects": list(entry.subjects)}
        shown |= {"number": entry.number, **entry.fields}
        shown |= {"dialect": event.dialect, "received_at": iso(event.received_at)}
        for entries in self.timelines.values():  # of the event whose key this one took over
            entries[:] = [one for one in entries if one["key"] != key]
        self.timelines.setdefault(entry.number or entry.subjects[0], []).append(shown)
        when = min(at, iso(self.now))
        flags = self.flags.setdefault(entry.number, {})
        for name, value in entry.consent.items():
            # The newest wins; of two at the same time the one that restricts.
            flags[name] = max(flags.get(name, ("", False)), (when, value))
        for name, value in entry.consent_if_set.items():
            known = flags.get(name)
            if known and known[1] and known[0] < when:
                flags[name] = (when, value)
