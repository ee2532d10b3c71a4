"""The demonstration of `make up`: one sample event, signed, repeated, unsigned and forged."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from aws.secrets import ROTATION_UNTIL, until
from justcall.envelope import read
from justcall.keys import content_hash, key_of
from justcall.signature import HEADER, sign
from ledger import schema
from ledger.members import Members
from local import destination
from local.deploy import client
from local.destination import Arrivals
from local.ministack import Process
from local.place import ROOT, LocalError
from local.post import Receiver
from published.bus import Bus
from published.cloud_event import source_of
from published.publishing import Ports, publish

PROCESSED_SECONDS = 30.0
_FORGED = (401, "unauthorized")
_ROTATING = (503, "unavailable")
_SAMPLE = ROOT / "events" / "http" / "call_completed.json"


class Shown(NamedTuple):
    """One line of the table."""

    what: str
    answer: str
    then: str
    as_expected: bool


def show(process: Process, stack: Mapping[str, Any]) -> tuple[list[Shown], str]:
    """Send the sample four ways, and wait until it is processed and delivered.

    Return the lines and its key.
    """
    body = _sample()
    key = key_of(read(body), content_hash(body))
    secret, rotating = _secret(process, stack["secret_arn"])
    signature = sign(body, secret)
    with destination.receiving(process, stack) as arrivals:
        lines = [_line("signed", stack, body, signature, 200, "accepted")]
        status, seconds = _wait(process, stack["events_table"], key)
        then = f"{status} after {seconds:.1f} s"
        lines[0] = lines[0]._replace(
            then=then, as_expected=lines[0].as_expected and status == "processed"
        )
        lines.append(_delivered(process, stack, key, arrivals))
    return [
        *lines,
        _line("the same again", stack, body, signature, 200, "duplicate"),
        _line("without a signature", stack, body, None, 401, "unauthorized"),
        _line("forged", stack, body, sign(body, "a guess"), *(_ROTATING if rotating else _FORGED)),
    ], key


def _delivered(process: Process, stack: Mapping[str, Any], key: str, arrivals: Arrivals) -> Shown:
    """Return the line of the delivery to a server on this machine."""
    words, seconds = arrivals.wait(key, lambda: _publish(process, stack, key))
    expected = words == "verified"
    return Shown("delivered", f"to {destination.NAME}", f"{words} after {seconds:.1f} s", expected)


def _publish(process: Process, stack: Mapping[str, Any], key: str) -> None:
    """Publish an event again, as `hooks publish` does."""
    dynamodb, events = client(process, "dynamodb"), client(process, "events")
    table = stack["events_table"]
    item = dynamodb.get_item(TableName=table, Key=_place(key), ConsistentRead=True)["Item"]
    ports = Ports(
        Members(lambda: dynamodb, table, 400),
        Bus(lambda: events, stack["event_bus"]),
        source_of(stack["stack_name"]),
    )
    publish([item], ports)


def _place(key: str) -> dict[str, Any]:
    return {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}}


def post(stack: Mapping[str, Any], body: bytes, signature: str | None) -> BaseHTTPResponse:
    """Post one delivery to the stack. Raises LocalError if nobody answers."""
    try:
        with Receiver(stack["webhook_url"]) as receiver:
            return receiver.post(body, {HEADER: signature} if signature is not None else {})
    except HTTPError as error:
        raise LocalError(
            f"The webhook does not answer ({type(error).__name__}). Restart the stack: make down up"
        ) from error


def _secret(process: Process, arn: str) -> tuple[str, bool]:
    """Return the stack's current secret, and whether a rotation is in progress.

    During a rotation the handler answers 503 instead of 401.
    """
    answer = client(process, "secretsmanager").get_secret_value(SecretId=arn)
    end = until(answer.get("VersionStages", []), ROTATION_UNTIL)
    return answer["SecretString"], end is not None and time.time() < end


def _sample() -> bytes:
    """Return the specification's sample with a random id, so that it is a new event."""
    sample = json.loads(json.loads(_SAMPLE.read_text())["body"])
    sample["data"]["call_id"] += f"-{uuid.uuid4().hex[:6]}"
    return json.dumps(sample, indent=2).encode()


def _line(
    what: str, stack: Mapping[str, Any], body: bytes, signature: str | None, status: int, word: str
) -> Shown:
    answer = post(stack, body, signature)
    status_word = answer.json().get("status", "")
    then = {
        "duplicate": "counted, nothing else",
        "unavailable": "no effect: a secret is being rotated",
    }.get(status_word, "no effect")
    expected = (answer.status, status_word) == (status, word)
    return Shown(what, f"{answer.status} {status_word}", then, expected)


def _wait(process: Process, table: str, key: str) -> tuple[str, float]:
    """Poll the ledger until the event is no longer *received*; return its status and the time."""
    dynamodb = client(process, "dynamodb")
    where = _place(key)
    started = time.monotonic()
    while True:
        item = dynamodb.get_item(TableName=table, Key=where, ConsistentRead=True).get("Item", {})
        status = item.get("status", {}).get("S", "missing")
        elapsed = time.monotonic() - started
        if status not in ("received", "missing") or elapsed > PROCESSED_SECONDS:
            return status, elapsed
        time.sleep(0.05)
