"""Adding, changing and removing destinations. Each function raises UsageError or AWS's errors."""

import time
import uuid
from typing import Any

from botocore.exceptions import ClientError

from cli import CALLED, delivery_secrets
from cli.errors import NotFoundError, UsageError, asking
from cli.stack import Stack
from deliveries import places
from deliveries.destination import BY_OPERATOR, NAME, Destination, settings_of
from deliveries.directory import Directory
from deliveries.message import Delivery
from deliveries.outbox import Outbox
from errors import OutboundFailed
from justcall.moments import iso
from outbound import urls

TEST_SECONDS = 45.0
_POLL_SECONDS = 0.5
_MAX_DESTINATIONS = 100


def require(stack: Stack) -> None:
    """Raise UsageError unless the stack has HTTP deliveries."""
    if not stack.deliveries_queue or not stack.delivery_secret:
        raise UsageError("This stack has no HTTP deliveries. Deploy it with HttpDeliveries=on.")


def directory(stack: Stack) -> Directory:
    """Return the destinations of a stack."""
    client = stack.client("dynamodb")
    return Directory(lambda: client, stack.events_table)


def outbox(stack: Stack) -> Outbox:
    """Return the queue of a stack's deliveries."""
    require(stack)
    client = stack.client("sqs")
    return Outbox(lambda: client, stack.deliveries_queue or "")


def every(stack: Stack) -> list[Destination]:
    """Return the destinations by name."""
    require(stack)
    with asking():
        by_name = directory(stack).all(time.time())
    return [by_name[name] for name in sorted(by_name)]


def find(stack: Stack, name: str) -> Destination:
    """Return a destination. Raises NotFoundError."""
    for one in every(stack):
        if one.name == name:
            return one
    raise NotFoundError(f"There is no destination {name}. List them: {CALLED} destinations list")


def check_url(stack: Stack, url: str) -> None:
    """Raise UsageError unless deliveries may go to a URL, as far as the URL itself says."""
    try:
        urls.read(url, http_to_loopback=stack.is_local)
    except OutboundFailed as error:
        local = ", or http://127.0.0.1" if stack.is_local else ""
        raise UsageError(
            f"The URL must begin with https://{local}, without user, password or fragment."
        ) from error


def add(stack: Stack, wanted: Destination) -> str:
    """Add a destination and return its secret."""
    if not NAME.fullmatch(wanted.name):
        raise UsageError("A name has 1 to 40 letters a-z, digits and dashes inside.")
    existing = every(stack)
    if any(one.name == wanted.name for one in existing):
        raise UsageError(
            f"{wanted.name} exists. Remove it first: {CALLED} destinations remove {wanted.name}"
        )
    if len(existing) >= _MAX_DESTINATIONS:
        raise UsageError(f"A stack has at most {_MAX_DESTINATIONS} destinations.")
    check_url(stack, wanted.url)
    now = time.time()
    made = wanted._replace(created_at=iso(now), rotated_at=iso(now))
    # The secret comes first: a sender that sees the destination can sign.
    secret = delivery_secrets.add(stack, made.name, made.rotated_at, now)
    try:
        stack.client("dynamodb").put_item(
            TableName=stack.events_table,
            Item={**places.settings(made.name), **settings_of(made)},
            ConditionExpression="attribute_not_exists(pk)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise UsageError(f"Somebody else added {made.name} at the same time.") from error
    return secret


def rotate(stack: Stack, name: str, overlap: float) -> str:
    """Give a destination a new secret and return it; the old one signs too for `overlap`."""
    find(stack, name)
    now = time.time()
    secret = delivery_secrets.add(stack, name, iso(now), now, overlap)
    stack.client("dynamodb").update_item(
        TableName=stack.events_table,
        Key=places.settings(name),
        UpdateExpression="SET rotated_at = :now",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":now": {"S": iso(now)}},
    )
    return secret


def pause(stack: Stack, name: str) -> None:
    """Let a destination get nothing until it is resumed."""
    find(stack, name)
    with asking():
        directory(stack).pause(name, BY_OPERATOR, time.time())


def resume(stack: Stack, name: str) -> None:
    """Let a destination get what waited, and what comes."""
    find(stack, name)
    with asking():
        directory(stack).resume(name)


def remove(stack: Stack, name: str) -> None:
    """Remove a destination, its secret, and its deliveries that have not arrived."""
    find(stack, name)
    client, table = stack.client("dynamodb"), stack.events_table
    client.delete_item(TableName=table, Key=places.settings(name))
    client.delete_item(TableName=table, Key=places.state(name))
    delivery_secrets.remove(stack, name)
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": places.partition(name)}},
        ProjectionExpression="pk, sk",
    )
    for page in pages:
        for item in page["Items"]:
            client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def test(stack: Stack, name: str) -> dict[str, Any] | None:
    """Let the stack post a made-up event to a destination; None if no result came in time."""
    find(stack, name)
    now = time.time()
    one_id = f"msg_test_{uuid.uuid4().hex}"
    body = (
        f'{{"specversion":"1.0","id":"{one_id}","source":"urn:justcall-hooks:{stack.name}",'
        f'"type":"justcall.test.v1","time":"{iso(now)}","data":{{}}}}'
    )
    with asking():
        outbox(stack).send(Delivery(name, one_id, "test", "test", body, now, test=True))
    while time.time() < now + TEST_SECONDS:
        answer = stack.client("dynamodb").get_item(
            TableName=stack.events_table,
            Key=places.delivery(name, places.TEST),
            ConsistentRead=True,
        )
        item = answer.get("Item", {})
        if item.get("id", {}).get("S") == one_id:
            return {one: item[one]["S"] for one in ("reason", "status", "milliseconds")}
        time.sleep(_POLL_SECONDS)
    return None
