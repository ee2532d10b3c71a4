"""Any history of publishing, answers, pauses, faults and deaths delivers everything.

1,500 steps at every run, the same ones; HOOKS_MODEL_STEPS=N takes N of them, or as many more.
"""

import os
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from aws import clients
from deliveries import attempt as attempting
from deliveries import outbox, places, sender
from deliveries.backlog import Backlog
from deliveries.destination import BY_OPERATOR
from deliveries.directory import Directory
from deliveries.message import Delivery
from tests.model.machine import WorldMachine, run
from tests.support import stack
from tests.support.faults import DELIVERIES, FAULTS, name_of
from tests.support.promise import call, key_of, sms, surprises

STEPS = int(os.environ.get("HOOKS_MODEL_STEPS", "1500"))
DEAD = f"{stack.STACK}-deliveries-dead-letters"

# Which of an actor's next calls meets what; mostly none.
TROUBLE = st.one_of(st.none(), st.none(), st.tuples(st.integers(0, 8), st.sampled_from(FAULTS)))
NAME = st.sampled_from(["all", "texts"])
ANSWER = st.sampled_from([200, 200, 204, 302, 400, 410, 429, 500, 503, 0])


class Histories(WorldMachine):
    """Two destinations, and which events each must get."""

    def __init__(self) -> None:
        super().__init__()
        self.world.add_destination("all")
        self.world.add_destination("texts", kinds=frozenset({"sms.*"}))
        self.wanted: dict[str, set[str]] = defaultdict(set)
        self.number = 0

    @rule(texts=st.lists(st.booleans(), min_size=1, max_size=3))
    def publish(self, texts: list[bool]) -> None:
        """Events become processed and are on the bus."""
        for text in texts:
            self.number += 1
            body = sms(f"m{self.number}") if text else call(f"c{self.number}")
            self.world.deliver(body)
            self.wanted["all"].add(key_of(body))
            if text:
                self.wanted["texts"].add(key_of(body))
        self.world.settle(sweeps=False)
        assert self.world.publish()
        self.world.route()

    @rule(most=st.integers(1, 10), batches=st.integers(1, 6), trouble=TROUBLE)
    def send(self, most: int, batches: int, trouble: Any) -> None:
        self._trouble("sender", trouble)
        for _ in range(batches):
            self.world.send_deliveries(most=most)
        self._calm()

    @rule(trouble=TROUBLE)
    def tick(self, trouble: Any) -> None:
        self._trouble("timer", trouble)
        self.world.tick()
        self._calm()

    @rule(seconds=st.sampled_from([1, 11, 61, 900, 4000, 50_000]))
    def wait(self, seconds: int) -> None:
        self.world.clock.now += seconds

    @rule(name=NAME, status=ANSWER)
    def answer(self, name: str, status: int) -> None:
        """From now on a server answers so; 0: not at all."""
        self.seen[str(status)] += 1
        if status == 0:
            self.world.receivers.break_down(name)
        else:
            self.world.receivers.answer(name, status, retry_after="120")

    @rule(name=NAME, pause=st.sampled_from([False, False, True]))
    def pause_or_resume(self, name: str, pause: bool) -> None:
        if pause:
            self._directory().pause(name, BY_OPERATOR, self.world.clock.now)
        else:
            self._directory().resume(name)

    @rule(name=NAME)
    def outage(self, name: str) -> None:
        """A server is down for four days."""
        self.world.receivers.break_down(name)
        self.world.settle_deliveries(rounds=12, seconds=30_000)

    @rule(number=st.integers(0, 5))
    def give_out_twice(self, number: int) -> None:
        """SQS delivers at least once."""
        queue = self._queue()
        if number < len(queue):
            message = {"QueueUrl": DELIVERIES, "MessageBody": queue[number].text}
            self.cloud.queues.SendMessage(message)

    @rule(order=st.permutations(range(6)))
    def reorder(self, order: list[int]) -> None:
        queue = self._queue()
        queue[:6] = [queue[number] for number in order if number < len(queue)]

    @rule()
    def redrive(self) -> None:
        """The operator moves dead letters back."""
        queues = self.cloud.queues
        for letter in queues.lying[DEAD]:
            letter.receives, letter.visible_at = 0, 0.0
        self._queue().extend(queues.lying[DEAD])
        queues.lying[DEAD].clear()

    @invariant()
    def nothing_wrong_arrives(self) -> None:
        """Only what was published, where it is wanted, with one id for each event."""
        self.seen["step"] += 1
        ids: dict[str, set[str]] = defaultdict(set)
        for name, arrived in self.world.receivers.arrived.items():
            for one in arrived:
                key = one.body["data"]["event"]["key"]
                assert key in self.wanted[name]
                ids[key].add(one.id)
        assert all(len(one) == 1 for one in ids.values())

    def teardown(self) -> None:
        """Let all servers answer, and time go on, until nothing waits."""
        with self._open:
            for name in ("all", "texts"):
                self.world.receivers.mend(name)
                self._directory().resume(name)
            self._trouble("", None)
            for _ in range(3):
                self.redrive()
                self.world.settle_deliveries(rounds=8, seconds=90_000)
            for name, wanted in self.wanted.items():
                arrived = self.world.receivers.arrived[name]
                keys = {one.body["data"]["event"]["key"] for one in arrived}
                given_up = self._given_up(name)
                self.seen["given up"] += len(given_up)
                self.seen["arrived"] += len(keys)
                assert wanted <= keys | given_up, f"{name}: {wanted - keys - given_up}"
            assert self._queue() == []
            assert surprises(self.world) == []

    # ------------------------------------------------------------ helpers

    def _given_up(self, name: str) -> set[str]:
        items = [one for one in self.cloud.items() if one["pk"]["S"] == places.partition(name)]
        cells = {one["cell"]["S"] for one in items}
        assert cells <= {places.failed(name)}, "a delivery still waits"
        return {one["key"]["S"] for one in items}

    def _directory(self) -> Directory:
        return Directory(clients.dynamodb, stack.physical_name("EventsTable"))

    def _queue(self) -> list[Any]:
        return self.cloud.lying(DELIVERIES)


def run_histories(*phases: Phase) -> Counter[str]:
    return run(Histories, STEPS, *phases, usual=32, most=40)


def test_any_history_delivers_everything() -> None:
    seen = run_histories(Phase.generate, Phase.shrink)
    assert seen["step"] >= STEPS
    assert {"arrived", "given up", "0", "410", "429", "500"} <= (+seen).keys()
    assert seen.keys() & set(map(name_of, FAULTS))


# ------------------------------------------------------------ broken promises are noticed


def failure_not_kept(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Backlog, "keep", lambda *_: None)


def failure_taken_for_success(patched: pytest.MonkeyPatch) -> None:
    def attempt(*arguments: Any) -> Any:
        return real(*arguments)._replace(reason="")

    name = "deliveries.sender.attempt"
    real = attempting.attempt
    patched.setattr(name, attempt)


def only_one_destination(patched: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def send(box: outbox.Outbox, message: Any, seconds: float = 0.0) -> None:
        if isinstance(message, Delivery) and message.to == "texts":
            return
        sent.append(message.id)
        real(box, message, seconds)

    real = outbox.Outbox.send
    patched.setattr(outbox.Outbox, "send", send)


def removed_before_it_arrived(patched: pytest.MonkeyPatch) -> None:
    def find(log: Backlog, to: str, one_id: str) -> Any:
        kept = real(log, to, one_id)
        log.remove(to, one_id)
        return kept

    real = Backlog.find
    patched.setattr(Backlog, "find", find)


def no_filter(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(sender, "matches", lambda *_: True)


@pytest.mark.parametrize(
    "patch",
    [
        failure_not_kept,
        failure_taken_for_success,
        only_one_destination,
        removed_before_it_arrived,
        no_filter,
    ],
    ids=lambda patch: patch.__name__.replace("_", "-"),
)
def test_broken_promise_is_noticed(patch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patch(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_histories(Phase.generate)
