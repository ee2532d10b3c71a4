"""Checks from inside: the deployment's resources, as AWS describes them."""

from collections.abc import Mapping
from functools import cached_property
from itertools import batched
from typing import Any

from cli import dead_letters
from cli.checks.finding import OK, WARN, WRONG, Check, Remedies, Result
from cli.errors import UsageError
from cli.stack import Stack
from ledger import schema

# A longer queue means that events wait.
_DEEP = 100
# DescribeAlarms takes at most 100 names per call.
_BATCH = 100


class Inside:
    """Checks of one deployment by way of AWS."""

    def __init__(self, stack: Stack, remedies: Remedies) -> None:
        self._stack, self._try = stack, remedies

    def checks(self) -> Mapping[str, Check]:
        """Return the checks by name."""
        hooks, look = self._try.hooks, self._try.look
        return {
            "stack": (self._whole, look),
            "indexes": (self._indexes, look),
            "queues": (self._queues, hooks("events --status received")),
            "dead letters": (self._dead_letters, hooks("dlq")),
            "alarms": (self._alarms, look),
            "sweeper": (self._sweeper, look),
        }

    def _whole(self) -> Result:
        name = self._stack.name
        broken = [
            logical_id
            for logical_id, one in self._resources.items()
            if not one["ResourceStatus"].endswith("_COMPLETE")
            or one["ResourceStatus"].startswith("DELETE")
        ]
        answer = self._stack.client("cloudformation").describe_stacks(StackName=name)
        status: str = answer["Stacks"][0]["StackStatus"]
        if status.endswith("_IN_PROGRESS"):
            return WARN, f"{name} is being changed: {status}", None
        if status == "UPDATE_ROLLBACK_COMPLETE" and not broken:
            return WARN, f"{name}: the last deploy was rolled back", self._try.redeploy
        if broken or status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            names = f": {', '.join(broken)}" if broken else ""
            return WRONG, f"{name} is {status}{names}", self._try.redeploy
        return OK, f"{name} is complete: {len(self._resources)} resources", None

    def _indexes(self) -> Result:
        client = self._stack.client("dynamodb")
        table = client.describe_table(TableName=self._stack.events_table)["Table"]
        states = {
            one["IndexName"]: one.get("IndexStatus", "ACTIVE")
            for one in table.get("GlobalSecondaryIndexes", [])
        }
        wanted = (schema.TIMELINE_INDEX, schema.STATUS_INDEX)
        absent = [name for name in wanted if name not in states]
        if absent:
            return WRONG, f"no index {' and '.join(absent)}", self._try.redeploy
        changing = [f"{name} {states[name]}" for name in wanted if states[name] != "ACTIVE"]
        return (WARN, ", ".join(changing), None) if changing else (OK, "both are active", None)

    def _queues(self) -> Result:
        depths = {
            kind: sum(dead_letters.count(self._stack, url))
            for kind, url in self._stack.queues.items()
        }
        waiting = ", ".join(f"{kind} {depth}" for kind, depth in depths.items() if depth)
        if not waiting:
            return OK, f"{len(depths)} queues, all empty", None
        deep = max(depths.values()) > _DEEP
        return WARN if deep else OK, waiting, self._try.hooks("events --status received")

    def _dead_letters(self) -> Result:
        number = sum(dead_letters.count(self._stack, self._stack.dead_letter_queue))
        if not number:
            return OK, "none", None
        return WRONG, f"about {number} dead letters", self._try.hooks("dlq show")

    def _alarms(self) -> Result:
        alarms = [
            one["PhysicalResourceId"]
            for one in self._resources.values()
            if one["ResourceType"] == "AWS::CloudWatch::Alarm"
        ]
        client = self._stack.client("cloudwatch")
        found = [
            alarm
            for names in batched(alarms, _BATCH, strict=False)
            for alarm in client.describe_alarms(AlarmNames=names, MaxRecords=_BATCH)["MetricAlarms"]
        ]
        raised = [one["AlarmName"] for one in found if one["StateValue"] == "ALARM"]
        if raised:
            return WRONG, ", ".join(raised), "less docs/runbook.md"
        if not alarms or len(found) < len(alarms):
            absent = f"{len(alarms) - len(found)} of {len(alarms)} alarms are missing"
            return WRONG, absent, self._try.redeploy
        return OK, f"{len(found)} alarms, none raised", None

    def _sweeper(self) -> Result:
        name = self._resources["SweeperSchedule"]["PhysicalResourceId"]
        schedule = self._stack.client("scheduler").get_schedule(Name=name)
        if schedule["State"] != "ENABLED":
            return WRONG, f"its schedule is {schedule['State'].lower()}", self._try.redeploy
        return OK, f"its schedule is enabled: {schedule['ScheduleExpression']}", None

    @cached_property
    def _resources(self) -> dict[str, Any]:
        """The stack's resources by their logical ids."""
        if not self._stack.name:
            raise UsageError("An older version made this local stack. Run: make down up")
        client = self._stack.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=self._stack.name)
        every = (one for page in pages for one in page["StackResourceSummaries"])
        return {one["LogicalResourceId"]: one for one in every}
