"""The stories of one event, each in which every call can fail.

A story's setup is told by other actors ("first", "killed"), so that the calls of *handler*,
*processor* and *sweeper* are those that the tests let fail.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from justcall.envelope import URL_SIGNED
from tests.support import samples
from tests.support.faults import (
    WRITES,
    Call,
    Fault,
    World,
    died_before,
    faults_of,
    name_of,
    world,
)
from tests.support.promise import OPT_OUT, STATUS, call, contents, key_of, sms, update

KIND = "call.completed"
KEY = key_of(call())
BATCHES = 5  # a message's receives before it is a dead letter

type Send = Callable[..., object]


class Story(NamedTuple):
    """What happens to an event; `ends` is its status in the end, in every telling."""

    tell: Callable[[World, Send], None]
    body: bytes
    ends: str = "processed"
    fails: Callable[[Call], bool] = lambda one: one.actor != "sweeper"


def plain(world: World, send: Send) -> None:
    """It comes, is kept, sent and acted on."""
    send(call())
    world.settle(sweeps=False)


def again(world: World, send: Send) -> None:
    """It was acted on, and comes again."""
    world.deliver(call(), actor="first")
    world.poll(KIND, actor="first")
    send(call())
    world.settle(sweeps=False)


def lost(world: World, send: Send) -> None:
    """Its handler died before the send, and it never comes again: the sweeper sends it."""
    lose(world, call())
    world.clock.now += 100
    world.settle()


def resent(world: World, send: Send) -> None:
    """Its handler died before the send, and it comes again after a while."""
    lose(world, call())
    world.clock.now += 40
    send(call())
    world.settle(sweeps=False)


def dead(world: World, send: Send) -> None:
    """Its processor is killed at every receive; the sweeper finds the dead letter."""
    world.deliver(call(), actor="first")
    world.wire.standing = lambda one: died_before if one.actor == "killed" else None
    for _ in range(BATCHES):
        world.poll(KIND, actor="killed")
    world.settle()


def restored(world: World, send: Send) -> None:
    """The table was restored to a time before it came: its message brings it back."""
    world.deliver(call(), actor="first")
    for item in world.backend.items():
        world.backend.remove(item)
    world.poll_all()
    world.settle(sweeps=False)


def refused(world: World, send: Send) -> None:
    """Its model refuses it at every receive."""
    send(call(direction="sideways"))
    world.settle(sweeps=False)


def doubted(world: World, send: Send) -> None:
    """It is lost while its queue is never empty: it is sent again in doubt."""
    lose(world, call())
    world.deliver(call("waiting"), actor="first")
    world.clock.now += 1000
    world.sweep()
    world.settle()


def opted_out(world: World, send: Send) -> None:
    """It changes what its contact consents to."""
    send(OPT_OUT)
    world.settle(sweeps=False)


def flagged(world: World, send: Send) -> None:
    """It changes three flags of its contact."""
    send(STATUS)
    world.settle(sweeps=False)


def texted_stop(world: World, send: Send) -> None:
    """Its text opts its contact out."""
    send(STOP)
    world.settle(sweeps=False)


def stuck(world: World, send: Send) -> None:
    """It is sent again and again, and no message ever comes out."""
    lose(world, call())
    for number in range(10):
        world.clock.now += 90 * 2.0**number + 1
        world.sweep()
        for message in world.backend.receive(KIND):
            world.backend.delete(KIND, message)
        if not world.is_open():
            break


def large(world: World, send: Send) -> None:
    """It is too large for one item, and for a message."""
    send(LARGE)
    world.settle(sweeps=False)


def new_content(world: World, send: Send) -> None:
    """Other content comes under its key, and is acted on too."""
    world.deliver(call(), actor="first")
    send(call(duration=1))
    world.settle(sweeps=False)


def large_again(world: World, send: Send) -> None:
    """Both contents are in parts."""
    world.deliver(LARGE, actor="first")
    send(LARGER)
    world.settle(sweeps=False)


def weaker(world: World, send: Send) -> None:
    """Less authentic content comes under its key: evidence."""
    world.deliver(call(), actor="first")
    send(call(duration=1), dialect=URL_SIGNED)
    world.settle(sweeps=False)


def taken_over(world: World, send: Send) -> None:
    """Less authentic content has its key, and a message in the queue."""
    world.deliver(call(duration=1), actor="first", dialect=URL_SIGNED)
    send(call())
    world.settle(sweeps=False)


def taken_over_late(world: World, send: Send) -> None:
    """Less authentic content has its key and is on the timeline."""
    world.deliver(call(duration=1), actor="first", dialect=URL_SIGNED)
    world.poll(KIND, actor="first")
    send(call())
    world.settle(sweeps=False)


def taken_over_dead(world: World, send: Send) -> None:
    """The message of the less authentic content is a dead letter, and its own is lost."""
    world.deliver(call(duration=1), actor="first", dialect=URL_SIGNED)
    world.wire.standing = lambda one: died_before if one.actor == "killed" else None
    for _ in range(BATCHES):
        world.poll(KIND, actor="killed")
    world.wire.standing = lambda _one: None
    lose(world, call())
    world.clock.now += 100
    world.settle()


def large_taken_over(world: World, send: Send) -> None:
    """Both contents are in parts."""
    world.deliver(LARGER, actor="first", dialect=URL_SIGNED)
    world.poll("sms.received", actor="first")
    send(LARGE)
    world.settle(sweeps=False)


def unhandled(world: World, send: Send) -> None:
    """Nobody acts on its type."""
    send(UNKNOWN)
    world.settle(sweeps=False)


def quarantined(world: World, send: Send) -> None:
    """Nobody can read it."""
    send(UNREADABLE)
    world.settle(sweeps=False)


def updated(world: World, send: Send) -> None:
    """It does not name its contact: it is stored under its call."""
    send(update())
    world.settle(sweeps=False)


def lose(world: World, body: bytes) -> None:
    """Deliver a body to a handler that dies before it sends."""
    world.wire.plan[Call("lost", "SendMessage", 1)] = died_before
    assert world.deliver(body, actor="lost").status is None
    world.wire.struck.clear()


def _noise(length: int) -> str:
    """Return a text that hardly shrinks, and whose JSON in ASCII is twice as long."""
    chosen = random.Random(1)  # noqa: S311
    return "".join(chr(0x4E00 + chosen.randrange(0x5000)) for _ in range(length))


LARGE = json.dumps(
    samples.changed(samples.SMS_RECEIVED, message_id="large", body=_noise(1500)),
    ensure_ascii=False,
).encode()
LARGER = LARGE.replace(b"inbound", b"Inbound")
UNKNOWN = b'{"event": "call.teleported", "data": {"call_id": "c1"}}'
UNREADABLE = b"{"
STOP = sms(body="STOP")

_DEAD_LETTERS = ("ReceiveMessage", "ChangeMessageVisibility")


def _writes(one: Call) -> bool:
    return one.operation in WRITES or one.operation == "SendMessage"


# The sweeper's calls fail where it has something to do; all of them, reads too, in *lost*.
STORIES: dict[str, Story] = {
    "plain": Story(plain, call()),
    "again": Story(again, call()),
    "lost": Story(lost, call(), fails=lambda _call: True),
    "resent": Story(resent, call()),
    "dead": Story(
        dead, call(), "failed", lambda one: _writes(one) or one.operation in _DEAD_LETTERS
    ),
    "restored": Story(restored, call()),
    "refused": Story(refused, call(direction="sideways"), "failed"),
    "doubted": Story(doubted, call(), fails=_writes),
    "opted out": Story(opted_out, OPT_OUT),
    "flagged": Story(flagged, STATUS),
    "texted STOP": Story(texted_stop, STOP),
    # The first seven times are as in *lost*.
    "stuck": Story(stuck, call(), "stuck", lambda one: _writes(one) and one.number >= 8),
    "large": Story(large, LARGE),
    "new content": Story(new_content, call(duration=1)),
    "new content, large": Story(large_again, LARGER),
    "weaker": Story(weaker, call()),
    "taken over": Story(taken_over, call()),
    "taken over, processed": Story(taken_over_late, call()),
    "taken over, large": Story(large_taken_over, LARGE),
    "taken over after a death": Story(taken_over_dead, call(), fails=_writes),
    "unhandled": Story(unhandled, UNKNOWN, "unhandled"),
    "quarantined": Story(quarantined, UNREADABLE, "quarantined"),
    "updated": Story(updated, update()),
}
ACTORS = ("handler", "processor", "sweeper")


class Case(NamedTuple):
    """One story in which one call meets one fault; `retries`: the sender comes back until 200."""

    story: str
    call: Call
    fault: Fault
    retries: bool

    def __str__(self) -> str:
        sender = "" if self.call.actor != "handler" else ("/retries" if self.retries else "/never")
        return f"{self.story}: {self.call} {name_of(self.fault)}{sender}"


def calls_of(name: str) -> list[Call]:
    """Tell a story in which nothing fails; return the calls that can fail in it."""
    story = STORIES[name]
    with world() as made:
        story.tell(made, made.deliver_until_taken)
        return [one for one in made.wire.calls if one.actor in ACTORS and story.fails(one)]


def cases(name: str) -> Iterator[Case]:
    """Yield every call of a story with everything that can happen to it."""
    for one in calls_of(name):
        for fault in faults_of(one.operation):
            yield Case(name, one, fault, retries=True)
            if one.actor == "handler":
                yield Case(name, one, fault, retries=False)


def status(world: World, key: str) -> str:
    """Return an event's status, empty if it is not there."""
    item = contents(world.backend.items()).ledger.get(key)
    return item["status"]["S"] if item else ""
