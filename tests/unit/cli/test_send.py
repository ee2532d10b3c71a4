"""Posting: its pace, its order, its keys, and what is said when nobody answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any

import pytest
from urllib3 import exceptions

from cli import send
from cli.errors import UsageError
from justcall import signature
from tests.support.expected import KEYS
from tests.support.samples import BY_KIND, body

URL = "http://api.localhost:4566/webhooks/justcall"


class FakeClock:
    """A time that passes only where somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


class FakeReceiver:
    """Stands for `local.post.Receiver`: keeps what was posted, answers or raises."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.posted: list[tuple[bytes, str | None]] = []
        self.open = 0

    def __call__(self, _url: str, _connections: int) -> "FakeReceiver":
        return self

    def __enter__(self) -> "FakeReceiver":
        self.open += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.open -= 1

    def post(self, content: bytes, headers: Mapping[str, str]) -> Any:
        self.posted.append((content, headers.get(signature.HEADER)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Answer:
    status = 200
    data = b'{"status":"accepted"} \xff'


def UNSIGNED(_body: bytes) -> dict[str, str]:  # noqa: N802  # stands where a constant stood
    return {}


@pytest.fixture
def receiving(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], FakeReceiver]:
    """Return what puts a receiver in the place of the real one."""

    def put(answer: Any) -> FakeReceiver:
        fake = FakeReceiver(answer)
        monkeypatch.setattr(send, "Receiver", fake)
        return fake

    return put


# ------------------------------------------------------------------ pace


def _pace(rate: float | None, works: float) -> tuple[list[bytes], FakeClock]:
    clock = FakeClock()
    taken = []
    for one in send.paced([b"1", b"2", b"3", b"4"], rate, clock.read, clock.sleep):
        taken.append(one)
        clock.now += works
    return taken, clock


def test_without_a_rate_nobody_waits() -> None:
    taken, clock = _pace(None, works=0)
    assert (len(taken), clock.slept) == (4, [])


def test_a_rate_is_kept_from_the_first_on() -> None:
    _, clock = _pace(4, works=0)
    assert clock.slept == [0, 0.25, 0.25, 0.25]


def test_the_time_that_work_takes_is_no_extra_wait() -> None:
    assert _pace(4, works=0.2)[1].slept == [0, 0.05, 0.05, 0.05]
    assert _pace(4, works=0.4)[1].slept == [0, 0, 0, 0]


# ------------------------------------------------------------------ order


def test_results_come_in_order_and_as_they_come() -> None:
    with ThreadPoolExecutor(4) as pool:
        results = send.in_order(pool, lambda number: number * number, count())
        assert list(islice(results, 100)) == [number * number for number in range(100)]


def test_what_fails_ends_the_rest() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(send.in_order(pool, lambda number: 1 / (3 - number), items()))
    assert len(taken) <= 3 + send._AHEAD + 2


# ------------------------------------------------------------------ answers


def test_each_body_is_signed_and_its_answer_kept(receiving: Callable[[Any], FakeReceiver]) -> None:
    receiver = receiving(Answer)
    bodies = [body(BY_KIND["call.missed"]), b"no json"]
    sent = list(send.send(URL, bodies, lambda one: send.body_signed(one, "mine"), None))
    assert sorted(receiver.posted) == sorted((one, signature.sign(one, "mine")) for one in bodies)
    assert [one.key for one in sent] == [send.key_of(one) for one in bodies]
    assert {(one.status, one.answer) for one in sent} == {
        (200, '{"status":"accepted"} \N{REPLACEMENT CHARACTER}')
    }
    assert all(one.milliseconds >= 0 for one in sent)
    assert receiver.open == 0


def test_without_a_secret_nothing_is_signed(receiving: Callable[[Any], FakeReceiver]) -> None:
    receiver = receiving(Answer)
    list(send.send(URL, [b"{}"], UNSIGNED, None))
    assert receiver.posted == [(b"{}", None)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (exceptions.TimeoutError("late"), f"{URL} does not answer (TimeoutError). Run: make up"),
        (
            exceptions.ProtocolError("cut off"),
            f"{URL} does not answer (ProtocolError). Run: make up",
        ),
        (
            exceptions.LocationValueError("no host"),
            f"{URL} is not a URL: no host.",
        ),
    ],
    ids=["late", "cut off", "no URL"],
)
def test_nobody_answers(
    receiving: Callable[[Any], FakeReceiver], error: Exception, told: str
) -> None:
    """Whatever goes wrong on the way is one line that the user can act on."""
    receiver = receiving(error)
    with pytest.raises(UsageError) as raised:
        list(send.send(URL, [b"1", b"2"], UNSIGNED, None))
    assert str(raised.value) == told
    assert receiver.open == 0


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize("kind", BY_KIND)
def test_the_key_is_the_receivers(kind: str) -> None:
    assert send.key_of(body(BY_KIND[kind])) == KEYS[kind]


def test_what_is_no_event_has_no_key_of_one() -> None:
    for probe in ({"event": "call.completed"}, {"type": "jc.call_completed", "data": None}):
        assert send.key_of(json.dumps(probe).encode()) is None
    key = send.key_of(b"no json")
    assert key is not None
    assert key.startswith("quarantined:sha256-")


def test_make_up_is_no_hint_for_others(receiving: Callable[[Any], FakeReceiver]) -> None:
    receiving(exceptions.TimeoutError("late"))
    with pytest.raises(UsageError) as raised:
        list(send.send("https://api.example.test/hook", [b"{}"], UNSIGNED, None))
    assert str(raised.value) == "https://api.example.test/hook does not answer (TimeoutError)."
