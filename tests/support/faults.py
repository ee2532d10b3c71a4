"""A world in which every AWS call that the code makes can be counted, stopped, lost or survived.

`Wire` hooks both clients below their retries, botocore's (`before-call` and `before-send`) and the
handler's own (`aws.wire.exchange`). It numbers the calls of each process and answers each attempt
from a cloud (moto or `SmallAws`), or lets a fault have it.
`World` is one deployment with its sender, its queues' pollers, its sweeper and its clock.
"""

import base64
import json
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.parsers import ResponseParserFactory
from moto import mock_aws
from moto.core.models import botocore_stubber

from archiver import app as archiver
from aws import clients, lean, observability, wire
from aws.connection import Answer
from aws.connection import Request as WireRequest
from aws.failures import CannotConnect, ReadTimeout
from deliverer import app as deliverer
from deliverer import timer
from handler import app
from justcall.catalogue import KINDS, logical_name
from justcall.envelope import BODY_SIGNED, URL_SIGNED
from ledger import bodies
from messaging import consumer, message
from publisher import app as publisher
from sweeper import app as sweeper
from tests.support import stack, stream, url_samples
from tests.support.bug import refuse_sideways
from tests.support.cloud import Cloud, process
from tests.support.deliveries import request, signed
from tests.support.destinations import Receivers, lambda_records
from tests.support.records import record
from tests.support.small_aws import DELIVERY_SECRET, Letter, Refusal, SmallAws, refuse
from tests.support.small_s3 import body_of
from tests.support.wire import exchange_with

type Item = dict[str, Any]
type Answers = Callable[[AWSPreparedRequest], AWSResponse]

START = 1773326401.25  # 2026-03-12T14:40:01.250Z
ENDPOINT = "https://aws"
DELIVERIES = f"https://sqs/{stack.ACCOUNT}/{stack.STACK}-deliveries"
RECORDINGS = f"https://sqs/{stack.ACCOUNT}/{stack.STACK}-recordings"


class ProcessDied(BaseException):
    """The process is gone: no `except Exception` hears of it, and no answer leaves."""


class Clock:
    """The world's time: all modules' `time` while the world is there."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now

    monotonic = time

    def time_ns(self) -> int:
        return int(self.now * 1e9)

    def sleep(self, seconds: float) -> None:
        self.now += min(seconds, 0.5)  # botocore's backoff is random; a world repeats itself


class Call(NamedTuple):
    """One AWS call: the n-th of its operation that the actor makes in a world, from 1."""

    actor: str
    operation: str
    number: int

    def __str__(self) -> str:
        return f"{self.actor} {self.operation} #{self.number}"


class Process:
    """One Lambda process: its name, and what it caches while it lives."""

    def __init__(self, actor: str) -> None:
        self.actor = actor
        self.alive = True
        self._cached: dict[object, Any] = {}

    def cached(self, make: Callable[[], Any]) -> Any:
        if make not in self._cached:
            self._cached[make] = make()
        return self._cached[make]

    def die(self) -> ProcessDied:
        self.alive = False
        return ProcessDied(self.actor)


class Attempt(NamedTuple):
    """One attempt of a call; a fault decides what becomes of it."""

    number: int
    request: AWSPreparedRequest
    answers: Answers
    process: Process
    clock: Clock
    operation: str

    def takes_effect(self) -> AWSResponse:
        return self.answers(self.request)

    def times_out(self) -> Exception:
        self.clock.now += clients.READ_SECONDS
        return ReadTimeoutError(endpoint_url=ENDPOINT)


type Fault = Callable[[Attempt], AWSResponse]


def throttled(attempt: Attempt) -> AWSResponse:
    """Refused for its rate, again and again, before any effect."""
    return refuse(ENDPOINT, Refusal("ThrottlingException"))


def broken(attempt: Attempt) -> AWSResponse:
    """A 500 again and again, before any effect."""
    return refuse(ENDPOINT, Refusal("InternalServerError", status=500))


def timed_out(attempt: Attempt) -> AWSResponse:
    """No answer in time, again and again, and no effect."""
    raise attempt.times_out()


def answer_lost(attempt: Attempt) -> AWSResponse:
    """The first attempt took effect unheard; the second found nobody."""
    if attempt.number == 1:
        attempt.takes_effect()
        raise attempt.times_out()
    raise ConnectTimeoutError(endpoint_url=ENDPOINT)


def answers_lost(attempt: Attempt) -> AWSResponse:
    """Both attempts took effect, and nobody heard of either."""
    attempt.takes_effect()
    raise attempt.times_out()


def retried(attempt: Attempt) -> AWSResponse:
    """The first attempt took effect unheard; botocore's second gets through."""
    answer = attempt.takes_effect()
    if attempt.number == 1:
        raise attempt.times_out()
    return answer


def conflicted(attempt: Attempt) -> AWSResponse:
    """Another transaction has the item: DynamoDB refuses a write at once, and it is not retried."""
    if attempt.operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        refusal = Refusal("TransactionCanceledException", CancellationReasons=reasons)
    else:
        refusal = Refusal("TransactionConflictException")
    return refuse(ENDPOINT, refusal)


def died_before(attempt: Attempt) -> AWSResponse:
    """The process ends when the call is about to leave."""
    raise attempt.process.die()


def died_after(attempt: Attempt) -> AWSResponse:
    """The process ends when the call has taken effect."""
    attempt.takes_effect()
    raise attempt.process.die()


FAULTS: tuple[Fault, ...] = (
    throttled,
    broken,
    timed_out,
    answer_lost,
    answers_lost,
    retried,
    conflicted,
    died_before,
    died_after,
)
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


def faults_of(operation: str) -> Iterator[Fault]:
    """Yield what can happen to a call of that operation."""
    return (one for one in FAULTS if one is not conflicted or operation in WRITES)


def name_of(fault: Fault) -> str:
    return fault.__name__.replace("_", "-")


class Wire:
    """What lies between our clients and the cloud."""

    current: "Wire | None" = None

    def __init__(self, answers: Answers, clock: Clock, *, direct: bool) -> None:
        self.answers = answers
        self.clock = clock
        self.direct = direct  # whether calls without a fault may take the shortcut
        self.calls: list[Call] = []
        self.plan: dict[Call, Fault] = {}
        self.standing: Callable[[Call], Fault | None] = lambda _call: None
        self.struck: list[Call] = []
        self.gate: Callable[[Call, str], None] | None = None  # where several processes wait
        self.local = threading.local()
        self._numbers: Counter[tuple[str, str]] = Counter()

    @property
    def process(self) -> Process | None:
        """Whose code runs in this thread; None: the test itself, or SQS's poller."""
        found: Process | None = getattr(self.local, "process", None)
        return found

    @contextmanager
    def running(self, process: Process) -> Iterator[None]:
        """Let calls be those of a process."""
        before, self.local.process = self.process, process
        try:
            yield
        finally:
            self.local.process = before

    def begin(self, operation: str, body: str) -> None:
        """Number a call that is about to be made, and wait until the gate lets it pass."""
        process = self.process
        if process is None:
            return
        if not process.alive:  # a `finally` that runs here, and would not in a process that is gone
            raise ProcessDied(process.actor)
        self._numbers[process.actor, operation] += 1
        call = Call(process.actor, operation, self._numbers[process.actor, operation])
        self.calls.append(call)
        self.local.call, self.local.attempts, self.local.answer = call, 0, None
        if self.gate:
            self.gate(call, body)

    def shortcut(self, model: Any, params: Any) -> tuple[AWSResponse, Any] | None:
        """Answer a call that no fault meets; None: botocore must send it.

        Sending takes half of the time of these tests. botocore still reads every error.
        """
        process = self.process
        if process is None or not self.direct:
            return None
        if self.plan.get(self.local.call) or self.standing(self.local.call):
            return None
        request: Any = SimpleNamespace(**params)
        answer = self.answers(request)
        if answer.status_code == 200:
            return answer, parsed(model, answer)
        self.local.answer = answer  # of the attempt that botocore is about to make
        return None

    def attempt(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer one attempt."""
        process = self.process
        if process is None:
            return self.answers(request)
        call: Call = self.local.call
        self.local.attempts += 1
        fault = self.plan.get(call) or self.standing(call)
        if fault is None:
            answer, self.local.answer = self.local.answer, None
            return answer or self.answers(request)
        self.struck.append(call)
        return fault(
            Attempt(self.local.attempts, request, self.answers, process, self.clock, call.operation)
        )


def _before_call(model: Any, params: Any, **_: Any) -> tuple[AWSResponse, Any] | None:
    if Wire.current is None:
        return None
    Wire.current.begin(model.name, body_of(params["body"]).decode(errors="replace"))
    return Wire.current.shortcut(model, params)


def parsed(model: Any, answer: AWSResponse) -> Any:
    """Read a successful answer as botocore's endpoint does."""
    parser = _parser(model.service_model.resolved_protocol)
    return parser.parse(convert_to_response_dict(answer, model), model.output_shape)


@cache
def _parser(protocol: str) -> Any:
    return ResponseParserFactory().create_parser(protocol)


def _before_send(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
    if Wire.current:
        return Wire.current.attempt(request)
    return botocore_stubber(event_name, request)


def _exchange(request: WireRequest) -> Answer:
    """Answer one attempt of the handler's own client (aws.wire)."""
    current = Wire.current
    assert current is not None
    if request.attempt == 1:
        current.begin(request.operation, request.body.decode())
    try:
        return exchange_with(current.attempt)(request)
    except ReadTimeoutError as error:
        raise ReadTimeout from error
    except ConnectTimeoutError as error:
        raise CannotConnect from error


def _unsigned(**_: Any) -> Any:
    return UNSIGNED


@contextmanager
def wired_clients() -> Iterator[None]:
    """Make the code's clients anew, with the wire's hooks; they are forgotten afterwards."""
    forget_clients()
    made: list[Any] = [clients.dynamodb(), clients.sqs(), clients.secretsmanager()]
    made += [clients.events(), clients.s3()]
    for client in made:
        # In place of moto's own hook, which would answer once more.
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register("before-send", _before_send)
        client.meta.events.register("before-call", _before_call)
        # Nobody reads the signature, and it takes a third of a call's time.
        client.meta.events.register("choose-signer", _unsigned)
    try:
        yield
    finally:
        forget_clients()


def forget_clients() -> None:
    clients._client.cache_clear()
    lean._client.cache_clear()
    clients._session.cache_clear()


# ------------------------------------------------------------ two clouds


class Backend(Protocol):
    """A cloud, as the tests look at it."""

    def answer(self, request: AWSPreparedRequest) -> AWSResponse: ...

    def items(self) -> list[Item]:
        """Return every item of the table as botocore gives them."""

    def remove(self, item: Item) -> None:
        """Delete an item."""

    def queued(self, kind: str, *, dead: bool = False) -> int:
        """Return how many messages lie in a queue, those in work included."""

    def receive(self, kind: str, most: int = 10) -> list[Item]:
        """Take messages as SQS's poller does."""

    def hide(self, kind: str, received: Item, seconds: int) -> None:
        """Set for how long a message that was received stays hidden."""

    def delete(self, kind: str, received: Item) -> None:
        """Delete a message that was received."""


class Moto:
    """Moto, in the world's time."""

    def __init__(self) -> None:
        self.cloud = Cloud()

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        answer = botocore_stubber("before-send", request)
        assert answer is not None
        return answer

    def items(self) -> list[Item]:
        pages = self.cloud.dynamodb.get_paginator("scan").paginate(TableName=self.cloud.table)
        return [dict(item) for page in pages for item in page["Items"]]

    def remove(self, item: Item) -> None:
        key = {"pk": item["pk"], "sk": item["sk"]}
        self.cloud.dynamodb.delete_item(TableName=self.cloud.table, Key=key)

    def queued(self, kind: str, *, dead: bool = False) -> int:
        attributes = self.cloud.sqs.get_queue_attributes(
            QueueUrl=queue_url(kind, dead=dead),
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(map(int, attributes.values()))

    def receive(self, kind: str, most: int = 10) -> list[Item]:
        answer = self.cloud.sqs.receive_message(
            QueueUrl=queue_url(kind),
            MaxNumberOfMessages=most,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [dict(one) for one in answer.get("Messages", [])]

    def hide(self, kind: str, received: Item, seconds: int) -> None:
        self.cloud.sqs.change_message_visibility(
            QueueUrl=queue_url(kind),
            ReceiptHandle=received["ReceiptHandle"],
            VisibilityTimeout=seconds,
        )

    def delete(self, kind: str, received: Item) -> None:
        self.cloud.sqs.delete_message(
            QueueUrl=queue_url(kind), ReceiptHandle=received["ReceiptHandle"]
        )


class Small(SmallAws):
    """The small AWS; it notes by which calls the sweeper sent which event.

    `swept` is by key and delivery: a key that was taken over has an item that counts anew.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.swept: dict[tuple[str, str], set[Call]] = defaultdict(set)

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        wire = Wire.current
        if wire and wire.process and wire.process.actor.startswith("sweeper"):
            call: Call = wire.local.call
            if call.operation == "SendMessage":
                body: Any = request.body
                message = json.loads(json.loads(body)["MessageBody"])
                if "key" in message:
                    self.swept[message["key"], message["delivery_id"]].add(call)
        return super().answer(request)

    def items(self) -> list[Item]:
        return [
            {
                name: {"B": base64.b64decode(value["B"])} if "B" in value else value
                for name, value in item.items()
            }
            for item in self.tables.items()
        ]

    def remove(self, item: Item) -> None:
        self.tables.remove(item["pk"]["S"], item["sk"]["S"])

    def queued(self, kind: str, *, dead: bool = False) -> int:
        return len(self.lying(queue_url(kind, dead=dead)))

    def lying(self, url: str) -> list[Letter]:
        """Return the messages of a queue, the list itself."""
        return self.queues.lying[url.rsplit("/", 1)[-1]]

    def receive(self, kind: str, most: int = 10) -> list[Item]:
        answer = self.queues.ReceiveMessage(
            {"QueueUrl": queue_url(kind), "MaxNumberOfMessages": most}
        )
        found: list[Item] = answer.get("Messages", [])
        return found

    def hide(self, kind: str, received: Item, seconds: int) -> None:
        self.queues.ChangeMessageVisibility(
            {"QueueUrl": queue_url(kind), **received, "VisibilityTimeout": seconds}
        )

    def delete(self, kind: str, received: Item) -> None:
        self.queues.DeleteMessage({"QueueUrl": queue_url(kind), **received})


def queue_url(kind: str, *, dead: bool = False) -> str:
    return stack.queue_url("DeadLetterQueue" if dead else f"{logical_name(kind)}Queue")


# ------------------------------------------------------------ the world


class Delivery(NamedTuple):
    """One POST and its answer; `status` is None if the process died over it."""

    body: bytes
    status: int | None
    word: str
    signed: bool
    dialect: str = BODY_SIGNED


class Context:
    """What Lambda tells a function: `milliseconds` are left."""

    def __init__(self, milliseconds: int = 60_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class World:
    """One deployment, and everything that happens to it."""

    def __init__(self, backend: Backend, clock: Clock, wire: Wire) -> None:
        self.backend = backend
        self.clock = clock
        self.wire = wire
        self.deliveries: list[Delivery] = []
        self.errors: list[BaseException] = []  # what functions raised, deaths included
        self.watch: Callable[[World], None] = lambda _world: None  # looks after each invocation
        self.reasons: list[str] = []  # of everything that failed
        self.forced: Counter[str] = Counter()  # how often an operator had it done again, by key
        self.receivers = Receivers(clock.time)
        self._routed = 0  # how many of the bus's entries the rule has sent to the queue
        self._processes: dict[str, Process] = {}

    # ---- functions

    def process(self, actor: str) -> Process:
        """Return the actor's process, a new one if it died."""
        found = self._processes.get(actor)
        if found is None or not found.alive:
            found = self._processes[actor] = Process(actor)
        return found

    def invoke(self, actor: str, function: Callable[[], Any]) -> Any:
        """Let a function run in its process; None if it died or raised."""
        process = self.process(actor)
        try:
            with self.wire.running(process):
                return function()
        except (Exception, ProcessDied) as error:  # noqa: BLE001  # Lambda's own edge
            self.errors.append(error)
            return None

    # ---- the sender

    def deliver(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        actor: str = "handler",
        forged: bool = False,
        dialect: str = BODY_SIGNED,
    ) -> Delivery:
        """Deliver a body once, signed in a dialect unless there are `headers`."""
        if dialect == URL_SIGNED:
            timestamp = f"{datetime.fromtimestamp(self.clock.now, UTC):%Y-%m-%d %H:%M:%S}"
            url = _environment("HandlerFunction")["WEBHOOK_URLS"]
            event_type = json.loads(body)["event"]
            headers = url_samples.signed(event_type, url=url, timestamp=timestamp)
        text = request(body, headers, base64_encoded=True)
        answer = self.invoke(actor, lambda: app.handler(text, None))
        word = json.loads(answer["body"])["status"] if answer else "died"
        status = answer["statusCode"] if answer else None
        delivery = Delivery(body, status, word, not forged, dialect)
        self.deliveries.append(delivery)
        self.watch(self)
        return delivery

    def forge(self, body: bytes, headers: Mapping[str, str] | None = None) -> Delivery:
        """Deliver a body that nobody signed, or somebody who doesn't know the secret."""
        wrong = signed(body, secret="a guess") if headers is None else headers
        return self.deliver(body, wrong, forged=True)

    def deliver_until_taken(
        self,
        body: bytes,
        *,
        actor: str = "handler",
        tries: int = 6,
        dialect: str = BODY_SIGNED,
    ) -> None:
        """Deliver as JustCall does: again, a minute later, unless it got exactly 200."""
        for _ in range(tries):
            if self.deliver(body, actor=actor, dialect=dialect).status == 200:
                return
            self.clock.now += 60

    # ---- queues

    def poll(self, kind: str, *, actor: str = "processor", most: int = 10) -> list[str] | None:
        """Let Lambda take a batch to the processor; return the ids that failed, None if all did."""
        received = self.backend.receive(kind, most)
        return self.work(kind, received, actor=actor) if received else []

    def work(
        self, kind: str, received: list[Item], *, actor: str = "processor"
    ) -> list[str] | None:
        """Let the processor have messages; those that did not fail are deleted."""
        records = [_record(kind, one) for one in received]
        failed: list[str] | None = self.invoke(actor, lambda: process(kind, *records))
        for one in received:
            if failed is None or one["MessageId"] in failed:
                self.backend.hide(kind, one, 0)  # as if its visibility timeout were over
            else:
                self.backend.delete(kind, one)
        self.clock.now += 0.002  # what is hidden until now is visible after now
        self.watch(self)
        return failed

    def poll_all(self, rounds: int = 8) -> None:
        """Let the queues run dry, or as dry as they get in so many rounds."""
        for _ in range(rounds):
            busy = [kind for kind in KINDS if self.backend.queued(kind)]
            for kind in busy:
                self.poll(kind)
            if not busy:
                return

    # ---- the sweeper

    def sweep(self, *, actor: str = "sweeper") -> Item | None:
        """Let the sweeper run; None if it raised or died."""
        done: Item | None = self.invoke(actor, lambda: sweeper.handler({}, Context()))
        self.watch(self)
        return done

    # ---- the publisher

    def published(self) -> list[Item]:
        """Return the CloudEvents on the bus, oldest first."""
        assert isinstance(self.backend, Small)
        return [entry["Detail"] for entry in self.backend.bus.entries]

    def publish(self, *, actor: str = "publisher", most: int = 100) -> bool:
        """Let the publisher have a batch of the stream; False if it comes again."""
        assert isinstance(self.backend, Small)
        waiting = self.backend.tables.stream
        waiting[:] = filter(stream.is_published, waiting)
        batch = stream.batch(waiting[:most])
        if batch["Records"] and not self.invoke(actor, lambda: publisher.handler(batch, None)):
            return False
        del waiting[:most]
        self.watch(self)
        return True

    # ---- the deliveries

    def add_destination(self, name: str, **filters: Any) -> None:
        """Add a destination, as `hooks destinations add` does."""
        assert isinstance(self.backend, Small)
        settings = self.receivers.add(name, **filters)
        self.backend.tables.put(settings)
        self.backend.delivery_secrets = self.receivers.secret

    def route(self) -> None:
        """Let the rule on the bus send what is new to the queue of deliveries."""
        assert isinstance(self.backend, Small)
        for entry in self.backend.bus.entries[self._routed :]:
            message = {"QueueUrl": DELIVERIES, "MessageBody": json.dumps(entry["Detail"])}
            self.backend.queues.SendMessage(message)
        self._routed = len(self.backend.bus.entries)

    def send_deliveries(self, *, actor: str = "sender", most: int = 10) -> bool:
        """Let the sender have a batch of its queue; False if there was none."""
        assert isinstance(self.backend, Small)
        queues = self.backend.queues
        batch = {"QueueUrl": DELIVERIES, "MaxNumberOfMessages": most}
        received = queues.ReceiveMessage(batch).get("Messages", [])
        if not received:
            return False
        records = {"Records": lambda_records(received)}
        done = self.invoke(actor, lambda: deliverer.handler(records, None))
        failed = (
            None if done is None else [one["itemIdentifier"] for one in done["batchItemFailures"]]
        )
        for one in received:
            where = {"QueueUrl": DELIVERIES, "ReceiptHandle": one["ReceiptHandle"]}
            if failed is None or one["MessageId"] in failed:
                queues.ChangeMessageVisibility({**where, "VisibilityTimeout": 0})
            else:
                queues.DeleteMessage(where)
        self.clock.now += 0.002
        return True

    def tick(self, *, actor: str = "timer") -> Item | None:
        """Let the deliveries' timer run; None if it raised or died."""
        done: Item | None = self.invoke(actor, lambda: timer.handler({}, Context()))
        return done

    def settle_deliveries(self, *, rounds: int = 12, seconds: float = 60.0) -> None:
        """Let time go on, a minute a round, with the timer and the sender at work."""
        for _ in range(rounds):
            self.route()
            while self.send_deliveries():
                pass
            self.tick()
            self.clock.now += seconds

    # ---- until nothing moves

    def is_open(self) -> bool:
        """Tell whether an event is only received."""
        return any(
            item.get("cell", {}).get("S", "").startswith("received#")
            for item in self.backend.items()
        )

    def settle(self, rounds: int = 14, *, sweeps: bool = True) -> None:
        """Let time go on until no event is open and no queue holds anything.

        Without `sweeps` the sweeper runs only while there is something for it to do.
        """
        for number in range(rounds):
            self.poll_all()
            if sweeps or self._moves():
                self.sweep()
            if not self._moves():
                return
            self.clock.now += 100 * 2.0**number

    def _moves(self) -> bool:
        return self.is_open() or any(map(self.backend.queued, KINDS))


def _record(kind: str, received: Item) -> Item:
    count = int(received["Attributes"]["ApproximateReceiveCount"])
    return record(received["Body"], kind, receives=count) | {
        "messageId": received["MessageId"],
        "receiptHandle": received["ReceiptHandle"],
    }


# A body that takes several items and does not fit a message is large in a world, and takes no time.
SMALL_LIMITS = {
    (bodies, "MAX_INLINE_BYTES"): 2048,
    (bodies, "PART_BYTES"): 2560,
    (message, "MESSAGE_BYTES"): 6144,
}


@contextmanager
def world(*, on_moto: bool = False) -> Iterator[World]:
    """Make a world; `wired_clients` is around it."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
        # A processor whose process died has counted nothing when its `finally` runs here.
        warnings.filterwarnings("ignore", "No application metrics")
        _set_environment(patched)
        for (module, limit), size in SMALL_LIMITS.items():
            patched.setattr(module, limit, size)
        for name in (
            "handler.app",
            "messaging.consumer",
            "sweeper.app",
            "published.publishing",
            "deliverer.app",
            "deliverer.timer",
            "deliveries.attempt",
            "recordings.archive",
        ):
            patched.setattr(f"{name}.time", clock)
        patched.setattr("botocore.endpoint.time", SimpleNamespace(sleep=clock.sleep))
        patched.setattr(wire, "exchange", _exchange)
        patched.setattr(wire, "time", clock)
        if not on_moto:
            small = Small(clock.time)
            with _connected(small, clock, patched) as made:
                yield made
            assert not small.unknown, "calls that the small AWS doesn't know"
            return
        patched.setattr("moto.sqs.models.unix_time", clock.time)
        patched.setattr("moto.sqs.models.unix_time_millis", lambda: clock.time() * 1000)
        with mock_aws():
            moto = Moto()
            with _connected(moto, clock, patched) as made:
                yield made


@contextmanager
def _connected(backend: Backend, clock: Clock, patched: pytest.MonkeyPatch) -> Iterator[World]:
    wire = Wire(backend.answer, clock, direct=isinstance(backend, Small))
    for module, name in (
        (app, "_ports"),
        (consumer, "_tables"),
        (sweeper, "_ports"),
        (publisher, "_ports"),
        (deliverer, "_ports"),
        (timer, "_ports"),
        (archiver, "_setup"),
    ):
        make = getattr(module, name).__wrapped__
        patched.setattr(module, name, lambda make=make: _running(wire).cached(make))
    Wire.current = wire
    made = World(backend, clock, wire)
    count = observability.count_by_reason

    def count_by_reason(name: str, reason: str) -> None:
        made.reasons.append(reason)
        count(name, reason)

    patched.setattr(observability, "count_by_reason", count_by_reason)
    patched.setattr(deliverer, "random", SimpleNamespace(random=lambda: 0.5))
    patched.setattr(deliverer, "posting", lambda _room: made.receivers.post)
    patched.setattr(deliverer, "_each", lambda work, records: list(map(work, records)))
    refuse_sideways(patched)
    try:
        yield made
    finally:
        Wire.current = None


def _running(wire: Wire) -> Process:
    process = wire.process
    assert process is not None
    return process


def _set_environment(patched: pytest.MonkeyPatch) -> None:
    for function in ("HandlerFunction", "SweeperFunction", "CallCompletedProcessor"):
        for name, value in _environment(function).items():
            if value:  # an empty endpoint means AWS
                patched.setenv(name, value)
    patched.setenv("EVENT_BUS", stack.STACK)
    patched.setenv("DELIVERIES_QUEUE_URL", DELIVERIES)
    patched.setenv("DELIVERY_SECRET_ARN", DELIVERY_SECRET)
    patched.setenv("RECORDINGS_BUCKET", "recordings")
    patched.setenv("RECORDINGS_QUEUE_URL", RECORDINGS)
    patched.setenv("RECORDING_HOSTS", "*.justcall.io")
    patched.setenv("RECORDING_EXPIRY_DAYS", "400")


_known: dict[str, Mapping[str, str]] = {}


def _environment(function: str) -> Mapping[str, str]:
    if function not in _known:
        _known[function] = stack.environment(function)
    return _known[function]
