"""Any history of deliveries, batches, deaths, sweeps and replays keeps the promise.

10,000 steps at every run, the same ones; HOOKS_MODEL_STEPS=N takes N of them, or as many more.
"""

import json
import os
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from aws import clients
from cli import replay
from cli.commands import dismiss as dismissal
from justcall.catalogue import KINDS
from justcall.envelope import BODY_SIGNED, URL_SIGNED
from tests.crash import test_the_harness as harness
from tests.model.machine import Trouble, WorldMachine, run
from tests.support import stack
from tests.support.faults import FAULTS, Item, name_of, queue_url
from tests.support.promise import (
    Contents,
    again_key,
    assert_kept,
    breaches,
    call,
    contents,
    key_of,
    opt,
    sms,
    update,
)

STEPS = int(os.environ.get("HOOKS_MODEL_STEPS", "10000"))
RECEIVES = 5

NAMES = st.sampled_from(["c1", "c2", "c3"])
DIALECT = st.sampled_from([BODY_SIGNED, BODY_SIGNED, URL_SIGNED])
TEXT = st.sampled_from(["one", "STOP", "YES", "\U0001f44d" * 2000])
KIND = st.sampled_from(["call.completed", "sms.received", "call.updated", "consent.changed"])
# Which of an actor's next calls meets what; mostly none.
TROUBLE = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 5), st.sampled_from(FAULTS)),
)
SWEEPERS_TROUBLE = st.one_of(st.none(), st.tuples(st.integers(0, 35), st.sampled_from(FAULTS)))


class Histories(WorldMachine):
    """One deployment, and a model of what it must hold."""

    def __init__(self) -> None:
        super().__init__()
        # The model: what is on the ledger and how it was signed, by key.
        self.kept: dict[str, tuple[bytes, str]] = {}
        self.troubled: set[str] = set()  # keys that may end failed: their batches met faults
        self.refused: set[str] = set()  # keys that no processor can take
        self.gone: set[str] = set()  # keys that expired
        self.wishes: set[str] = set()  # changes of consent, which never expire
        self.generation = 0

    # ------------------------------------------------------------ deliveries

    @rule(name=NAMES, duration=st.integers(1, 3), dialect=DIALECT, trouble=TROUBLE)
    def deliver_call(self, name: str, duration: int, dialect: str, trouble: Any) -> None:
        self._deliver(call(self._named(name), duration=duration), trouble, dialect=dialect)

    @rule(name=NAMES, text=TEXT, dialect=DIALECT, trouble=TROUBLE)
    def deliver_sms(self, name: str, text: str, dialect: str, trouble: Any) -> None:
        self._deliver(sms(self._named(name), body=text), trouble, dialect=dialect)

    @rule(name=NAMES, notes=st.sampled_from(["one", "two"]), trouble=TROUBLE)
    def deliver_update(self, name: str, notes: str, trouble: Any) -> None:
        self._deliver(update(self._named(name), notes=notes), trouble)

    @rule(name=NAMES, word=st.sampled_from(["optout", "optin"]), trouble=TROUBLE)
    def deliver_consent(self, name: str, word: str, trouble: Any) -> None:
        self._deliver(opt(word, self._named(name)), trouble)

    @rule(name=NAMES, trouble=TROUBLE)
    def deliver_what_no_model_takes(self, name: str, trouble: Any) -> None:
        body = call(self._named(f"bad-{name}"), direction="sideways")
        self.refused.add(key_of(body))
        self._deliver(body, trouble)

    @rule(number=st.integers(1, 2), trouble=TROUBLE)
    def deliver_unknown(self, number: int, trouble: Any) -> None:
        body = b'{"event": "call.teleported", "data": {"call_id": "u%d"}}' % number
        self._deliver(body, trouble, "unhandled")

    @rule(text=st.sampled_from([b"{", b"\xff\xfe", b"[1]"]), trouble=TROUBLE)
    def deliver_unreadable(self, text: bytes, trouble: Any) -> None:
        self._deliver(text, trouble, "quarantined")

    @rule(name=NAMES, unsigned=st.booleans(), trouble=TROUBLE)
    def forge(self, name: str, unsigned: bool, trouble: Any) -> None:
        before = self._everything()
        self._trouble("handler", trouble)
        delivery = self.world.forge(call(self._named(name), duration=666), {} if unsigned else None)
        if self._calm():
            assert delivery.status == 401
        assert delivery.status != 200
        assert self._everything() == before
        self.seen[delivery.word] += 1

    @rule()
    def probe(self) -> None:
        before = self._everything()
        self.world.forge(b'{"event": "call.completed"}', {})
        assert self.world.deliveries.pop()[1:3] == (200, "probe")
        assert self._everything() == before

    def _deliver(
        self, body: bytes, trouble: Any, new: str = "accepted", dialect: str = BODY_SIGNED
    ) -> None:
        if self.gone & {key_of(body), again_key(body, dialect)}:
            return
        self._trouble("handler", trouble)
        key, expected = self._place(body, dialect, new)
        delivery = self.world.deliver(body, dialect=dialect)
        self.seen[delivery.word] += 1
        if self._calm():
            assert (delivery.status, delivery.word) == (200, expected)
        found = self._found()
        now = {one: (found.bodies[one], item["dialect"]["S"]) for one, item in found.ledger.items()}
        if expected != "conflict" and now.get(key) == (body, dialect):
            self.seen["taken over"] += key in self.kept and expected == "accepted"
            self.kept[key] = (body, dialect)
        assert now == self.kept
        if (
            delivery.status == 200
            and expected != "conflict"
            and self.kept.get(key) != (body, dialect)
        ):
            raise AssertionError("200, and not kept")

    def _place(self, body: bytes, dialect: str, new: str) -> tuple[str, str]:
        """Return the key that a body must be kept under, and the answer."""
        content, own, again = (body, dialect), key_of(body), again_key(body, dialect)
        known = self.kept.get(own)
        if known is None or known == content:
            return own, "duplicate" if known else new
        if known[1] == dialect:
            return again, "duplicate" if again in self.kept else new
        return own, new if dialect == BODY_SIGNED else "conflict"

    # ------------------------------------------------------------ queues

    @rule(kind=KIND, most=st.integers(1, 10), trouble=TROUBLE)
    def process(self, kind: str, most: int, trouble: Any) -> None:
        received = self.world.backend.receive(kind, most)
        if not received:
            return
        messages = {one["MessageId"]: _message(one) for one in received}
        self._trouble("processor", trouble)
        failed = self.world.work(kind, received)
        if not self._calm():
            self.troubled |= {one["key"] for one in messages.values() if one}
            return
        assert failed is not None
        ledger = self._found().ledger
        for identity, message in messages.items():
            if not message:
                continue
            if message["key"] in self.refused:
                assert identity in failed
                continue
            assert identity not in failed
            item = ledger[message["key"]]
            replaced = item["delivery_id"]["S"] != message["delivery_id"]
            self.seen["replaced"] += replaced
            assert replaced or item["status"]["S"] == "processed"

    @rule(kind=KIND, order=st.permutations(range(6)))
    def reorder(self, kind: str, order: list[int]) -> None:
        queue = self._queue(kind)
        queue[:6] = [queue[number] for number in order if number < len(queue)]

    @precondition(lambda self: any(self._queue(kind) for kind in KINDS))
    @rule(kind=KIND, number=st.integers(0, 5))
    def give_out_twice(self, kind: str, number: int) -> None:
        """SQS delivers at least once."""
        queue = self._queue(kind)
        if number < len(queue):
            url = queue_url(kind)
            self.cloud.queues.SendMessage({"QueueUrl": url, "MessageBody": queue[number].text})

    @rule(kind=KIND, text=st.sampled_from(["poison", "[]", '{"key": 1}']))
    def poison(self, kind: str, text: str) -> None:
        self.cloud.queues.SendMessage({"QueueUrl": queue_url(kind), "MessageBody": text})

    # ------------------------------------------------------------ time, the sweeper, the operator

    @rule(seconds=st.sampled_from([1, 31, 95, 700, 4000]))
    def wait(self, seconds: int) -> None:
        self.world.clock.now += seconds

    @rule(seconds=st.sampled_from([0, 95, 1000]), trouble=SWEEPERS_TROUBLE)
    def sweep(self, seconds: int, trouble: Any) -> None:
        self.world.clock.now += seconds
        self._trouble("sweeper", trouble)
        done = self.world.sweep()
        if self._calm():
            assert done is not None

    @precondition(lambda self: self.kept)
    @rule(number=st.integers(0, 30), force=st.booleans(), trouble=TROUBLE)
    def replay(self, number: int, force: bool, trouble: Any) -> None:
        key = sorted(self.kept)[number % len(self.kept)]
        was = self._found().ledger[key]["status"]["S"]
        self._trouble("operator", trouble)
        outcome = self._replay(key, force=force)
        if not self._calm() or outcome is None:
            return
        if was in ("received", "failed", "stuck", "dismissed") or (was == "processed" and force):
            assert outcome.outcome == "replayed"
            self.seen["replayed"] += 1
            assert self._found().ledger[key]["status"]["S"] == "received"
        else:
            assert outcome.outcome == "skipped"

    @precondition(lambda self: self.kept)
    @rule(number=st.integers(0, 30), trouble=TROUBLE)
    def dismiss(self, number: int, trouble: Any) -> None:
        key = sorted(self.kept)[number % len(self.kept)]
        was = self._found().ledger[key]["status"]["S"]
        if was in ("unhandled", "quarantined"):
            return
        self._trouble("operator", trouble)
        outcome = self.world.invoke(
            "operator", lambda: dismissal.dismiss_one(self._deployment(), key, "wrong for good")
        )
        now = self._found().ledger[key]["status"]["S"]
        assert now == was or (was, now) in (("failed", "dismissed"), ("stuck", "dismissed"))
        if self._calm() and outcome:
            assert (outcome.outcome == "dismissed") == (was in ("failed", "stuck"))
            self.seen["dismissed"] += outcome.outcome == "dismissed"

    @precondition(lambda self: self.kept)
    @rule(number=st.integers(0, 30))
    def expire(self, number: int) -> None:
        """Its 90 days are over; so are the queues' four and fourteen."""
        key = sorted(self.kept)[number % len(self.kept)]
        closed = self._found().ledger[key]["status"]["S"] != "received"
        name = key.split(":")[1]
        if not closed or any(name in letter.text for letter in self._letters()):
            return
        for item in self.cloud.items():
            if item["pk"]["S"] == f"event#{key}":
                self.cloud.remove(item)
        del self.kept[key]
        self.gone.add(key)
        self.seen["expired"] += 1
        self.generation += 1

    # ------------------------------------------------------------ what must hold

    @invariant()
    def promise(self) -> None:
        """After every step."""
        self.seen["step"] += 1
        assert breaches(self.world, gone=self.gone) == []
        wishes = self._found().consent
        assert self.wishes <= wishes
        self.wishes = wishes
        self.seen["wish"] += len(wishes) > 0

    def teardown(self) -> None:
        """Let everything come to its end, have the operator replay what failed, and look."""
        with self._open:
            self._trouble("", None)
            last = {(one.body, one.dialect): one for one in self.world.deliveries if one.signed}
            for number, (content, delivery) in enumerate(last.items()):
                # Every second sender comes back; the others had no 200, and were told the truth.
                gone = self.gone & {key_of(delivery.body), again_key(*content)}
                if delivery.status != 200 and number % 2 and not gone:
                    self.world.deliver_until_taken(delivery.body, dialect=delivery.dialect)
            self.world.settle(rounds=20)
            assert_kept(self.world, may_fail=self.troubled | self.refused, gone=self.gone)
            for key, item in self._found().ledger.items():
                self.seen[item["status"]["S"]] += 1
                operators = ("failed", "stuck", "dismissed")
                if item["status"]["S"] in operators and key not in self.refused:
                    outcome = self._replay(key, force=False)
                    assert outcome
                    assert outcome.outcome == "replayed"
            self.world.settle(rounds=20)
            assert_kept(self.world, may_fail=self.refused, gone=self.gone)

    # ------------------------------------------------------------ helpers

    def _named(self, name: str) -> str:
        return f"{name}.{self.generation}" if self.generation else name

    def _found(self) -> Contents:
        return contents(self.cloud.items())

    def _everything(self) -> tuple[list[str], list[str]]:
        return sorted(map(repr, self.cloud.items())), [one.id for one in self._letters()]

    def _letters(self) -> list[Any]:
        return [one for queue in self.cloud.queues.lying.values() for one in queue]

    def _queue(self, kind: str) -> list[Any]:
        return self.cloud.lying(queue_url(kind))

    def _trouble(self, actor: str, trouble: Trouble) -> None:
        # A secret that was not to be had is asked for again after some seconds.
        self.world.clock.now += 6
        super()._trouble(actor, trouble)

    def _deployment(self) -> Any:
        return SimpleNamespace(
            events_table=stack.physical_name("EventsTable"),
            queue_url_prefix=queue_url("call.completed").removesuffix("call_completed"),
            retention_days=90,
            client=clients._client,
        )

    def _replay(self, key: str, *, force: bool) -> Any:
        for swept in [one for one in self.cloud.swept if one[0] == key]:
            del self.cloud.swept[swept]  # it counts anew
        self.world.forced[key] += 1
        one = replay.Replay(
            self._deployment(), "the model says so", force=force, clock=self.world.clock.time
        )
        return self.world.invoke("operator", lambda: one(key))


def _message(received: Item) -> Any:
    text: str = received["Body"]
    return json.loads(text) if '"key": "' in text else None


def run_histories(*phases: Phase) -> Counter[str]:
    return run(Histories, STEPS, *phases, usual=40, most=50)  # some histories end early


def test_any_history() -> None:
    """Ten thousand steps, and the promise after each; every fault and every end is among them."""
    seen = run_histories(Phase.generate, Phase.shrink)
    assert seen["step"] >= STEPS
    words = {"accepted", "duplicate", "conflict", "unhandled", "quarantined", "unauthorized",
             "taken over", "replaced"}  # fmt: skip
    ends = {"processed", "failed", "unhandled", "quarantined", "expired", "replayed", "dismissed"}
    assert {*words, *ends, "wish", "died", "unavailable", *map(name_of, FAULTS)} <= seen.keys()


@pytest.mark.parametrize(
    "patch",
    [
        harness.send_before_put,
        harness.two_hundred_after_a_failed_put,
        harness.put_without_condition,
        harness.evidence_thrown_away,
        harness.signature_not_looked_at,
        harness.processed_stays_in_its_cell,
        harness.take_and_never_send,
        harness.take_after_sending,
    ],
    ids=lambda patch: patch.__name__.replace("_", "-"),
)
def test_a_broken_promise_is_found(patch: harness.Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks the promise on purpose is noticed within the same number of steps."""
    patch(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_histories(Phase.generate)
