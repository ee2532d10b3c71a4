"""Every AWS call that the code makes fails, is lost, or is the last that its process made."""

import hashlib
from collections.abc import Iterator

import pytest

from justcall.catalogue import KINDS
from tests.crash.stories import BATCHES, KEY, KIND, STORIES, Case, cases, status
from tests.support import samples
from tests.support.deliveries import signed
from tests.support.faults import (
    Call,
    Fault,
    World,
    broken,
    conflicted,
    died_before,
    faults_of,
    name_of,
    throttled,
    timed_out,
    wired_clients,
    world,
)
from tests.support.promise import assert_kept, breaches, call, contents, key_of

# The stories that moto tells too; the small AWS, which is checked against moto, tells them all.
ON_MOTO = ("plain", "resent", "restored")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    moto = metafunc.function is test_on_moto
    with wired_clients():
        found = [one for name in (ON_MOTO if moto else STORIES) for one in cases(name)]
    if moto:
        found = [one for one in found if one.call.operation != "GetSecretValue" and one.retries]
    metafunc.parametrize("case", found, ids=str)


def watch(made: World) -> None:
    """Hold the promise after each invocation."""
    assert breaches(made) == []


def tell(made: World, case: Case) -> None:
    """Tell a story with its fault, and hold the promise."""
    story = STORIES[case.story]
    made.wire.plan[case.call] = case.fault
    if case.story != "restored":
        made.watch = watch
    story.tell(made, made.deliver_until_taken if case.retries else made.deliver)
    assert case.call in made.wire.struck
    key = key_of(story.body)
    assert_kept(made, may_fail={key} if story.ends in ("failed", "stuck") else ())
    found = status(made, key)
    if case.retries:
        assert found == story.ends
        assert case.call.actor != "handler" or made.deliveries[-1].status == 200
    else:
        # What never got its 200 may be absent; what is there came to its end.
        assert found in ("", story.ends)


def test_small(case: Case) -> None:
    """Whatever happens to one call, the promise holds, and the event ends as it must."""
    with world() as made:
        tell(made, case)


def test_on_moto(case: Case) -> None:
    """The same on moto."""
    with world(on_moto=True) as made:
        tell(made, case)


# ------------------------------------------------------------ what lasts


@pytest.mark.parametrize(
    "fault", [throttled, broken, timed_out, conflicted, died_before], ids=name_of
)
def test_outage_of_processors(fault: Fault) -> None:
    """Nothing that a processor does gets through, at any receive: failed, by the sweeper's hand."""
    with world() as made:
        made.watch = watch
        made.deliver(call())
        made.wire.standing = lambda one: fault if one.actor == "processor" else None
        for _ in range(BATCHES):
            assert status(made, KEY) == "received"
            made.poll(KIND)
        made.poll(KIND)
        assert (made.backend.queued(KIND), made.backend.queued(KIND, dead=True)) == (0, 1)
        assert status(made, KEY) == "received"
        made.settle()
        assert status(made, KEY) == "failed"
        assert_kept(made, may_fail={KEY})
        assert made.backend.queued(KIND, dead=True) == 1


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        pytest.param(operation, fault, id=f"{operation} {name_of(fault)}")
        for operation in ("GetSecretValue", "PutItem", "SendMessage")
        for fault in faults_of(operation)
    ],
)
def test_outage_of_handlers(operation: str, fault: Fault) -> None:
    """Every delivery fails for a while; no event is lost, and none is acted on twice."""
    with world() as made:
        made.watch = watch
        made.wire.standing = lambda one: (
            fault if one.actor == "handler" and one.operation == operation else None
        )
        for number in range(3):
            made.deliver(call(f"c{number}"))
            made.deliver(call("same"))
            made.clock.now += 60
        made.settle()
        made.wire.standing = lambda _one: None
        for number in range(3):
            made.deliver_until_taken(call(f"c{number}"))
        made.deliver_until_taken(call("same"))
        made.settle()
        assert_kept(made)
        found = contents(made.backend.items()).ledger
        assert {item["status"]["S"] for item in found.values()} == {"processed"}
        assert len(found) == 4


@pytest.mark.parametrize("fault", list(faults_of("Query")), ids=name_of)
def test_outage_of_the_sweeper(fault: Fault) -> None:
    """Runs that fail at each step in turn lose nothing: the next that works sends the event."""
    story = STORIES["lost"]
    with world() as made:
        made.watch = watch
        made.wire.standing = lambda one: (
            fault if one.actor == "sweeper" and one.number <= 3 else None
        )
        story.tell(made, made.deliver)
        assert_kept(made)
        assert status(made, KEY) == "processed"


# ------------------------------------------------------------ what is forged


def forgeries() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    body = call("forged")
    yield "unsigned", body, {}
    yield "guessed", body, signed(body, secret="a guess")
    yield "another body's", body, signed(call("c1"))
    yield "garbage", body, {"x-justcall-signature": "é"}
    yield "sha256 of the body", body, {"x-justcall-signature": hashlib.sha256(body).hexdigest()}
    yield "unreadable", b"{", {}
    yield "unknown type", samples.body({"event": "x", "data": {"id": 1}}), {}
    yield "the known event", call(), {}
    yield "its conflict", call(duration=1), signed(call())


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize(
    ("name", "body", "headers"), list(forgeries()), ids=[name for name, _, _ in forgeries()]
)
def test_forged(name: str, body: bytes, headers: dict[str, str], warm: bool) -> None:
    """Whatever fails while a forged delivery is refused, it has no effect and gets no 200."""
    faults: list[tuple[Call | None, Fault | None]] = [(None, None)]
    faults += [
        (Call("handler", "GetSecretValue", number), fault)
        for number in (1, 2)
        for fault in faults_of("GetSecretValue")
    ]
    for one, fault in faults[: 1 if warm else None]:
        with world() as made:
            made.deliver(call(), actor="handler" if warm else "first")
            made.poll_all()
            calls = len(made.wire.calls)
            before = sorted(map(repr, made.backend.items()))
            if one and fault:
                made.wire.plan[one] = fault
            for _ in range(3):
                assert made.forge(body, headers).status in (401, 503, None)
                made.clock.now += 10
            assert {one.operation for one in made.wire.calls[calls:]} <= {"GetSecretValue"}
            assert sorted(map(repr, made.backend.items())) == before
            assert not any(map(made.backend.queued, KINDS))
            assert_kept(made)
