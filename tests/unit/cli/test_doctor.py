"""`hooks doctor` on a stack of fakes: each check's verdicts, and that none stops another."""

import json
from collections.abc import Callable, Mapping
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from urllib3.exceptions import NewConnectionError

from cli.checks import outside
from cli.checks.finding import OK, WARN, WRONG, Deployment, Finding
from cli.commands import doctor as doctors
from cli.errors import UsageError
from cli.justcall_api import Webhook
from cli.reading.table import Page
from cli.send import key_of
from cli.subscriptions import TYPES
from justcall import signature
from tests.support.fakes import StubClient, aws_error
from tests.support.program import Hooks

URL = "https://api.example.test/webhooks/justcall"
SECRET = "the stack's secret"
NOW = 1_700_000_000.0


class Paginated(StubClient):
    """CloudFormation with one page of resources."""

    def __init__(self, resources: list[dict[str, str]], **answers: Any) -> None:
        super().__init__(**answers)
        self.resources = resources

    def get_paginator(self, _operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{"StackResourceSummaries": self.resources}])


def resource(logical_id: str, kind: str, status: str = "CREATE_COMPLETE") -> dict[str, str]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": f"physical-{logical_id}",
        "ResourceType": kind,
        "ResourceStatus": status,
    }


class World:
    """A deployment that is well until a test breaks something of it."""

    name: str | None = "prod"
    is_local = False
    deliveries_queue: str | None = "deliveries"
    webhook_url = URL
    events_table = "events"
    secret_arn = "arn"
    secret: Any = SECRET

    def __init__(self) -> None:
        self.now = NOW
        self.date: str | None = formatdate(NOW, usegmt=True)
        self.get_status = 200
        self.statuses = {"signed": 200, "unsigned": 401, "forged": 401}
        self.not_utf8 = 200
        self.posted: list[bytes] = []
        self.items: dict[str, list[Any]] = {}
        self.status = "processed"
        self.keeps = False  # what is to be deleted
        self.stack_status = "CREATE_COMPLETE"
        self.resources = [
            resource("SweeperSchedule", "AWS::Scheduler::Schedule"),
            resource("AnAlarm", "AWS::CloudWatch::Alarm"),
        ]
        self.alarms = [{"AlarmName": "physical-AnAlarm", "StateValue": "OK"}]
        self.schedule = {"State": "ENABLED", "ScheduleExpression": "rate(1 minute)"}
        self.indexes = [
            {"IndexName": "timeline", "IndexStatus": "ACTIVE"},
            {"IndexName": "by_status"},
        ]
        self.queues = {"sms.sent": "queue"}
        self.dead_letter_queue = "dead"
        self.lying = {"queue": 0, "dead": 0}
        self.rotation: dict[str, Any] = {"rotation_until": None, "versions": []}
        self.broken: dict[str, Exception] = {}
        self.waiting: dict[str, list[dict[str, Any]]] = {}
        self.destinations: list[Any] = []

    def client(self, service: str) -> Any:
        if service in self.broken:
            raise self.broken[service]
        if service == "cloudformation":
            answer = {"Stacks": [{"StackStatus": self.stack_status}]}
            return Paginated(self.resources, describe_stacks=answer)
        return StubClient(
            describe_alarms=lambda **_: {"MetricAlarms": self.alarms},
            get_schedule=lambda **_: self.schedule,
            get_queue_attributes=self._attributes,
            delete_item=self._delete,
            describe_table=lambda **_: {"Table": {"GlobalSecondaryIndexes": self.indexes}},
        )

    def _attributes(self, **asked: Any) -> dict[str, Any]:
        found = dict.fromkeys(asked["AttributeNames"], "0")
        lying = {"ApproximateNumberOfMessages": str(self.lying[asked["QueueUrl"]])}
        return {"Attributes": found | lying}

    def _delete(self, **asked: Any) -> dict[str, Any]:
        key = asked["Key"]
        if not self.keeps:
            left = [one for one in self.items[key["pk"]["S"]] if one["sk"] != key["sk"]]
            self.items[key["pk"]["S"]] = left
        return {}

    # The receiver.

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self, _method: str) -> Any:
        headers = {"date": self.date} if self.date else {}
        return SimpleNamespace(status=self.get_status, headers=headers)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Any:
        self.posted.append(body)
        signed = headers.get(signature.HEADER)
        right = signed == signature.sign(body, SECRET)
        how = "signed" if right else "unsigned" if signed is None else "forged"
        status = self.statuses[how] if b"\xff" not in body else self.not_utf8
        if status == 200:
            key = key_of(body)
            event = {
                "pk": {"S": f"event#{key}"},
                "sk": {"S": "ledger"},
                "status": {"S": self.status},
            }
            self.items[f"event#{key}"] = [event]
        return SimpleNamespace(status=status)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a deployment that is well."""
    made = World()

    def receiver(_url: str) -> World:
        if "receiver" in made.broken:
            raise made.broken["receiver"]
        return made

    def partition(_stack: Any, name: str) -> list[Any]:
        return list(made.items.get(name, []))

    def ledger_items(_stack: Any, key: str) -> list[Any]:
        return partition(_stack, f"event#{key}")

    def newest(_stack: Any, wanted: Any, limit: int) -> Page:
        made.client("dynamodb")
        rows = made.waiting.get(wanted.status, [])
        return Page(rows[:limit], "before" if len(rows) > limit else None)

    def every(_stack: Any) -> list[Any]:
        made.client("dynamodb")
        return made.destinations

    monkeypatch.setattr("cli.reading.events.newest", newest)
    monkeypatch.setattr("cli.destinations.every", every)
    monkeypatch.setattr(outside, "Receiver", receiver)
    monkeypatch.setattr("cli.reading.table.partition", partition)
    monkeypatch.setattr("cli.reading.table.ledger_items", ledger_items)
    monkeypatch.setattr("cli.secret_versions.show", lambda *_: made.rotation)
    return made


def examine(world: World, where: str = " --stack prod", api: Any = None) -> dict[str, Finding]:
    def sleep(seconds: float) -> None:
        world.now += seconds

    stack: Any = world
    found = doctors.examine(Deployment(stack, where, api, lambda: world.now, sleep))
    return {one.check: one for one in found}


def test_a_healthy_deployment_is_ok_and_left_clean(world: World) -> None:
    api = SimpleNamespace(webhooks=lambda: [Webhook(one, URL, one) for one in TYPES])
    found = examine(world, api=lambda: api)
    assert {one.verdict for one in found.values()} == {OK}
    assert {one.mend for one in found.values()} == {None}
    assert list(found) == list(doctors.ORDER)
    assert [one for one in world.items.values() if one] == []


def change(**attributes: Any) -> Callable[[World], None]:
    return lambda world: world.__dict__.update(attributes)


def waits(status: str, amount: int) -> Callable[[World], None]:
    rows = [{"key": f"sms.sent:{n}", "type": "sms.sent", "why": "because"} for n in range(amount)]
    return lambda world: world.waiting.update({status: rows})


def has_destination(failing_since: float = 0.0, paused: str = "") -> Callable[[World], None]:
    state = SimpleNamespace(failing_since=failing_since, paused=paused)
    return lambda world: world.destinations.append(SimpleNamespace(name="crm", state=state))


@pytest.mark.parametrize(
    ("check", "broken", "verdict", "told"),
    [
        ("stack", change(stack_status="UPDATE_ROLLBACK_FAILED"), WRONG, "prod is UPDATE_ROLLBACK_FAILED"),
        ("stack", change(stack_status="UPDATE_ROLLBACK_COMPLETE"), WARN, "rolled back"),
        ("stack", change(stack_status="UPDATE_IN_PROGRESS"), WARN, "is being changed"),
        ("stack", lambda w: w.resources.append(resource("Api", "X", "CREATE_FAILED")), WRONG, "prod is CREATE_COMPLETE: Api"),
        ("stack", lambda w: w.resources.append(resource("Api", "X", "DELETE_COMPLETE")), WRONG, ": Api"),
        ("reachable", change(get_status=404), WRONG, "answers 404 to GET"),
        ("clock", change(date=None), WARN, "no Date"),
        ("clock", change(now=NOW + 30), WARN, "30 s ahead of"),
        ("clock", change(now=NOW - 600), WRONG, "600 s behind"),
        ("clock", change(date="noon"), WRONG, "malformed"),
        ("unsigned refused", change(statuses={"signed": 200, "unsigned": 200, "forged": 401}), WRONG, "answered 200 instead of 401"),
        ("forged refused", change(statuses={"signed": 200, "unsigned": 401, "forged": 200}), WRONG, "answered 200 instead of 401"),
        ("forged refused", change(statuses={"signed": 200, "unsigned": 401, "forged": 503}), WARN, "503"),
        ("secret", change(secret=""), WRONG, "empty"),
        ("secret", change(secret=f"{SECRET}\n"), WRONG, "white space"),
        ("previous secret", change(rotation={"rotation_until": "T", "versions": []}), WARN, "under way until T"),
        ("previous secret", change(rotation={"rotation_until": None, "versions": [{"stage": "previous", "accepted": True, "accepted_until": "T"}]}), OK, "accepted until T"),
        ("previous secret", change(rotation={"rotation_until": None, "versions": [{"stage": "previous", "accepted": False, "accepted_until": "T"}]}), OK, "only the current"),
        ("signed processed", change(statuses={"signed": 503, "unsigned": 401, "forged": 401}), WRONG, "answered 503 instead of 200"),
        ("signed processed", change(status="received"), WRONG, "received after 60 s: contact.created:"),
        ("signed processed", change(status="failed"), WRONG, "failed after 0 s"),
        ("signed processed", change(keeps=True), WARN, "1 of its items"),
        ("not UTF-8", change(not_utf8=200), OK, "does not alter"),
        ("not UTF-8", change(not_utf8=401), OK, "401, no effect: API Gateway alters"),
        ("not UTF-8", change(not_utf8=503), WARN, "answered 503"),
        ("not UTF-8", change(keeps=True), WARN, "1 of its items"),
        ("indexes", change(indexes=[{"IndexName": "timeline"}]), WRONG, "by_status"),
        ("indexes", lambda w: w.indexes[0].update(IndexStatus="CREATING"), WARN, "timeline CREATING"),
        ("queues", change(lying={"queue": 7, "dead": 0}), OK, "sms.sent 7"),
        ("queues", change(lying={"queue": 700, "dead": 0}), WARN, "sms.sent 700"),
        ("dead letters", change(lying={"queue": 0, "dead": 2}), WRONG, "2 dead letters"),
        ("failed events", waits("failed", 3), WRONG, "3 (3 sms.sent): because"),
        ("failed events", waits("failed", 200), WRONG, "100 or more (100 sms.sent)"),
        ("stuck events", waits("stuck", 1), WRONG, "1 (1 sms.sent)"),
        ("retrying events", waits("retrying", 1), WARN, "because"),
        ("quarantined events", waits("quarantined", 1), WARN, "because"),
        ("unhandled events", waits("unhandled", 1), WARN, "because"),
        ("destinations", has_destination(failing_since=1.0), WRONG, "failing: crm"),
        ("destinations", has_destination(failing_since=1.0, paused="paused"), WARN, "paused: crm"),
        ("destinations", has_destination(), OK, "1 destinations, none failing"),
        ("destinations", change(deliveries_queue=None), OK, "is off"),
        ("alarms", change(is_local=True), OK, "does not evaluate"),
        ("alarms", change(alarms=[{"AlarmName": "loud", "StateValue": "ALARM"}]), WRONG, "loud"),
        ("alarms", change(alarms=[]), WRONG, "1 of 1 alarms"),
        ("sweeper", change(schedule={"State": "DISABLED", "ScheduleExpression": "rate(1 minute)"}), WRONG, "disabled"),
        ("sweeper", change(resources=[]), WRONG, "malformed"),
        ("subscriptions", change(), WARN, "no API key"),
    ],
)  # fmt: skip
def test_each_check_finds_its_fault_and_says_what_helps(
    world: World, check: str, broken: Callable[[World], None], verdict: str, told: str
) -> None:
    """Each check sees what it is for, and says what helps where something does."""
    broken(world)
    finding = examine(world)[check]
    assert (finding.verdict, told in finding.what) == (verdict, True), finding
    assert finding.mend or verdict != WRONG


def test_an_event_that_is_not_processed_yet_is_not_removed(world: World) -> None:
    world.status = "received"
    examine(world)
    assert sum(len(items) for items in world.items.values()) == 1


@pytest.mark.parametrize(
    ("types", "verdict"), [(TYPES, OK), (TYPES[1:], WARN), ((), WRONG)], ids=["all", "some", "none"]
)
def test_missing_subscriptions_are_named(
    world: World, types: tuple[str, ...], verdict: str
) -> None:
    found = [*(Webhook(one, URL, one) for one in types), Webhook(TYPES[0], "https://other", "x")]
    finding = examine(world, api=lambda: SimpleNamespace(webhooks=lambda: found))["subscriptions"]
    assert finding.verdict == verdict
    assert (finding.mend or "hooks subscribe --stack prod").endswith("subscribe --stack prod")


def test_no_check_stops_another(world: World) -> None:
    refused = aws_error("AccessDenied")
    services = ("cloudformation", "cloudwatch", "scheduler", "sqs", "dynamodb")
    world.broken = dict.fromkeys(services, refused)
    world.broken["receiver"] = NewConnectionError(None, "down")  # type: ignore[arg-type]

    def api() -> Any:
        raise UsageError("JustCall refuses the key")

    found = examine(world, api=api)
    well = {name for name, one in found.items() if one.verdict != WRONG}
    assert well == {"secret", "previous secret"}
    assert found["alarms"].what == "AWS refused Operation: AccessDenied happened"
    assert found["reachable"].what == "no answer (NewConnectionError)"
    assert found["subscriptions"].what == "JustCall refuses the key"
    assert all(one.mend for name, one in found.items() if name not in well)


def test_a_stack_that_is_down_is_one_finding(world: World) -> None:
    down = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")
    world.broken = dict.fromkeys(("cloudformation", "dynamodb", "sqs"), down)
    found = examine(world, where="")
    assert list(found) == ["stack"]
    assert (found["stack"].verdict, found["stack"].mend) == (WRONG, "make up")
    assert world.posted == []


def test_no_finding_contains_the_secret(world: World) -> None:
    world.secret = f" {SECRET} "
    assert SECRET not in repr(examine(world))


def test_a_local_stack_has_no_subscriptions(world: World) -> None:
    world.lying["dead"] = 1
    found = examine(world, where="")
    assert "subscriptions" not in found
    assert (found["dead letters"].mend or "").endswith("hooks dlq show")


def test_json_has_the_documented_fields_and_the_code_is_right(
    hooks: Hooks, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.stack.find", lambda *_: world)
    world.date = None
    ran = hooks("doctor", "--stack", "a stack", "--json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert list(document) == ["ok", "warn", "wrong", "checks"]
    assert list(document["checks"][0]) == ["check", "verdict", "what", "mend"]
    world.lying["dead"] = 1
    ran = hooks("doctor", "--stack", "a stack", "--region", "eu-west-1")
    assert ran.code == 1
    assert "dlq show --stack 'a stack' --region eu-west-1" in ran.out
    assert "1 wrong" in ran.out


def test_a_missing_stack_is_a_finding(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:

    def find(*_: object) -> None:
        raise UsageError("stack prod: does not exist")

    monkeypatch.setattr("cli.stack.find", find)
    ran = hooks("doctor", "--json")
    assert ran.code == 1
    [finding] = json.loads(ran.out)["checks"]
    assert finding == {
        "check": "stack",
        "verdict": "wrong",
        "what": "stack prod: does not exist",
        "mend": "make up",
    }
