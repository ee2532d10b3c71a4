"""From a processed event to the servers behind destinations."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from cli import destinations
from cli import stack as operator
from deliveries import places
from deliveries.destination import Destination
from justcall.signature import sign
from tests.e2e.conftest import Stack
from tests.e2e.test_hooks import documents, hooks
from tests.e2e.test_path import fresh
from tests.support.destinations import verified
from tests.support.polling import until
from tests.support.samples import SECRET
from tests.support.stranger import Heard, Say, Stranger, answers

# The sender knows a change of the destinations after this time.
KNOWN_SECONDS = 6.0


class Receiver:
    """A destination of the stack, and the server behind it."""

    def __init__(self, stack: Stack, name: str, say: Say, *options: str) -> None:
        self._stack, self.name = stack, name
        self.server = Stranger(say)
        self.secret = self._add(options)

    def _add(self, options: Sequence[str]) -> str:
        command = ("destinations", "add", self.name, self.server.url, *options)
        return str(documents(self._stack, *command)["secret"])

    def remove(self) -> None:
        hooks(self._stack, "destinations", "remove", self.name)
        self.server.close()

    def arrived(self) -> set[str]:
        return {json.loads(one.body)["data"]["event"]["key"] for one in self.verified()}

    def verified(self) -> list[Heard]:
        found = [one for one in list(self.server.heard) if b'"type":"justcall.test' not in one.body]
        assert all(verified(one.headers, one.body, self.secret) for one in found)
        return found


class OneOfMany(Receiver):
    """One that is added and removed without a process of `hooks` for each."""

    def _add(self, options: Sequence[str]) -> str:
        assert not options
        return destinations.add(self._operator(), Destination(self.name, self.server.url))

    def remove(self) -> None:
        destinations.remove(self._operator(), self.name)
        self.server.close()

    def _operator(self) -> operator.Stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUSTCALL_HOOKS_LOCAL", str(self._stack.place.home))
            return operator.find(None, None, None)


@pytest.fixture
def made(stack: Stack) -> Iterator[Any]:
    """Return what adds destinations; they are removed at the end."""
    receivers: list[Receiver] = []

    def add(name: str, say: Say, *options: str, of: type[Receiver] = Receiver) -> Receiver:
        receivers.append(of(stack, name, say, *options))
        return receivers[-1]

    yield add
    for one in receivers:
        one.remove()


def send(stack: Stack, kind: str = "sms.received") -> str:
    key, body = fresh(kind)
    assert stack.post(body, sign(body, SECRET)).status == 200
    return key


def known(stack: Stack, name: str) -> None:
    """Wait until every sender knows a new destination."""
    assert documents(stack, "destinations", "list")
    time.sleep(KNOWN_SECONDS)


def test_event_arrives_signed_where_it_is_wanted(stack: Stack, made: Any) -> None:
    wants = made("wants", answers(200), "--kinds", "call.*")
    other = made("other", answers(200), "--kinds", "sms.sent")
    tested = documents(stack, "destinations", "test", "wants")
    assert (tested["delivered"], tested["status"]) == (True, "200")
    known(stack, "wants")
    key = send(stack, "call.completed")
    until(lambda: key in wants.arrived(), f"{key} to arrive")
    assert other.arrived() == set()
    [row] = [one for one in documents(stack, "destinations", "list") if one["name"] == "wants"]
    assert (row["state"], row["given_up"]) == ("healthy", 0)


def test_failed_delivery_comes_again_with_the_same_id(stack: Stack, made: Any) -> None:
    """The second attempt comes from the queue, after five to six seconds."""
    receiver = made("flaky", answers(500))
    known(stack, "flaky")
    key = send(stack)
    until(lambda: len(receiver.verified()) == 1, "the first attempt")
    [row] = [one for one in documents(stack, "deliveries") if one["key"] == key]
    assert (row["state"], row["error"], row["attempts"]) == ("waiting", "status-500", 1)
    receiver.server.say = answers(204)
    until(lambda: len(receiver.verified()) == 2, "the second attempt")
    first, second = receiver.verified()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    until(lambda: not documents(stack, "deliveries"), "the item to be removed")


def test_one_dead_destination_delays_none_of_nine(stack: Stack, made: Any) -> None:
    """The dead one takes every connection and says nothing; each attempt at it lasts 15 seconds."""

    def state(name: str) -> str:
        rows = documents(stack, "destinations", "list")
        return str(next(one["state"] for one in rows if one["name"] == name))

    made("dead", lambda _connection: time.sleep(20), of=OneOfMany)
    healthy = [made(f"good-{number}", answers(200), of=OneOfMany) for number in range(9)]
    known(stack, "dead")
    sent = {send(stack) for _ in range(10)}
    until(lambda: all(sent <= one.arrived() for one in healthy), "the healthy ones", 90)
    until(lambda: state("dead") == "failing", "the dead one to be known")
    later = {send(stack) for _ in range(5)}
    until(lambda: all(later <= one.arrived() for one in healthy), "the healthy ones again", 60)
    assert {state(one.name) for one in healthy} == {"healthy"}


def test_timer_brings_back_what_is_due(stack: Stack, made: Any) -> None:
    """While a destination is paused its deliveries wait in the table; the timer finds them."""
    receiver = made("paused", answers(200))
    hooks(stack, "destinations", "pause", "paused")
    known(stack, "paused")
    key = send(stack)
    until(lambda: bool(stack.items(places.partition("paused"))), "the delivery to be kept")
    hooks(stack, "destinations", "resume", "paused")
    until(lambda: key in receiver.arrived(), "the timer", 120)


def test_replay_to_one_destination(stack: Stack, made: Any) -> None:
    key = send(stack)
    stack.wait_for(key, "processed")
    one, two = made("one", answers(200)), made("two", answers(200))
    assert documents(stack, "replay", "--to", "one", key)["sent"] == 1
    until(lambda: key in one.arrived(), f"{key} to arrive")
    assert two.arrived() == set()
