"""What a deployment looks like from outside and from inside, one check after the other.

No check stops another, and none leaves anything behind: the one event that is sent is removed again
with what it did.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from cli import CALLED, dead_letters, read, rotation, samples
from cli.errors import NotFoundError, UsageError
from cli.justcall_api import Api
from cli.send import body_signed, key_of
from cli.stack import Stack
from cli.subscriptions import TYPES, missing
from ledger import schema
from local.post import Receiver

OK, WARN, WRONG = "ok", "warn", "wrong"
# Reserved for fiction: it is nobody's, so nobody's timeline is touched.
NUMBER = "+12025550142"
KIND = "contact.created"
PROCESSED_SECONDS = 60.0
_POLL_SECONDS = 0.25
# Below it a queue is in use; above it somebody waits.
_DEEP = 100
_SKEW_SECONDS, _LARGE_SKEW_SECONDS = 5.0, 120.0
# No more names fit one DescribeAlarms.
_PAGE = 100
_FAILURES = (
    BotoCoreError,
    ClientError,
    HTTPError,
    UsageError,
    NotFoundError,
    LookupError,
    ValueError,
    TypeError,
)


# A check's verdict, what it found, and the command that mends it.
type Told = tuple[str, str, str | None]


class Finding(NamedTuple):
    """What one check found; `mend` is the command that helps, None where nothing is to be done."""

    check: str
    verdict: str
    what: str
    mend: str | None = None


class Doctor:
    """Examines one deployment; `where` is what makes a command mean it (` --stack NAME`)."""

    def __init__(
        self,
        stack: Stack,
        where: str = "",
        api: Callable[[], Api] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stack = stack
        self._where = where
        self._api = api
        self._clock, self._sleep = clock, sleep

    def examine(self) -> Iterator[Finding]:
        """Yield what each check finds; whatever goes wrong in one, the others follow."""
        for name, (check, mend) in self._checks().items():
            try:
                verdict, what, command = check()
            except _FAILURES as error:
                verdict, what, command = WRONG, _reason(error), mend
            yield Finding(name, verdict, what, None if verdict == OK else command)

    def _checks(self) -> Mapping[str, tuple[Callable[[], Told], str]]:
        """Return the checks in their order, each with what helps if it can't be made."""
        receiver = "make up" if self._local else f"aws cloudformation describe-stacks{self._aws}"
        checks: dict[str, tuple[Callable[[], Told], str]] = {
            "stack": (self._whole, receiver),
            "reachable": (self._reachable, receiver),
            "clock": (self._skew, receiver),
            "unsigned refused": (lambda: self._refused(None), receiver),
            "forged refused": (lambda: self._refused("a secret that JustCall has not"), receiver),
            "secret": (self._secret, self._hooks("secret show")),
            "previous secret": (self._previous, self._hooks("secret show")),
            "signed processed": (self._processed, self._hooks("send call.completed")),
            "queues": (self._queues, self._hooks("events --status received")),
            "dead letters": (self._dead_letters, self._hooks("dlq")),
            "alarms": (self._alarms, receiver),
            "sweeper": (self._sweeper, receiver),
        }
        if self._api or not self._local:
            checks["subscriptions"] = (self._subscriptions, self._hooks("subscriptions"))
        return checks

    # ------------------------------------------------------------ from outside

    def _reachable(self) -> Told:
        status = self._look().status
        if status == 200:
            return OK, f"{self._stack.webhook_url} answers 200", None
        return WRONG, f"{self._stack.webhook_url} answers {status} to GET", self._redeploy

    def _skew(self) -> Told:
        told = self._look().headers.get("date")
        if not told:
            return WARN, "the receiver tells no time", None
        ahead = self._clock() - parsedate_to_datetime(told).timestamp()
        if abs(ahead) <= _SKEW_SECONDS:
            return OK, "this machine and the receiver agree", None
        verdict = WARN if abs(ahead) <= _LARGE_SKEW_SECONDS else WRONG
        order = "ahead of" if ahead > 0 else "behind"
        return verdict, f"this machine is {abs(ahead):.0f} s {order} the receiver", "timedatectl"

    def _refused(self, secret: str | None) -> Told:
        body = samples.fresh("call.completed", [])
        status = self._post(body, secret)
        if status == 401:
            return OK, "401, no effect", None
        if status == 503:
            return WARN, "503: it can't be told now who signed", self._hooks("secret show")
        return WRONG, f"answered {status} instead of 401", self._redeploy

    def _processed(self) -> Told:
        """Send an event of nobody's, wait until it is acted on, and remove both."""
        settings = [f'data.phone="{NUMBER}"', 'data.first_name="hooks"', 'data.last_name="doctor"']
        body = samples.fresh(KIND, settings)
        started = self._clock()
        status = self._post(body, self._stack.secret)
        if status != 200:
            return WRONG, f"answered {status} instead of 200", self._hooks("secret show")
        key = key_of(body) or ""
        became = self._wait(key)
        seconds = self._clock() - started
        if became != "processed":
            # It may still be acted on, so it is not taken away.
            return WRONG, f"{became} after {seconds:.0f} s: {key}", self._hooks(f"show {key}")
        left = self._remove(key)
        if left:
            return WARN, f"processed, but {left} of its items are still there", None
        return OK, f"processed after {seconds:.1f} s, and removed", None

    def _look(self) -> Any:
        with Receiver(self._stack.webhook_url) as receiver:
            return receiver.look("GET")

    def _post(self, body: bytes, secret: str | None) -> int:
        with Receiver(self._stack.webhook_url) as receiver:
            return receiver.post(body, body_signed(body, secret)).status

    def _wait(self, key: str) -> str:
        """Return the event's status once it is acted on, or when patience ends."""
        end = self._clock() + PROCESSED_SECONDS
        while True:
            items = read.ledger_items(self._stack, key)
            status: str = items[0]["status"]["S"] if items else "not on the ledger"
            if status in ("processed", "failed", "stuck") or self._clock() >= end:
                return status
            self._sleep(_POLL_SECONDS)

    def _remove(self, key: str) -> int:
        """Delete an event's timeline entry, then its ledger item; return how many are left."""
        client = self._stack.client("dynamodb")
        for item in self._items_of(key):
            client.delete_item(
                TableName=self._stack.events_table, Key={name: item[name] for name in ("pk", "sk")}
            )
        return len(self._items_of(key))

    def _items_of(self, key: str) -> list[Any]:
        entries = read.items(self._stack, schema.contact_partition(NUMBER))
        own = [item for item in entries if item["sk"]["S"].endswith(f"#{key}")]
        return [*own, *read.items(self._stack, schema.event_partition(key))]

    # ------------------------------------------------------------ from inside

    def _whole(self) -> Told:
        name = self._stack.name
        if not name:
            return WRONG, "the local stack was made by an older version", "make down up"
        answer = self._stack.client("cloudformation").describe_stacks(StackName=name)
        status: str = answer["Stacks"][0]["StackStatus"]
        broken = [
            logical_id
            for logical_id, one in self._resources.items()
            if not one["ResourceStatus"].endswith("_COMPLETE")
            or one["ResourceStatus"].startswith("DELETE")
        ]
        if status.endswith("_IN_PROGRESS"):
            return WARN, f"{name} is being changed: {status}", None
        if broken or status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            told = f": {', '.join(broken)}" if broken else ""
            if status == "UPDATE_ROLLBACK_COMPLETE" and not broken:
                return WARN, f"{name}: the last deploy was rolled back", self._redeploy
            return WRONG, f"{name} is {status}{told}", self._redeploy
        return OK, f"{name} is whole: {len(self._resources)} resources", None

    def _secret(self) -> Told:
        value = self._stack.secret
        if not value:
            return WRONG, "the secret is empty: every delivery is answered 503", self._rotate
        if value != value.strip():
            return WRONG, "the secret begins or ends with white space", self._rotate
        return OK, "readable, not empty", None

    def _previous(self) -> Told:
        found = rotation.show(self._stack, self._clock)
        if found["rotation_until"]:
            return WARN, f"a rotation is under way until {found['rotation_until']}", self._rotate
        previous = [one for one in found["versions"] if one["stage"] == "previous"]
        if not previous or not previous[0]["accepted"]:
            return OK, "none is accepted", None
        end = previous[0]["accepted_until"] or "the next change"
        return OK, f"one is accepted until {end}", None

    def _queues(self) -> Told:
        depths = {kind: dead_letters.waiting(self._stack, kind) for kind in self._stack.queues}
        told = ", ".join(f"{kind} {depth}" for kind, depth in depths.items() if depth)
        if not told:
            return OK, f"{len(depths)} queues, all empty", None
        deep = max(depths.values()) > _DEEP
        return WARN if deep else OK, told, self._hooks("events --status received")

    def _dead_letters(self) -> Told:
        kinds = self._stack.dead_letter_queues
        counts = {kind: sum(dead_letters.count(self._stack, kind)) for kind in kinds}
        lying = {kind: number for kind, number in counts.items() if number}
        if not lying:
            return OK, "none", None
        told = ", ".join(f"{kind} {number}" for kind, number in lying.items())
        return WRONG, told, self._hooks(f"dlq show {next(iter(lying))}")

    def _alarms(self) -> Told:
        names = [one["PhysicalResourceId"] for one in self._of_type("AWS::CloudWatch::Alarm")]
        client = self._stack.client("cloudwatch")
        pages = [names[first : first + _PAGE] for first in range(0, len(names), _PAGE)]
        found = [
            alarm
            for page in pages
            for alarm in client.describe_alarms(AlarmNames=page, MaxRecords=_PAGE)["MetricAlarms"]
        ]
        loud = [one["AlarmName"] for one in found if one["StateValue"] == "ALARM"]
        if loud:
            return WRONG, ", ".join(loud), "less docs/runbook.md"
        if not names or len(found) < len(names):
            return WRONG, f"{len(names) - len(found)} of {len(names)} are not there", self._redeploy
        return OK, f"{len(found)} alarms, all quiet", None

    def _sweeper(self) -> Told:
        name = self._resources["SweeperSchedule"]["PhysicalResourceId"]
        schedule = self._stack.client("scheduler").get_schedule(Name=name)
        if schedule["State"] != "ENABLED":
            return WRONG, f"its schedule is {schedule['State'].lower()}", self._redeploy
        return OK, f"its schedule is enabled: {schedule['ScheduleExpression']}", None

    def _subscriptions(self) -> Told:
        if self._api is None:
            return WARN, "not looked at: no API key", "export JUSTCALL_API_KEY=…"
        absent = missing(self._api().webhooks(), self._stack.webhook_url)
        mend = self._hooks("subscribe")
        if not absent:
            return OK, f"all {len(TYPES)} types", None
        if len(absent) == len(TYPES):
            return WRONG, "JustCall tells this URL of nothing by its API's webhooks", mend
        return WARN, f"{len(absent)} of {len(TYPES)} are missing: {', '.join(absent)}", mend

    @cached_property
    def _resources(self) -> dict[str, Any]:
        """The stack's resources by their logical ids."""
        if not self._stack.name:
            raise UsageError("the local stack was made by an older version; run: make down up")
        client = self._stack.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=self._stack.name)
        every = (one for page in pages for one in page["StackResourceSummaries"])
        return {one["LogicalResourceId"]: one for one in every}

    def _of_type(self, kind: str) -> list[Any]:
        return [one for one in self._resources.values() if one["ResourceType"] == kind]

    # ------------------------------------------------------------ what helps

    @property
    def _local(self) -> bool:
        return not self._where

    @property
    def _aws(self) -> str:
        return self._where.replace("--stack ", "--stack-name ")

    @property
    def _redeploy(self) -> str:
        return "make down up" if self._local else "sam build && sam deploy"

    @property
    def _rotate(self) -> str:
        return self._hooks("secret rotate")

    def _hooks(self, command: str) -> str:
        return f"{CALLED} {command}{self._where}"


def _reason(error: Exception) -> str:
    """Return what went wrong in one line; no error of these holds a secret."""
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return f"AWS refused {error.operation_name}: {told.get('Message') or told.get('Code')}"
    if isinstance(error, HTTPError):
        return f"nobody answers ({type(error).__name__})"
    if isinstance(error, LookupError | TypeError | ValueError):
        return f"an answer is not as it should be ({type(error).__name__})"
    return str(error)
