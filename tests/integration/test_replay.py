"""`hooks replay` and `hooks dlq`: every event that waits for a person can be acted on, once."""

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from moto.core.exceptions import JsonRESTError
from moto.sqs.responses import SQSResponse

from cli import history, redriving, replay
from cli import stack as stacks
from cli.commands import replay as command
from cli.outcomes import FAILED, REPLAYED, SKIPPED, Outcome
from cli.send import key_of
from errors import QueueUnavailable, Unreadable
from justcall import envelope
from justcall.keys import content_hash, quarantine_key
from ledger import bodies
from ledger.events import Ledger
from tests.support.fakes import StubClient, aws_error
from tests.support.ledger_rows import letter
from tests.support.program import Deployment, Hooks, deployed, hooks, local, place
from tests.support.samples import CALL_COMPLETED, body, changed

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

KIND = "call.completed"
WHY = ("--reason", "the processor is fixed", "--yes", "--json")
BODY = body(CALL_COMPLETED)


def outcomes(document: Any) -> list[tuple[str, str, str | None]]:
    return [(one["key"], one["outcome"], one["note"]) for one in document["events"]]


# ------------------------------------------------------------------ what is open or failed


@pytest.mark.parametrize("status", ["failed", "stuck", "received"])
def test_an_event_is_received_again_and_sent(
    deployed: Deployment, hooks: Hooks, status: str
) -> None:
    key = deployed.rows.put_call(
        status, error="x", attempts=5, sweeps=3, failed_at="t", stuck_at="t"
    )
    document = hooks("replay", key, *WHY).json
    assert [document[name] for name in ("dry_run", "replayed", "skipped", "failed")] == [
        False,
        1,
        0,
        0,
    ]
    item = deployed.rows.get(key)
    assert item["status"] == "received"
    assert not item.keys() & {"error", "attempts", "sweeps", "failed_at", "stuck_at"}
    [message] = deployed.messages(KIND)
    assert message["key"] == key
    [told] = hooks("show", key, "--json").json["replays"]
    assert (told["reason"], told["was"]) == ("the processor is fixed", status)
    assert key in hooks("events", "--status", "received").out


def test_each_replay_is_kept_in_the_history(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put_call("failed")
    hooks("replay", key, *WHY)
    hooks("replay", key, "--reason", "again", "--yes")
    replays = hooks("show", key, "--json").json["replays"]
    assert [one["was"] for one in replays] == ["failed", "received"]
    assert "again" in hooks("show", key).out


def test_a_dry_run_changes_nothing(deployed: Deployment, hooks: Hooks) -> None:
    failed = deployed.rows.put_call("failed", "1")
    done = deployed.rows.put_call("processed", "2")
    unhandled = deployed.rows.put("call.teleported:3", "unhandled", body=BODY)
    quarantined = deployed.rows.put("quarantined:4", "quarantined", body=b"no json")
    before = deployed.rows.everything()
    keys = (failed, done, unhandled, quarantined, "nobody")
    ran = hooks("replay", *keys, "--reason", "look", "--dry-run", "--json")
    assert ran.code == 1
    assert [(one["key"], one["outcome"]) for one in ran.json["events"]] == [
        (failed, "replayed"),
        (done, "skipped"),
        (unhandled, "skipped"),
        (quarantined, "skipped"),
        ("nobody", "failed"),
    ]
    hooks("replay", done, "--force", "--reason", "look", "--dry-run")
    assert deployed.rows.everything() == before
    assert deployed.messages(KIND) == []
    said = hooks("replay", *keys, "--reason", "look", "--dry-run").out
    assert "1 replayed, 3 skipped, 1 failed" in said


def test_all_with_a_status_are_replayed_oldest_first(deployed: Deployment, hooks: Hooks) -> None:
    keys = [
        deployed.rows.put_call("failed", f"c{n}", received_at=f"2026-03-1{n}T00:00:00.000Z")
        for n in range(5)
    ]
    every = ("replay", "--status", "failed", "--rate", "1000", *WHY)
    assert hooks(*every, "--kind", "sms.sent").code == 1
    first = hooks(*every, "--limit", "2", "--kind", "call_completed").json
    assert [one["key"] for one in first["events"]] == keys[:2]
    assert [one["key"] for one in hooks(*every).json["events"]] == keys[2:]
    assert hooks(*every).code == 1


def test_limit_does_not_count_skipped_events() -> None:
    begun: list[str] = []

    def one(key: str) -> Outcome:
        begun.append(key)
        return Outcome(key, SKIPPED if key < "c" else REPLAYED)

    ran = list(command.run(one, "abcdefg", 1000, 2, lambda keys, _: iter(keys)))
    assert [name.key for name in ran] == sorted(begun) == ["a", "b", "c", "d"]


def test_of_two_replays_at_once_one_is_skipped(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put_call("failed")
    real = Ledger.reopen

    def overtaken(self: Ledger, *arguments: Any) -> bool:
        monkeypatch.setattr(Ledger, "reopen", real)
        other = replay.Replay(stacks.find(None, None, None), "the other")
        assert other(key).outcome == "replayed"
        return real(self, *arguments)

    monkeypatch.setattr(Ledger, "reopen", overtaken)
    [(_, outcome, _note)] = outcomes(hooks("replay", key, *WHY).json)
    assert outcome == "skipped"
    assert len(deployed.messages(KIND)) == 1
    assert [one["reason"] for one in hooks("show", key, "--json").json["replays"]] == ["the other"]


def test_a_queue_that_refuses_leaves_the_event_to_the_sweeper(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put_call("failed")

    def refused(*_: object) -> None:
        raise QueueUnavailable from aws_error("ThrottlingException")

    monkeypatch.setattr("messaging.queues.Queues.send", refused)
    [(_, outcome, note)] = outcomes(hooks("replay", key, *WHY).json)
    assert (outcome, "ThrottlingException" in (note or "")) == ("replayed", True)
    assert deployed.rows.get(key)["status"] == "received"


def test_a_reason_that_is_not_kept_stops_no_replay(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put_call("failed")

    def throttled(*_: object) -> None:
        raise aws_error("ThrottlingException")

    monkeypatch.setattr(history.History, "add", throttled)
    [(_, outcome, note)] = outcomes(hooks("replay", key, *WHY).json)
    assert (outcome, "reason" in (note or "")) == ("replayed", True)
    assert len(deployed.messages(KIND)) == 1


def test_one_events_failure_stops_no_other(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = deployed.rows.put_call("failed", "a"), deployed.rows.put_call("failed", "b")
    real = Ledger.reopen

    def throttled(self: Ledger, key: str, *arguments: Any) -> bool:
        if key == one:
            raise aws_error("ThrottlingException")
        return real(self, key, *arguments)

    monkeypatch.setattr(Ledger, "reopen", throttled)
    ran = hooks("replay", one, other, *WHY)
    assert ran.code == 1
    assert [result[:2] for result in outcomes(ran.json)] == [(one, "failed"), (other, "replayed")]


def test_a_damaged_body_is_not_sent(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put_call("failed")
    monkeypatch.setattr(bodies, "unpack", lambda _: None)
    [(_, outcome, _note)] = outcomes(hooks("replay", key, *WHY).json)
    assert (outcome, deployed.messages(KIND)) == ("failed", [])


# ------------------------------------------------------------------ processed


def test_processed_events_need_force(deployed: Deployment, hooks: Hooks) -> None:
    entry = {"at": "2026-03-12T14:30:00.000Z", "number": "+14155559876"}
    key = deployed.rows.put_call("processed", entry=entry, processed_at="t")
    before = deployed.rows.everything()
    assert hooks("replay", key, *WHY).code == 1
    assert deployed.rows.everything() == before
    assert hooks("replay", key, "--force", *WHY).code == 0
    item = deployed.rows.get(key)
    assert item["status"] == "received"
    assert not item.keys() & {"contact", "at", "entry", "processed_at"}
    assert hooks("timeline", "+14155559876", "--json").json == []
    assert len(deployed.messages(KIND)) == 1


def test_all_processed_events_of_a_kind(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put_call("processed")
    deployed.rows.put("sms.sent:1", "processed", body=BODY)
    every = ("replay", "--status", "processed", "--kind", KIND, "--since", "1h", "--force", *WHY)
    assert outcomes(hooks(*every).json) == [(key, "replayed", None)]


# ------------------------------------------------------------------ unhandled and quarantined


def test_an_unhandled_event_waits_for_its_processor(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put_call("unhandled")
    with monkeypatch.context() as patched:
        patched.setattr("justcall.catalogue.TYPES", {})
        assert hooks("replay", "--status", "unhandled", *WHY).code == 1
    assert deployed.rows.get(key)["status"] == "unhandled"
    assert hooks("replay", "--status", "unhandled", *WHY).code == 0
    assert len(deployed.messages(KIND)) == 1


@pytest.fixture
def quarantined(deployed: Deployment) -> str:
    """Return the key of a call that could not be read when it came."""
    key = quarantine_key(content_hash(BODY))
    return deployed.rows.put(key, "quarantined", body=BODY)


def test_a_quarantined_body_becomes_an_event_when_it_can_be_read(
    deployed: Deployment, hooks: Hooks, quarantined: str
) -> None:
    [one] = hooks("replay", quarantined, *WHY).json["events"]
    key = one["replayed_as"]
    assert key == key_of(BODY)
    old, new = deployed.rows.get(quarantined), deployed.rows.get(key)
    assert (old["status"], old["replayed_as"], new["status"]) == ("quarantined", key, "received")
    assert (new["received_at"], new["body_hash"]) == (old["received_at"], old["body_hash"])
    assert len(deployed.messages(KIND)) == 1
    assert [one["was"] for one in hooks("show", quarantined, "--json").json["replays"]] == [
        "quarantined"
    ]
    [(_, outcome, _note)] = outcomes(hooks("replay", quarantined, *WHY).json)
    assert outcome == "skipped"


def test_a_body_that_is_still_unreadable_is_skipped(
    deployed: Deployment, hooks: Hooks, quarantined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> envelope.Envelope:
        raise Unreadable("not-json")

    monkeypatch.setattr("justcall.envelope.read", unreadable)
    [(_, outcome, note)] = outcomes(hooks("replay", quarantined, *WHY).json)
    assert (outcome, "not-json" in (note or "")) == ("skipped", True)


def test_a_replay_that_died_halfway_is_completed_by_the_next(
    deployed: Deployment, hooks: Hooks, quarantined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(replay.Replay, "_send", dies)
        with pytest.raises(RuntimeError):
            replay.Replay(stacks.find(None, None, None), "first")(quarantined)
    assert "replayed_as" not in deployed.rows.get(quarantined)
    hooks("replay", quarantined, *WHY)
    assert len(deployed.messages(KIND)) == 1


@pytest.mark.parametrize("same", [True, False], ids=["the same body", "another body"])
def test_the_event_that_has_the_key_keeps_it(
    deployed: Deployment, hooks: Hooks, quarantined: str, *, same: bool
) -> None:
    content = BODY if same else body(changed(CALL_COMPLETED, duration=1))
    key = deployed.rows.put(str(key_of(BODY)), "processed", body=content)
    [(_, outcome, _note)] = outcomes(hooks("replay", quarantined, *WHY).json)
    assert outcome == ("skipped" if same else "replayed")
    assert deployed.rows.get(quarantined)["replayed_as"] == key
    assert len(hooks("show", key, "--json").json["conflicts"]) == (0 if same else 1)
    assert deployed.messages(KIND) == []


def test_a_replayed_quarantined_event_keeps_how_it_was_signed(
    deployed: Deployment, hooks: Hooks
) -> None:
    """Though its body looks like the other dialect's."""
    told: dict[str, Any] = {"dialect": "url-signed", "event_time": "2026-03-12T14:40:00.000Z"}
    key = quarantine_key(content_hash(BODY))
    deployed.rows.put(key, "quarantined", body=BODY, **told)
    [one] = hooks("replay", key, *WHY).json["events"]
    new = deployed.rows.get(one["replayed_as"])
    assert {name: new[name] for name in told} == told
    [message] = deployed.messages(KIND)
    assert message["dialect"] == "url-signed"


def test_a_quarantined_body_of_unknown_type_becomes_unhandled(
    deployed: Deployment, hooks: Hooks, quarantined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("justcall.catalogue.TYPES", {})
    [one] = hooks("replay", quarantined, *WHY).json["events"]
    assert deployed.rows.get(one["replayed_as"])["status"] == "unhandled"
    assert deployed.messages(KIND) == []


# ------------------------------------------------------------------ asking, and being interrupted


@pytest.mark.parametrize("agrees", [True, False])
def test_a_person_is_asked_before_many_are_replayed(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch, *, agrees: bool
) -> None:
    keys = [deployed.rows.put_call("failed", f"c{number}") for number in range(2)]
    asked: list[str] = []

    def confirm(text: str, **_: Any) -> None:
        asked.append(text)
        if not agrees:
            raise typer.Abort

    monkeypatch.setattr("cli.commands.replay.typer.confirm", confirm)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    before = deployed.rows.everything()
    assert hooks("replay", *keys, "--reason", "x").code == (0 if agrees else 1)
    assert len(asked) == 1
    assert (deployed.rows.everything() == before) != agrees
    hooks("replay", keys[0], "--reason", "x")
    hooks("replay", *keys, "--reason", "x", "--yes")
    hooks("replay", *keys, "--reason", "x", "--dry-run")
    assert len(asked) == 1


def test_an_interrupted_replay_lists_what_was_done(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [deployed.rows.put_call("failed", f"c{number}") for number in range(3)]

    def interrupted(*_: Any) -> Any:
        yield Outcome(keys[0], REPLAYED, "received")
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    ran = hooks("replay", *keys, *WHY)
    assert ran.code == 1
    assert [one["outcome"] for one in ran.json["events"]] == [REPLAYED, FAILED, FAILED]
    assert "interrupted" in ran.json["events"][1]["note"]


# ------------------------------------------------------------------ dead letters


@pytest.fixture
def dead(deployed: Deployment) -> list[str]:
    """Return the keys of twelve calls and a text that are dead letters, beside some poison."""
    keys = [deployed.rows.put_call("failed", f"c{n}", error="boom") for n in range(12)]
    keys.append(deployed.rows.put("sms.sent:1", "failed", body=BODY))
    for key in keys:
        deployed.send_dead(letter(key))
    deployed.send_dead("no message of ours: secret 0815")
    return keys


@pytest.fixture(autouse=True)
def no_move_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto's SQS know no StartMessageMoveTask, like the local stack's."""

    def unknown(_: object) -> None:
        raise JsonRESTError("UnknownOperationException", "as an SQS without it says")

    monkeypatch.setattr(SQSResponse, "start_message_move_task", unknown, raising=False)


def test_dead_letters_are_counted_by_kind_and_stay(
    deployed: Deployment, hooks: Hooks, dead: list[str]
) -> None:
    document = hooks("dlq", "--json").json
    assert (document["dead_letters"], document["in_flight"]) == (14, 0)
    counts = {one["kind"]: one["dead_letters"] for one in document["kinds"]}
    assert counts == {KIND: 12, "sms.sent": 1, None: 1}
    found = hooks("dlq", "show", "--json").json
    assert {one["key"] for one in found} == {*dead, None}
    by_key = {one["key"]: one for one in found}
    assert (by_key[dead[0]]["status"], by_key[dead[0]]["error"]) == ("failed", "boom")
    assert (by_key[None]["bytes"], by_key[None]["kind"]) == (31, None)
    assert "0815" not in json.dumps(found) + hooks("dlq", "show").out
    assert len(hooks("dlq", "show", "--json", "--limit", "4").json) == 4
    assert [one["key"] for one in hooks("dlq", "show", "--kind", "sms.sent", "--json").json] == [
        dead[-1]
    ]
    assert deployed.depth("dead-letters") == 14


@pytest.mark.parametrize(
    ("chosen", "moved", "left"),
    [(["--all"], 13, 1), (["--kind", "sms_sent"], 1, 13), (["--kind", KIND], 12, 2)],
    ids=["all", "the text", "the calls"],
)
def test_dead_letters_go_back_one_by_one(
    deployed: Deployment, hooks: Hooks, dead: list[str], chosen: list[str], moved: int, left: int
) -> None:
    """Where SQS can't move them, and where only some are to be moved; poison stays."""
    preview = hooks("dlq", "redrive", *chosen, "--dry-run", "--json").json
    assert (preview["dry_run"], preview["moved"], preview["way"]) == (True, 0, None)
    assert deployed.depth("dead-letters") == 14
    done = hooks("dlq", "redrive", *chosen, "--rate", "500", "--json").json
    assert (done["moved"], done["way"], done["failure"]) == (moved, "one by one", None)
    assert deployed.depth("dead-letters") == left
    assert deployed.depth("events-call_completed") == (0 if moved == 1 else 12)
    assert deployed.depth("events-sms_sent") == (0 if moved == 12 else 1)


def test_no_dead_letters_is_a_success(deployed: Deployment, hooks: Hooks) -> None:
    assert hooks("dlq", "redrive", "--all").code == 0
    assert hooks("dlq").out.startswith("No dead letters")
    assert hooks("dlq", "show", "--json").json == []


def redriven(sqs: StubClient) -> tuple[list[redriving.Moved], list[float]]:
    slept: list[float] = []
    deployment: Any = SimpleNamespace(
        client=lambda _: sqs, dead_letter_queue="dead", queues={KIND: "queue"}
    )
    return list(redriving.redrive(deployment, None, 7, slept.append)), slept


COUNTS = {"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "0"}
ATTRIBUTES = {"Attributes": {"QueueArn": "arn:dead", **COUNTS}}


@pytest.mark.parametrize(
    ("end", "failure"),
    [
        ({"Status": "COMPLETED"}, None),
        ({"Status": "CANCELLED"}, "cancelled"),
        ({"Status": "FAILED", "FailureReason": "AccessDenied"}, "AccessDenied"),
    ],
    ids=["completed", "cancelled", "failed"],
)
def test_sqs_moves_them_where_it_can(end: dict[str, str], failure: str | None) -> None:
    """Without a destination: each goes back to the queue it came from."""
    states = iter(
        [
            {"Status": "RUNNING"},
            {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2},
            {"ApproximateNumberOfMessagesMoved": 3, **end},
        ]
    )
    sqs = StubClient(
        get_queue_attributes=ATTRIBUTES,
        list_message_move_tasks=lambda **_: {"Results": [next(states)]},
    )
    moved, slept = redriven(sqs)
    assert [one.moved for one in moved] == [0, 2, 3]
    assert moved[-1] == redriving.Moved("SQS's own move", 3, failure)
    assert len(slept) == 2
    asked = {"SourceArn": "arn:dead", "MaxNumberOfMessagesPerSecond": 7}
    assert ("start_message_move_task", asked) in sqs.calls


def test_a_refused_move_is_not_tried_one_by_one() -> None:
    sqs = StubClient(
        get_queue_attributes=ATTRIBUTES, start_message_move_task=aws_error("AccessDeniedException")
    )
    with pytest.raises(Exception, match="AccessDenied"):
        redriven(sqs)
    assert "receive_message" not in sqs.operations


def test_a_letter_is_deleted_only_after_it_was_sent() -> None:
    message = {"Body": letter(f"{KIND}:1"), "ReceiptHandle": "r", "MessageId": "m"}
    sqs = StubClient(
        get_queue_attributes=ATTRIBUTES,
        start_message_move_task=aws_error("InvalidAction"),
        receive_message={"Messages": [message]},
        send_message=aws_error("ThrottlingException"),
    )
    with pytest.raises(Exception, match="Throttling"):
        redriven(sqs)
    assert "delete_message" not in sqs.operations


# ------------------------------------------------------------------ evidence of a conflict

OTHER = body(changed(CALL_COMPLETED, call_id="call_1", duration=1))


def test_evidence_becomes_an_event_of_its_own(deployed: Deployment, hooks: Hooks) -> None:
    """Once, in its own dialect; the event that has the key stays as it is."""
    key = deployed.rows.put_call("processed")
    digest = deployed.rows.evidence(key, OTHER)
    before = deployed.rows.get(key)
    [one] = hooks("replay", key, "--conflict", digest[:6].upper(), *WHY).json["events"]
    again = f"{key}:{digest[:16]}"
    assert (one["outcome"], one["was"], one["replayed_as"]) == ("replayed", "conflict", again)
    new = deployed.rows.get(again)
    assert (new["status"], new["dialect"], new["text"]) == (
        "received",
        "url-signed",
        OTHER.decode(),
    )
    assert (new["received_at"], new["event_time"]) == (
        "2026-03-12T14:31:00.000Z",
        "2026-03-12T14:30:59.000Z",
    )
    [message] = deployed.messages(KIND)
    assert (message["key"], message["dialect"]) == (again, "url-signed")
    [replay] = hooks("show", again, "--json").json["replays"]
    assert (replay["was"], replay["reason"]) == ("conflict", WHY[1])
    ran = hooks("replay", key, "--conflict", digest, *WHY)
    assert (ran.code, [one["outcome"] for one in ran.json["events"]]) == (1, ["skipped"])
    assert deployed.messages(KIND) == []
    assert deployed.rows.get(key) == before


def test_show_names_the_command_that_acts_on_evidence(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put_call("processed")
    digest = deployed.rows.evidence(key, OTHER)
    shown = hooks("show", key).out
    assert f"replay {key} --conflict {digest[:12]} --reason" in shown
    assert "url-signed, received 2026-03-12T14:31:00.000Z" in shown
    [conflict] = hooks("show", key, "--json").json["conflicts"]
    assert (conflict["hash"], conflict["dialect"]) == (digest, "url-signed")


def test_evidence_is_left_alone_by_a_dry_run(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put_call("processed")
    digest = deployed.rows.evidence(key, OTHER)
    before = deployed.rows.everything()
    [one] = hooks("replay", key, "--conflict", digest, "--dry-run", *WHY).json["events"]
    assert one["replayed_as"] == f"{key}:{digest[:16]}"
    assert deployed.rows.everything() == before
    assert deployed.messages(KIND) == []


def test_evidence_whose_body_is_incomplete_fails(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put_call("processed")
    digest = deployed.rows.evidence(key, OTHER)
    where = {"pk": {"S": f"event#{key}"}, "sk": {"S": f"conflict#{digest}"}}
    deployed.rows.dynamodb.update_item(TableName="events", Key=where, UpdateExpression="REMOVE #t", ExpressionAttributeNames={"#t": "text"})  # fmt: skip
    [(_, outcome, note)] = outcomes(hooks("replay", key, "--conflict", digest, *WHY).json)
    assert (outcome, note) == ("failed", "its body is incomplete")


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (("--conflict", "ee"), 1, "No conflict ee"),
        (("--conflict", "ab"), 2, "Several conflicts begin with ab: ab01"),
        (("--conflict", " "), 2, "exactly one KEY"),
        (("another", "--conflict", "ab01"), 2, "exactly one KEY"),
    ],
)
def test_evidence_must_be_named_clearly(
    deployed: Deployment, hooks: Hooks, more: tuple[str, ...], code: int, text: str
) -> None:
    key = deployed.rows.put_call("processed")
    for digest in ("ab01" * 16, "ab02" * 16):
        deployed.rows.evidence(key, OTHER, digest)
    ran = hooks("replay", key, *more, *WHY)
    assert (ran.code, text in ran.message) == (code, True), ran
    assert deployed.messages(KIND) == []
