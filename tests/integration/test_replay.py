"""`hooks replay` and `hooks dlq`: every event that waits for a person can be acted on, once."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from moto.core.exceptions import JsonRESTError
from moto.sqs.responses import SQSResponse

from cli import app, dead_letters, replay
from cli import stack as stacks
from cli.reopening import Reopening
from cli.send import key_of
from errors import QueueUnavailable, Unreadable
from handler.app import handler
from justcall import catalogue, envelope
from justcall.catalogue import KINDS
from justcall.timeline import Entry
from ledger import bodies
from ledger.sweeping import SweepLedger
from sweeper import app as sweeper
from sweeper import sweep
from sweeper.verdict import PATIENCE_SECONDS
from tests.support import stack
from tests.support.cloud import Cloud, Item, process
from tests.support.deliveries import request
from tests.support.fakes import StubClient, aws_error
from tests.support.samples import CALL_COMPLETED, SMS_RECEIVED, UNKNOWN_TYPE, body, changed

KIND = "call.completed"
NUMBER = "+14155559876"
MAX_RECEIVES = 5
WHY = ("--reason", "the processor is mended", "--yes")

type Hooks = Callable[..., Any]


@pytest.fixture
def hooks(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Hooks:
    """Return what runs the program with --json, checks its code and returns its document."""
    described = {
        "webhook_url": "http://no.localhost/",
        "region": stack.REGION,
        "events_table": cloud.table,
        "secret_arn": stack.physical_name("ApiSecret"),
        "queues": _urls("Queue"),
        "dead_letter_queues": _urls("DeadLetterQueue"),
    }
    (tmp_path / "stack.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))

    def run(*arguments: str, code: int = 0, text: bool = False) -> Any:
        capsys.readouterr()  # what handler and processors logged
        with pytest.raises(SystemExit) as ended:
            app.main(arguments if text else [*arguments, "--json"])
        out, err = capsys.readouterr()
        assert ended.value.code == code, out + err
        return (out or err) if text or not out else json.loads(out)

    return run


def _urls(part: str) -> dict[str, str]:
    return {kind: stack.queue_url(f"{catalogue.logical_name(kind)}{part}") for kind in KINDS}


def deliver(document: object) -> str:
    """Let the receiver take a signed delivery; return its key."""
    content = document if isinstance(document, bytes) else body(document)
    assert handler(request(content), None)["statusCode"] == 200
    key = key_of(content)
    assert key is not None
    return key


def broken(*_: object) -> Entry:
    raise RuntimeError("a bug of ours")


def fail(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, document: object = CALL_COMPLETED) -> str:
    """Let an event come whose processor fails as often as it is tried; return its key."""
    key = deliver(document)
    with monkeypatch.context() as patched:
        patched.setattr("messaging.consumer._act", broken)
        for _ in range(MAX_RECEIVES):
            cloud.poll(KIND)
    cloud.poll(KIND)  # moves it to the dead letters
    assert cloud.ledger(key)["status"] == "failed"
    return key


def outcomes(document: Any) -> list[tuple[str, str, str | None]]:
    return [(one["key"], one["outcome"], one["note"]) for one in document["events"]]


def everything(cloud: Cloud) -> list[Item]:
    return sorted(cloud.items(), key=lambda item: (item["pk"], item["sk"]))


# ------------------------------------------------------------------ what is open or failed


def test_a_failed_event_is_replayed(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken, failed, mended, replayed: processed, once on the timeline, and it tells why."""
    key = fail(cloud, monkeypatch)
    document = hooks("replay", key, *WHY)
    assert {name: document[name] for name in ("dry_run", "replayed", "skipped", "failed")} == {
        "dry_run": False,
        "replayed": 1,
        "skipped": 0,
        "failed": 0,
    }
    item = cloud.ledger(key)
    assert item["status"] == "received"
    assert not item.keys() & {"error", "attempts", "sweeps", "stuck_at"}
    assert item["failed_at"]
    assert [one.key for one in opened(cloud)] == [key]
    assert cloud.poll(KIND) == []
    shown = hooks("show", key)
    assert (shown["status"], shown["attempts"], shown["error"]) == ("processed", 1, None)
    [told] = shown["replays"]
    assert (told["reason"], told["was"]) == ("the processor is mended", "failed")
    assert len(cloud.timeline(NUMBER)) == 1
    assert opened(cloud) == []


def opened(cloud: Cloud) -> list[Any]:
    return list(SweepLedger(lambda: cloud.dynamodb, cloud.table).open_events(10))


def test_a_replayed_event_may_fail_again(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has all its tries anew, and is failed again; the next replay is told beside the first."""
    key = fail(cloud, monkeypatch)
    hooks("replay", key, *WHY)
    with monkeypatch.context() as patched:
        patched.setattr("messaging.consumer._act", broken)
        cloud.poll(KIND)
        assert cloud.ledger(key)["status"] == "received"
        for _ in range(MAX_RECEIVES - 1):
            cloud.poll(KIND)
    assert cloud.ledger(key)["status"] == "failed"
    hooks("replay", key, *WHY)
    assert [one["was"] for one in hooks("show", key)["replays"]] == ["failed", "failed"]
    cloud.poll(KIND)
    assert cloud.ledger(key)["status"] == "processed"


def test_a_dry_run_changes_nothing(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells what would happen to each; not a byte of the table is another, nothing is sent."""
    failed = fail(cloud, monkeypatch)
    done = deliver(changed(CALL_COMPLETED, call_id="done"))
    cloud.poll(KIND)
    unhandled = deliver(UNKNOWN_TYPE)
    quarantined = deliver(b"no json")
    before = everything(cloud)
    keys = (failed, done, unhandled, quarantined, "nobody")
    document = hooks("replay", *keys, "--reason", "look", "--dry-run", code=1)
    assert outcomes(document) == [
        (failed, "replayed", None),
        (done, "skipped", "processed; --force replays it all the same"),
        (unhandled, "skipped", "no processor for call.teleported"),
        (quarantined, "skipped", "still unreadable: not-json"),
        ("nobody", "failed", "there is no such event"),
    ]
    assert (document["dry_run"], document["replayed"], document["skipped"]) == (True, 1, 3)
    hooks("replay", done, "--force", "--reason", "look", "--dry-run")
    assert everything(cloud) == before
    assert cloud.queued(KIND) == 0
    said = hooks("replay", *keys, "--reason", "look", "--dry-run", code=1, text=True)
    assert "nothing was changed; it would be: 1 replayed, 3 skipped, 1 failed" in said


def test_all_with_a_status_the_oldest_first(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--status takes all, or --limit of them; --kind leaves out the others."""
    keys = [fail(cloud, monkeypatch, changed(CALL_COMPLETED, call_id=f"c{n}")) for n in range(5)]
    for number, key in enumerate(keys):
        cloud.predate(key, f"{today()}T00:00:0{number}.000Z")
    every = ("replay", "--status", "failed", "--since", "2d", "--rate", "1000", *WHY)
    assert hooks(*every, "--kind", "sms.sent", code=1) == "hooks: no events fit\n"
    first = hooks(*every, "--limit", "2", "--kind", "call_completed")
    assert [one["key"] for one in first["events"]] == keys[:2]
    assert [one["key"] for one in hooks(*every)["events"]] == keys[2:]
    assert hooks(*every, code=1) == "hooks: no events fit\n"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def test_what_is_skipped_does_not_count(hooks: Hooks) -> None:
    """--limit is of what is replayed; and nothing is begun that could be too many."""
    begun: list[str] = []

    def one(key: str) -> replay.Outcome:
        begun.append(key)
        return replay.Outcome(key, replay.SKIPPED if key < "c" else replay.REPLAYED)

    ran = list(replay.run(one, "abcdefg", 1000, 2, sleep=lambda _: None))
    assert [name.key for name in ran] == sorted(begun) == ["a", "b", "c", "d"]


def test_the_pace_holds_over_all(hooks: Hooks) -> None:
    """Ten at four a second: a quarter of a second each after the first, whatever was skipped."""
    slept: list[float] = []

    def one(key: str) -> replay.Outcome:
        return replay.Outcome(key, replay.SKIPPED)

    list(replay.run(one, "abcdefghij", 4, 1, clock=lambda: 0.0, sleep=slept.append))
    assert slept == [number / 4 for number in range(10)]


def test_two_replays_at_once(cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """One takes the event, the other finds it changed; one message, one effect."""
    key = fail(cloud, monkeypatch)
    real = replay.Replay._reopen
    said: list[replay.Outcome] = []

    def overtaken(self: replay.Replay, event: Any, item: Any) -> replay.Outcome:
        monkeypatch.setattr(replay.Replay, "_reopen", real)
        said.append(replay.Replay(stacks.find(None, None, None), "the other")(key))
        return real(self, event, item)

    monkeypatch.setattr(replay.Replay, "_reopen", overtaken)
    document = hooks("replay", key, *WHY, code=1)
    assert outcomes(document) == [(key, "skipped", "it changed meanwhile; look again")]
    assert [one.outcome for one in said] == ["replayed"]
    assert cloud.queued(KIND) == 1
    cloud.poll(KIND)
    assert len(cloud.timeline(NUMBER)) == 1
    assert [one["reason"] for one in hooks("show", key)["replays"]] == ["the other"]


def test_a_lost_answer_is_no_other_replay(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step took effect, its answer was lost, the client tried again: it is ours, and sent."""
    key = fail(cloud, monkeypatch)
    found = stacks.find(None, None, None)
    one = replay.Replay(found, "mended", clock=lambda: 1_800_000_000.0)
    client = found.client("dynamodb")
    real = client.update_item

    def twice(**arguments: Any) -> Any:
        real(**arguments)
        return real(**arguments)

    monkeypatch.setattr(client, "update_item", twice)
    assert one(key).outcome == "replayed"
    assert cloud.queued(KIND) == 1


def test_duplicates_after_a_replay(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JustCall's delivery and a second message of before change nothing."""
    key = fail(cloud, monkeypatch)
    hooks("replay", key, *WHY)
    assert deliver(CALL_COMPLETED) == key
    assert cloud.queued(KIND) == 1, "it was sent just now: no reason to send it again"
    [record] = cloud.receive(KIND)
    assert process(KIND, record, {**record, "messageId": "again"}) == []
    item = cloud.ledger(key)
    assert (item["status"], item["deliveries"]) == ("processed", 2)
    assert len(cloud.timeline(NUMBER)) == 1


def test_what_is_received_or_stuck(cloud: Cloud, hooks: Hooks) -> None:
    """An open event is sent again; a stuck one is open again, its sweeps are forgotten."""
    key = deliver(CALL_COMPLETED)
    ledger = SweepLedger(lambda: cloud.dynamodb, cloud.table)
    [event] = opened(cloud)
    assert ledger.take(event, 1_800_000_000.0)
    assert ledger.give_up(key, 1_800_000_000.0)
    assert opened(cloud) == []
    hooks("replay", "--status", "stuck", "--since", "1h", *WHY)
    [event] = opened(cloud)
    assert event.sweeps == 0
    assert hooks("show", key)["stuck_at"] is None
    hooks("replay", key, *WHY)
    assert [one["was"] for one in hooks("show", key)["replays"]] == ["stuck", "received"]
    assert cloud.queued(KIND) == 3
    cloud.poll(KIND)
    assert len(cloud.timeline(NUMBER)) == 1


def test_a_queue_that_refuses(cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is open again and says so; the sweeper finds and sends it."""
    key = fail(cloud, monkeypatch)

    def refused(*_: object) -> None:
        raise QueueUnavailable from aws_error("ThrottlingException")

    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", refused)
        [(_, outcome, note)] = outcomes(hooks("replay", key, *WHY))
    assert outcome == "replayed"
    assert note == (
        "its queue refused it (ThrottlingException); it is open, the sweeper will send it"
    )
    ports = sweeper._ports()
    # The old dead letter is seconds old here, not a quarter of an hour as on AWS.
    monkeypatch.setattr("ledger.sweeping._CLOCKS_SECONDS", 0.0)
    run = sweep.sweep(ports, time.time() + PATIENCE_SECONDS + 1, lambda: True)
    assert run.resent == (key,)
    cloud.poll(KIND)
    assert cloud.ledger(key)["status"] == "processed"


def test_a_table_that_refuses(cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """One event's refusal is told, and the others are replayed."""
    one, other = (
        fail(cloud, monkeypatch, changed(CALL_COMPLETED, call_id=name)) for name in ("a", "b")
    )
    real = Reopening.reopen

    def throttled(self: Any, item: Any, now: float) -> bool:
        if item["pk"]["S"] == f"event#{one}":
            raise aws_error("ThrottlingException")
        return real(self, item, now)

    monkeypatch.setattr(Reopening, "reopen", throttled)
    document = hooks("replay", one, other, *WHY, code=1)
    assert outcomes(document) == [
        (one, "failed", "AWS refused: ThrottlingException"),
        (other, "replayed", None),
    ]


def test_a_body_in_parts(cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole body travels, and none of what lies beside it as evidence."""
    text = "".join(f"{number:x} " for number in range(150_000))
    document = changed(CALL_COMPLETED, notes=text)
    key = fail(cloud, monkeypatch, document)
    deliver(changed(CALL_COMPLETED, notes=text[::-1]))  # evidence, in parts too
    deliver(changed(CALL_COMPLETED, notes="other"))
    hooks("replay", key, *WHY)
    [record] = cloud.receive(KIND)
    assert json.loads(json.loads(record["body"])["body"]) == document
    assert len(hooks("show", key)["conflicts"]) == 2


def test_a_body_that_is_not_whole(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a body is not sent."""
    key = fail(cloud, monkeypatch)
    monkeypatch.setattr(bodies, "unpack", lambda _: None)
    document = hooks("replay", key, *WHY, code=1)
    assert outcomes(document) == [(key, "failed", "its body is not whole")]
    assert cloud.queued(KIND) == 0


# ------------------------------------------------------------------ processed


def test_processed_events_are_left_alone(cloud: Cloud, hooks: Hooks) -> None:
    """Without --force nothing of them changes."""
    key = deliver(CALL_COMPLETED)
    cloud.poll(KIND)
    before = everything(cloud)
    document = hooks("replay", key, *WHY, code=1)
    assert outcomes(document) == [(key, "skipped", "processed; --force replays it all the same")]
    assert everything(cloud) == before


@pytest.mark.parametrize("moved", [False, True], ids=["to the same place", "to another place"])
def test_forced_it_is_as_if_it_ran_once(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, *, moved: bool
) -> None:
    """One entry, where the processor of now puts it."""
    key = deliver(CALL_COMPLETED)
    cloud.poll(KIND)
    [before] = cloud.timeline(NUMBER)
    hooks("replay", key, "--force", *WHY)
    assert cloud.timeline(NUMBER) == []
    assert not cloud.ledger(key).keys() & {"contact", "at", "processed_at"}
    if moved:
        monkeypatch.setattr("justcall.timeline.number_of", lambda _: "+14155550000")
        monkeypatch.setattr("justcall.envelope.event_time", lambda _: "2026-03-12T09:00:00.000Z")
    cloud.poll(KIND)
    entries = [item for item in cloud.items() if item["pk"].startswith("contact#")]
    assert len(entries) == 1
    assert cloud.ledger(key)["status"] == "processed"
    if moved:
        assert entries[0]["pk"] == "contact#+14155550000"
    else:
        assert cloud.timeline(NUMBER) == [before]
    assert [one["was"] for one in hooks("show", key)["replays"]] == ["processed"]


def test_forced_all_that_were_processed(cloud: Cloud, hooks: Hooks) -> None:
    """--status processed goes with --force; nothing else is touched."""
    key = deliver(CALL_COMPLETED)
    cloud.poll(KIND)
    deliver(SMS_RECEIVED)
    document = hooks(
        "replay", "--status", "processed", "--kind", KIND, "--since", "1h", "--force", *WHY
    )
    assert outcomes(document) == [(key, "replayed", None)]


def test_forced_while_it_changes(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that was put elsewhere meanwhile stays, and so does the event."""
    key = deliver(CALL_COMPLETED)
    cloud.poll(KIND)
    real = Reopening.reopen_processed

    def later(self: Any, item: Any, now: float) -> bool:
        return real(self, {**item, "contact": {"S": "+14155550000"}}, now)

    monkeypatch.setattr(Reopening, "reopen_processed", later)
    document = hooks("replay", key, "--force", *WHY, code=1)
    assert outcomes(document) == [(key, "skipped", "it changed meanwhile; look again")]
    assert len(cloud.timeline(NUMBER)) == 1
    assert cloud.ledger(key)["status"] == "processed"
    assert cloud.queued(KIND) == 0


def test_an_old_item_is_not_forced(cloud: Cloud, hooks: Hooks) -> None:
    """Where the entry stands was not written then, so it can't be taken away."""
    key = deliver(CALL_COMPLETED)
    cloud.poll(KIND)
    cloud.dynamodb.update_item(
        TableName=cloud.table,
        Key={"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}},
        UpdateExpression="REMOVE contact",
    )
    [(_, outcome, note)] = outcomes(hooks("replay", key, "--force", *WHY, code=1))
    assert outcome == "skipped"
    assert note == "processed before the ledger told where its timeline entry stands"


# ------------------------------------------------------------------ unhandled and quarantined


def test_an_unhandled_event_whose_processor_came(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits until its type is a kind; then it is processed like any other."""
    with monkeypatch.context() as patched:
        patched.setattr("justcall.catalogue.TYPES", {})
        patched.setattr("justcall.keys.TYPES", {})
        key = deliver(CALL_COMPLETED)
        document = hooks("replay", "--status", "unhandled", "--since", "1h", *WHY, code=1)
        assert outcomes(document) == [(key, "skipped", "no processor for call.completed")]
    assert cloud.ledger(key)["status"] == "unhandled"
    hooks("replay", "--status", "unhandled", "--since", "1h", *WHY)
    cloud.poll(KIND)
    assert cloud.ledger(key)["status"] == "processed"
    [entry] = cloud.timeline(NUMBER)
    assert entry["key"] == key


@pytest.fixture
def quarantined(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the key of a call that could not be read when it came, six months ago."""

    def unreadable(*_: object) -> envelope.Envelope:
        raise Unreadable("not-json")

    with monkeypatch.context() as patched:
        patched.setattr("justcall.envelope.read", unreadable)
        patched.setattr("justcall.envelope.is_probe", lambda *_, **__: False)
        past = SimpleNamespace(time=lambda: 1_788_888_888.0, monotonic=time.monotonic)
        patched.setattr("handler.app.time", past)
        key = deliver(CALL_COMPLETED)
    assert cloud.ledger(key)["status"] == "quarantined"
    return key


def test_a_quarantined_body_that_can_be_read_now(
    cloud: Cloud, hooks: Hooks, quarantined: str
) -> None:
    """It is kept under its own key with its own time and acted on; what it was stays as it was."""
    document = hooks("replay", quarantined, *WHY)
    [one] = document["events"]
    key = one["replayed_as"]
    assert key == key_of(body(CALL_COMPLETED))
    cloud.poll(KIND)
    old, new = cloud.ledger(quarantined), cloud.ledger(key)
    assert (old["status"], old["replayed_as"]) == ("quarantined", key)
    assert new["status"] == "processed"
    for name in ("received_at", "expires_at", "body_hash"):
        assert new[name] == old[name], name
    assert len(cloud.timeline(NUMBER)) == 1
    shown = hooks("show", quarantined)
    assert shown["replayed_as"] == key
    assert [one["was"] for one in shown["replays"]] == ["quarantined"]
    again = hooks("replay", quarantined, *WHY, code=1)
    assert outcomes(again) == [(quarantined, "skipped", f"replayed before as {key}")]
    deliver(CALL_COMPLETED)
    assert cloud.queued(KIND) == 0


def test_a_replay_that_died_halfway(
    cloud: Cloud, hooks: Hooks, quarantined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one finds its own new event, sends it and notes it."""
    with monkeypatch.context() as patched:
        patched.setattr(replay.Replay, "_send", broken)
        with pytest.raises(RuntimeError):
            replay.Replay(stacks.find(None, None, None), "first")(quarantined)
    assert "replayed_as" not in cloud.ledger(quarantined)
    hooks("replay", quarantined, *WHY)
    assert cloud.queued(KIND) == 1


@pytest.mark.parametrize(
    ("document", "outcome", "note"),
    [
        (CALL_COMPLETED, "skipped", "kept under that key already"),
        (
            changed(CALL_COMPLETED, duration=1),
            "replayed",
            "that key has other content: kept there as a conflict",
        ),
    ],
    ids=["the same", "another"],
)
def test_a_key_that_was_taken_meanwhile(
    cloud: Cloud, hooks: Hooks, quarantined: str, document: Any, outcome: str, note: str
) -> None:
    """The event that came first keeps its key; other content becomes its evidence."""
    key = deliver(document)
    cloud.poll(KIND)
    code = 1 if outcome == "skipped" else 0
    assert outcomes(hooks("replay", quarantined, *WHY, code=code)) == [(quarantined, outcome, note)]
    assert cloud.ledger(quarantined)["replayed_as"] == key
    assert len(hooks("show", key)["conflicts"]) == (outcome == "replayed")
    assert cloud.queued(KIND) == 0


def test_read_but_of_no_kind(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, quarantined: str
) -> None:
    """It becomes an unhandled event, which waits for its processor."""
    monkeypatch.setattr("justcall.catalogue.TYPES", {})
    [one] = hooks("replay", quarantined, *WHY)["events"]
    assert one["note"] == "no processor for call.completed"
    assert cloud.ledger(one["replayed_as"])["status"] == "unhandled"
    assert cloud.queued(KIND) == 0


# ------------------------------------------------------------------ asking, and being interrupted


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
def test_a_person_is_asked(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    """At a terminal, for more than one event; no is no."""
    keys = [deliver(changed(CALL_COMPLETED, call_id=f"c{number}")) for number in range(2)]
    asked: list[str] = []

    def confirm(text: str, **_: Any) -> None:
        asked.append(text)
        if answer == "n\n":
            raise typer.Abort

    monkeypatch.setattr("cli.replay_command.typer.confirm", confirm)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    before = everything(cloud)
    hooks("replay", *keys, "--reason", "x", code=code)
    assert asked == ["replay 2 events?"]
    assert (everything(cloud) == before) == (code == 1)
    hooks("replay", keys[0], "--reason", "x")
    hooks("replay", *keys, "--reason", "x", "--yes")
    hooks("replay", *keys, "--reason", "x", "--dry-run")
    assert len(asked) == 1


def test_an_interruption_is_told(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends it, and what was done is listed all the same."""
    keys = [deliver(changed(CALL_COMPLETED, call_id=f"c{number}")) for number in range(3)]

    def interrupted(*_: Any) -> Any:
        yield replay.Outcome(keys[0], replay.REPLAYED, "received")
        raise KeyboardInterrupt

    monkeypatch.setattr(replay, "run", interrupted)
    document = hooks("replay", *keys, *WHY, code=1)
    assert [one["outcome"] for one in document["events"]] == ["replayed", "failed", "failed"]
    assert "interrupted" in document["events"][1]["note"]


# ------------------------------------------------------------------ dead letters


def test_dead_letters_are_counted_and_stay(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind has its count; showing them leaves them where they are, for others to see."""
    keys = {fail(cloud, monkeypatch, changed(CALL_COMPLETED, call_id=f"c{n}")) for n in range(12)}
    poison(cloud, "no message of ours: secret 0815")
    counted = {one["kind"]: one for one in hooks("dlq")}
    assert list(counted) == list(KINDS)
    assert counted[KIND] == {"kind": KIND, "dead_letters": 13, "in_flight": 0}
    assert counted["sms.sent"]["dead_letters"] == 0
    found = hooks("dlq", "show", KIND)
    assert {one["key"] for one in found} == {*keys, None}
    for one in found:
        assert one["receives"] >= 1
        if one["key"]:
            assert (one["status"], one["error"]) == ("failed", "unexpected: RuntimeError")
    [strange] = [one for one in found if one["key"] is None]
    assert strange["bytes"] == 31
    said = hooks("dlq", "show", KIND, text=True)
    assert f"poison: message {strange['message_id']}, 31 bytes" in said
    assert "0815" not in said + json.dumps(found)
    assert len(hooks("dlq", "show", KIND, "--limit", "4")) == 4
    assert cloud.queued(KIND, dead=True) == 13
    assert hooks("dlq", "show", "sms.sent") == []


def poison(cloud: Cloud, text: str) -> None:
    url = stack.queue_url("CallCompletedDeadLetterQueue")
    cloud.sqs.send_message(QueueUrl=url, MessageBody=text)


def test_dead_letters_are_redriven(
    cloud: Cloud, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All go back to their queue and are processed, with the ledger's word for it."""

    def unknown(_: object) -> None:
        raise JsonRESTError("UnknownOperationException", "as an SQS without it says")

    monkeypatch.setattr(SQSResponse, "start_message_move_task", unknown, raising=False)
    keys = [fail(cloud, monkeypatch, changed(CALL_COMPLETED, call_id=f"c{n}")) for n in range(3)]
    document = hooks("dlq", "redrive", "--all", "--dry-run")
    [would] = document["kinds"]
    assert (document["dry_run"], would["kind"], would["dead_letters"]) == (True, KIND, 3)
    assert cloud.queued(KIND, dead=True) == 3
    [did] = hooks("dlq", "redrive", KIND, "--rate", "500")["kinds"]
    assert did == {
        "kind": KIND,
        "dead_letters": 3,
        "moved": 3,
        "way": "one by one",
        "failure": None,
    }
    assert cloud.queued(KIND, dead=True) == 0
    assert cloud.poll(KIND) == []
    assert {cloud.ledger(key)["status"] for key in keys} == {"processed"}
    assert len(cloud.timeline(NUMBER)) == 3
    assert hooks("dlq", "redrive", "--all") == {"dry_run": False, "kinds": []}


class Deployment:
    """What redriving knows of a stack, with an SQS client that was told what to answer."""

    def __init__(self, sqs: StubClient) -> None:
        self.sqs = sqs
        self.queues = self.dead_letter_queues = {KIND: "url"}

    def client(self, _service: str) -> StubClient:
        return self.sqs


def redriven(sqs: StubClient) -> tuple[list[dead_letters.Moved], list[float]]:
    slept: list[float] = []
    deployment: Any = Deployment(sqs)
    return list(dead_letters.redrive(deployment, KIND, 7, sleep=slept.append)), slept


ARN = {"Attributes": {"QueueArn": "arn:dead"}}


@pytest.mark.parametrize(
    ("end", "failure"),
    [
        ({"Status": "COMPLETED"}, None),
        ({"Status": "CANCELLED"}, "cancelled"),
        ({"Status": "FAILED", "FailureReason": "AccessDenied"}, "AccessDenied"),
    ],
    ids=["completed", "cancelled", "failed"],
)
def test_sqs_moves_them_itself(end: dict[str, str], failure: str | None) -> None:
    """Where SQS can, it does: back to where they came from, at the rate, watched to the end."""
    states = iter(
        [
            {"Status": "RUNNING"},
            {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2},
            {"ApproximateNumberOfMessagesMoved": 3, **end},
        ]
    )
    sqs = StubClient(
        get_queue_attributes=ARN, list_message_move_tasks=lambda **_: {"Results": [next(states)]}
    )
    moved, slept = redriven(sqs)
    assert [one.moved for one in moved] == [0, 2, 3]
    assert moved[-1] == dead_letters.Moved("SQS's own move", 3, failure)
    assert len(slept) == 2
    assert (
        "start_message_move_task",
        {"SourceArn": "arn:dead", "MaxNumberOfMessagesPerSecond": 7},
    ) in sqs.calls


def test_a_refusal_is_no_reason_for_the_other_way() -> None:
    """Without the right to move messages nothing is moved in another way."""
    sqs = StubClient(
        get_queue_attributes=ARN, start_message_move_task=aws_error("AccessDeniedException")
    )
    with pytest.raises(Exception, match="AccessDenied"):
        redriven(sqs)
    assert "receive_message" not in sqs.operations


def test_what_could_not_be_sent_is_not_deleted() -> None:
    """The dead letter is deleted after it was sent, never before."""
    message = {"Body": "b", "ReceiptHandle": "r"}
    counts = {"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "0"}
    sqs = StubClient(
        get_queue_attributes={"Attributes": {"QueueArn": "arn:dead", **counts}},
        start_message_move_task=aws_error("InvalidAction"),
        receive_message={"Messages": [message]},
        send_message=aws_error("ThrottlingException"),
    )
    with pytest.raises(Exception, match="Throttling"):
        redriven(sqs)
    assert "delete_message" not in sqs.operations
