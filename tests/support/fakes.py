"""Stand-ins for what receiving needs of AWS, in memory; and for AWS's clients below them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from errors import LedgerUnavailable, OutOfTime, QueueUnavailable, SecretUnavailable
from handler.authenticate import Policy
from handler.receive import Ports
from justcall.event import Event
from ledger.items import Existing
from messaging.message import Message
from tests.support import url_samples
from tests.support.samples import SECRET


class FakeTime:
    """A deadline that allows a number of AWS calls."""

    def __init__(self, calls: int = 100) -> None:
        self.calls = calls

    def require_call(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise OutOfTime


class FakeSecrets:
    """Secrets as they are cached, and as they are after a second look."""

    def __init__(self, *usable: str, refreshed: tuple[str, ...] = ()) -> None:
        self.values = usable
        self.newer = refreshed
        self.lost: list[str] = []  # the methods that are to fail
        self.asked: list[str] = []

    def usable(self, _deadline: FakeTime, /) -> tuple[str, ...]:
        return self._answer("usable", self.values)

    def refreshed(self, _deadline: FakeTime, /) -> tuple[str, ...]:
        return self._answer("refreshed", self.newer)

    def _answer(self, method: str, values: tuple[str, ...]) -> tuple[str, ...]:
        self.asked.append(method)
        if method in self.lost:
            raise SecretUnavailable
        return values


class FakeLedger:
    """A ledger that keeps events in a dictionary."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.statuses: dict[str, str] = {}
        self.sent_at: dict[str, float] = {}
        self.evidence: list[Event] = []
        self.counted: list[tuple[str, bool]] = []
        self.lost: list[str] = []  # the methods that are to fail

    def keep(self, event: Event, /) -> Existing | None:
        self._require("keep")
        known = self.events.setdefault(event.key, event)
        if known is event:
            return None
        return Existing(
            known.delivery_id,
            self.statuses.get(event.key, known.status),
            known.dialect,
            known.body_hash,
            known.received_at,
            self.sent_at.get(event.key, known.received_at),
            {},
        )

    def keep_evidence(self, event: Event, /) -> None:
        self._require("keep_evidence")
        self.evidence.append(event)

    def take_over(self, event: Event, existing: Existing, /) -> Existing | None:
        self._require("take_over")
        assert self.events[event.key].delivery_id == existing.delivery_id
        self.evidence.append(self.events.pop(event.key))
        return self.keep(event)

    def count_delivery(self, key: str, now: float, /, *, sent: bool) -> None:
        self._require("count_delivery")
        self.counted.append((key, sent))
        if sent:
            self.sent_at[key] = now

    def _require(self, method: str) -> None:
        if method in self.lost:
            raise LedgerUnavailable


class FakeQueues:
    """Queues that keep what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.lost = False

    def send(self, kind: str, message: Message, /) -> None:
        if self.lost:
            raise QueueUnavailable
        self.sent.append((kind, message))


class FakePorts:
    """All ports of `handler.receive`, with what went through them at hand."""

    def __init__(self, *secrets: str, refreshed: tuple[str, ...] = ()) -> None:
        self.secrets = FakeSecrets(*(secrets or (SECRET,)), refreshed=refreshed)
        self.ledger = FakeLedger()
        self.queues = FakeQueues()
        # Registered under the samples' URL, and with patience for their time.
        self.policy = Policy(urls=(url_samples.URL,), past_seconds=1e12)

    def ports(self) -> Ports[Any]:
        return Ports(self.secrets, self.ledger, self.queues, self.policy)

    @property
    def untouched(self) -> bool:
        """Whether nothing was kept, counted or sent."""
        ledger = self.ledger
        return not (ledger.events or ledger.evidence or ledger.counted or self.queues.sent)


class Pages(NamedTuple):
    """A paginator of boto3's."""

    ask: Callable[..., Any]

    def paginate(self, **arguments: Any) -> Iterator[Any]:
        answer = self.ask(**arguments)
        for page in answer if isinstance(answer, list) else [answer]:
            if isinstance(page, Exception):
                raise page
            yield {"Items": [], **page}


class StubClient:
    """An AWS client that records its calls and answers, or raises, what it was told to.

    An answer is a value, an exception, or a function of the call's arguments.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            answer = self.answers.get(operation, {})
            answer = answer(**arguments) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Pages:
        """Return what asks once; an answer that is a list is its pages."""
        return Pages(getattr(self, operation))

    @property
    def operations(self) -> list[str]:
        """The names of the calls, in order."""
        return [operation for operation, _ in self.calls]


def aws_error(code: str, **members: Any) -> ClientError:
    """Return what botocore raises when AWS answers with an error."""
    answer: Any = {"Error": {"Code": code, "Message": f"{code} happened"}, **members}
    return ClientError(answer, "Operation")
