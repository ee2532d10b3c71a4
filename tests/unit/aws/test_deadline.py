"""The answer leaves within eight seconds, whatever hangs."""

from itertools import combinations
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from aws.clients import ATTEMPTS, CALL_SECONDS, CONNECT_SECONDS, READ_SECONDS
from aws.deadline import ANSWER_SECONDS, Deadline
from aws.secrets import USABLE_SECONDS, Secrets
from errors import HooksError, OutOfTime, Unavailable
from handler.authenticate import Delivery
from handler.receive import Outcome, Ports, receive
from justcall.signature import sign
from ledger.events import Ledger
from messaging.queues import Queues
from tests.support.fakes import StubClient
from tests.support.samples import CALL_COMPLETED, SECRET, body

BODY = body(CALL_COMPLETED)
OPERATIONS = ("get_secret_value", "put_item", "send_message")
FAILING = [some for number in range(1, 4) for some in combinations(OPERATIONS, number)]


class SlowAws:
    """AWS behind the real adapters, where every call takes its time and some end in a time-out."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.seconds = 0.01
        self.failing: set[str] = set()
        self.made: list[str] = []
        self.client = StubClient(**{name: self._slowly(name) for name in OPERATIONS})
        self.ports: Ports[Deadline] = Ports(
            Secrets(self._make("secretsmanager"), "arn"),
            Ledger(self._make("dynamodb"), "events", 90),
            Queues(self._make("sqs"), "https://sqs/events-"),
        )

    def deliver(self, header: str | None = None) -> Outcome | type[HooksError]:
        delivery = Delivery("id", BODY, header or sign(BODY, SECRET), 1_773_326_401.25)
        try:
            return receive(delivery, self.ports, Deadline(lambda: self.time))
        except HooksError as error:
            return type(error)

    def _make(self, service: str) -> Any:
        def client() -> StubClient:
            self.made.append(service)
            return self.client

        return client

    def _slowly(self, operation: str) -> Any:
        def call(**_arguments: Any) -> Any:
            self.time += self.seconds
            if operation in self.failing:
                raise ReadTimeoutError(endpoint_url="https://aws")
            return {"SecretString": SECRET} if operation == "get_secret_value" else {}

        return call


def test_a_calls_worst_case_is_the_sum_of_its_parts() -> None:
    """Both attempts, each with its connect and its read, and the pause between them."""
    assert CALL_SECONDS >= ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    assert CALL_SECONDS <= ANSWER_SECONDS, "or no call would ever be made"


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, CALL_SECONDS])
@pytest.mark.parametrize("failing", FAILING, ids="+".join)
@pytest.mark.parametrize("cached", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("header", [sign(BODY, SECRET), sign(BODY, "a guess")], ids=["signed", "forged"])  # fmt: skip
def test_every_answer_is_in_time(
    seconds: float, failing: tuple[str, ...], cached: bool, header: str
) -> None:
    """Whichever calls hang, for however long they can, the answer leaves within eight seconds."""
    aws = SlowAws()
    if cached:
        aws.deliver()
        aws.time += USABLE_SECONDS  # so old that both secrets are asked for once more
    aws.seconds, aws.failing = seconds, set(failing)
    started = aws.time
    outcome = aws.deliver(header)
    assert aws.time - started <= ANSWER_SECONDS
    if header == sign(BODY, "a guess"):
        assert not isinstance(outcome, Outcome)


@pytest.mark.parametrize("cached", [False, True], ids=["cold", "warm"])
def test_hanging_services_are_no_success(cached: bool) -> None:
    """With everything hanging, the sender is asked to come back."""
    aws = SlowAws()
    if cached:
        aws.deliver()
    aws.seconds, aws.failing = CALL_SECONDS, set(OPERATIONS)
    outcome = aws.deliver()
    assert isinstance(outcome, type)
    assert issubclass(outcome, Unavailable)


def test_accepted_event_makes_two_calls() -> None:
    """One put and one send, once the secret is known."""
    aws = SlowAws()
    aws.deliver()
    aws.client.calls.clear()
    assert aws.deliver() == ("accepted", "call.completed:call_8f3a2b1c", None)
    assert aws.client.operations == ["put_item", "send_message"]


def test_first_event_asks_for_both_secrets() -> None:
    """A cold start adds the two stages of the secret."""
    aws = SlowAws()
    aws.deliver()
    assert aws.client.operations == ["get_secret_value"] * 2 + ["put_item", "send_message"]


@pytest.mark.parametrize("header", ["nonsense", sign(BODY, "a guess")])
def test_forged_request_makes_no_call(header: str) -> None:
    """With the secret cached a forged request calls nobody and makes no client."""
    aws = SlowAws()
    aws.ports.secrets.usable(Deadline(lambda: aws.time))
    aws.client.calls.clear()
    aws.made.clear()
    aws.deliver(header)
    assert (aws.client.calls, aws.made) == ([], [])


def test_forged_first_request_makes_only_the_secrets_client() -> None:
    """Without a cached secret it is asked for, and no other client is made."""
    aws = SlowAws()
    aws.deliver(sign(BODY, "a guess"))
    assert set(aws.made) == {"secretsmanager"}


def test_deadline_arithmetic() -> None:
    """A call is allowed for exactly as long as its worst case still fits."""
    time = 50.0
    deadline = Deadline(lambda: time)
    time = 50.0 + ANSWER_SECONDS - CALL_SECONDS
    deadline.require_call()
    assert deadline.elapsed() == pytest.approx(ANSWER_SECONDS - CALL_SECONDS)
    assert deadline.now() == time
    time += 0.001
    assert not deadline.allows_call()
    with pytest.raises(OutOfTime):
        deadline.require_call()
