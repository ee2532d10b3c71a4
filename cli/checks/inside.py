"""Checks from inside: the deployment's resources, as AWS describes them."""

from collections.abc import Mapping
from itertools import batched
from typing import Any

from cli import dead_letters
from cli.checks.finding import OK, WARN, WRONG, Check, Deployment, Result
from ledger import schema

# A longer queue means that events wait.
_DEEP = 100
# DescribeAlarms takes at most 100 names per call.
_BATCH = 100


def _whole(at: Deployment) -> Result:
    name = at.stack.name
    resources = _resources(at)
    broken = [
        logical_id
        for logical_id, one in resources.items()
        if not one["ResourceStatus"].endswith("_COMPLETE")
        or one["ResourceStatus"].startswith("DELETE")
    ]
    answer = at.stack.client("cloudformation").describe_stacks(StackName=name)
    status: str = answer["Stacks"][0]["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return WARN, f"{name} is being changed: {status}", None
    if status == "UPDATE_ROLLBACK_COMPLETE" and not broken:
        return WARN, f"{name}: the last deploy was rolled back", at.redeploy
    if broken or status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        names = f": {', '.join(broken)}" if broken else ""
        return WRONG, f"{name} is {status}{names}", at.redeploy
    return OK, f"{name} is complete: {len(resources)} resources", None


def _indexes(at: Deployment) -> Result:
    client = at.stack.client("dynamodb")
    table = client.describe_table(TableName=at.stack.events_table)["Table"]
    states = {
        one["IndexName"]: one.get("IndexStatus", "ACTIVE")
        for one in table.get("GlobalSecondaryIndexes", [])
    }
    wanted = (schema.TIMELINE_INDEX, schema.STATUS_INDEX)
    absent = [name for name in wanted if name not in states]
    if absent:
        return WRONG, f"no index {' and '.join(absent)}", at.redeploy
    changing = [f"{name} {states[name]}" for name in wanted if states[name] != "ACTIVE"]
    return (WARN, ", ".join(changing), None) if changing else (OK, "both are active", None)


def _queues(at: Deployment) -> Result:
    depths = {kind: sum(dead_letters.count(at.stack, url)) for kind, url in at.stack.queues.items()}
    waiting = ", ".join(f"{kind} {depth}" for kind, depth in depths.items() if depth)
    if not waiting:
        return OK, f"{len(depths)} queues, all empty", None
    deep = max(depths.values()) > _DEEP
    return WARN if deep else OK, waiting, at.hooks("events --status received")


def _dead_letters(at: Deployment) -> Result:
    number = sum(dead_letters.count(at.stack, at.stack.dead_letter_queue))
    if not number:
        return OK, "none", None
    return WRONG, f"about {number} dead letters", at.hooks("dlq show")


def _alarms(at: Deployment) -> Result:
    names = [
        one["PhysicalResourceId"]
        for one in _resources(at).values()
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    client = at.stack.client("cloudwatch")
    alarms = [
        alarm
        for some in batched(names, _BATCH, strict=False)
        for alarm in client.describe_alarms(AlarmNames=some, MaxRecords=_BATCH)["MetricAlarms"]
    ]
    raised = [one["AlarmName"] for one in alarms if one["StateValue"] == "ALARM"]
    if raised:
        return WRONG, ", ".join(raised), "less docs/runbook.md"
    if not names or len(alarms) < len(names):
        absent = f"{len(names) - len(alarms)} of {len(names)} alarms are missing"
        return WRONG, absent, at.redeploy
    if at.stack.is_local:
        return OK, f"{len(alarms)} alarms exist; the local stack does not evaluate them", None
    return OK, f"{len(alarms)} alarms, none raised", None


def _sweeper(at: Deployment) -> Result:
    name = _resources(at)["SweeperSchedule"]["PhysicalResourceId"]
    schedule = at.stack.client("scheduler").get_schedule(Name=name)
    if schedule["State"] != "ENABLED":
        return WRONG, f"its schedule is {schedule['State'].lower()}", at.redeploy
    return OK, f"its schedule is enabled: {schedule['ScheduleExpression']}", None


def _resources(at: Deployment) -> dict[str, Any]:
    """The stack's resources by their logical ids."""
    client = at.stack.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=at.stack.name)
    every = (one for page in pages for one in page["StackResourceSummaries"])
    return {one["LogicalResourceId"]: one for one in every}


CHECKS: Mapping[str, Check] = {
    "stack": (_whole, ""),
    "indexes": (_indexes, ""),
    "queues": (_queues, "events --status received"),
    "dead letters": (_dead_letters, "dlq"),
    "alarms": (_alarms, ""),
    "sweeper": (_sweeper, ""),
}
