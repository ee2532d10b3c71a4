"""The functions' logs, which CloudWatch Logs has on AWS and on the local stack."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from cli.errors import UsageError
from cli.reading.table import Document
from cli.stack import Stack
from justcall.moments import iso

# Lines of one function that one look reads; the caller says if there are more.
MAX_LINES = 10_000
_THREADS = 8
_GROUP, _NESTED = "AWS::Logs::LogGroup", "AWS::CloudFormation::Stack"
_SUFFIX = "LogGroup"
# Lambda's own lines around each invocation.
_PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ", "XRAY ")
# Lines of Powertools and of CloudWatch's metric format have them; they say nothing to a person.
_TECHNICAL = {"_aws", "level", "message", "timestamp", "service", "event_key", "reason", "location"}


class Read(NamedTuple):
    """Log lines, oldest first; `cut` names the functions that have more lines than were read."""

    lines: list[Document]
    cut: list[str]


def groups(stack: Stack) -> Mapping[str, str]:
    """Return the log groups of the stack and its nested stacks, by the functions' names."""
    if not stack.name:
        raise UsageError("The stack has no name. Run: make up")
    return dict(_groups(stack, stack.name, ""))


def _groups(stack: Stack, name: str, nested_in: str) -> Iterator[tuple[str, str]]:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=name):
        for one in page["StackResourceSummaries"]:
            kind, logical_id = one["ResourceType"], one["LogicalResourceId"]
            if kind == _GROUP:
                function = logical_id.removesuffix(_SUFFIX).lower() or nested_in
                yield function, one["PhysicalResourceId"]
            elif kind == _NESTED and one.get("PhysicalResourceId"):
                nested = logical_id.removesuffix("Stack").lower()
                yield from _groups(stack, one["PhysicalResourceId"], nested)


def read(stack: Stack, chosen: Mapping[str, str], since: datetime, word: str = "") -> Read:
    """Return the lines of these log groups that contain a word, oldest first."""

    def lines(function: str) -> list[Document]:
        events = islice(_events(stack, chosen[function], since, word), MAX_LINES + 1)
        return [_document(function, one) for one in events]

    with ThreadPoolExecutor(_THREADS) as pool:
        found = dict(zip(chosen, pool.map(lines, chosen), strict=True))
    cut = [name for name, one in found.items() if len(one) > MAX_LINES]
    own = (line for one in found.values() for line in one[:MAX_LINES])
    return Read(sorted(filter(_says_something, own), key=lambda line: str(line["at"])), cut)


def _says_something(line: Document) -> bool:
    """Tell whether a line is neither Lambda's own nor one of metrics alone."""
    text: str = line["message"]
    return bool(text or line["fields"]) and not text.startswith(_PLATFORM)


def _events(stack: Stack, group: str, since: datetime, word: str) -> Iterator[Mapping[str, Any]]:
    asked: dict[str, Any] = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
    if word:
        asked["filterPattern"] = f'"{word}"'
    logs = stack.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(**asked)
        for page in pages:
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        return  # MiniStack makes a group with its first line


def _document(function: str, event: Mapping[str, Any]) -> Document:
    """Return a line with the fields that docs/cli.md promises."""
    text: str = event["message"].rstrip()
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    fields: dict[str, Any] = parsed if isinstance(parsed, dict) else {"message": text}
    if "_aws" in fields and "message" not in fields:
        fields = {}
    return {
        "at": iso(event["timestamp"] / 1000),
        "function": function,
        "level": fields.get("level"),
        "message": str(fields.get("message", "")),
        "key": fields.get("event_key"),
        "reason": fields.get("reason"),
        "fields": {name: value for name, value in fields.items() if name not in _TECHNICAL},
    }
