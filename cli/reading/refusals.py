"""Requests that the handler refused, from its log: when, why and how long, and nothing else."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from cli.reading.events import MAX_SECONDS
from cli.reading.table import Document
from cli.stack import Stack
from justcall.moments import iso

# As the handler writes them, src/handler/app.py.
_WORDS = ("refused", "unavailable")
# The embedded AWS lets every line through such a pattern; `_read` leaves out the others.
_PATTERN = "{ " + " || ".join(f'$.message = "{word}"' for word in _WORDS) + " }"
_LOG_GROUP = "HandlerLogGroup"
_MAX_LINES = 5000


class Refusals(NamedTuple):
    """Requests that had no effect, the newest first; `is_cut` if there may be more."""

    rows: list[Document]
    is_cut: bool


def since(stack: Stack, moment: datetime) -> Refusals:
    """Return refused requests, and those answered 503, since a moment."""
    end = time.monotonic() + MAX_SECONDS
    rows: list[Document] = []
    for number, event in enumerate(_lines(stack, moment)):
        if number >= _MAX_LINES or time.monotonic() > end:
            return Refusals(_newest_first(rows), is_cut=True)
        rows += _read(event)
    return Refusals(_newest_first(rows), is_cut=False)


def _newest_first(rows: list[Document]) -> list[Document]:
    return sorted(rows, key=itemgetter("at"), reverse=True)


def _lines(stack: Stack, moment: datetime) -> Iterator[Any]:
    answer = stack.client("cloudformation").describe_stack_resources(
        StackName=stack.name, LogicalResourceId=_LOG_GROUP
    )
    [group] = answer["StackResources"]
    pages = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=group["PhysicalResourceId"],
            startTime=int(moment.timestamp() * 1000),
            filterPattern=_PATTERN,
        )
    )
    return (event for page in pages for event in page["events"])


def _read(event: Any) -> Iterator[Document]:
    try:
        line = json.loads(event["message"])
    except ValueError:  # Lambda's own lines
        return
    if isinstance(line, dict) and line.get("message") in _WORDS and "reason" in line:
        yield {
            "at": iso(event["timestamp"] / 1000),
            "answer": line["message"],
            "reason": str(line["reason"]),
            "characters": line.get("chars"),
            "request_id": line.get("request_id"),
        }
