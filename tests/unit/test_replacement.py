"""A change of the template that would make CloudFormation replace the table or a queue is red here.

A replacement is a new, empty resource: nobody sees the events in the old one, and nobody reads its
messages. CloudFormation's reference lists the properties that cause one ("Update requires:
Replacement"). A resource that is removed from the template is as bad: CloudFormation deletes it.
"""

from typing import Any

import pytest

from justcall.catalogue import KINDS, logical_name, module_name
from tests.support import stack

# By resource type: the properties whose change replaces the resource.
REPLACING = {
    "AWS::DynamoDB::Table": (
        "TableName",
        "KeySchema",
        "LocalSecondaryIndexes",
        "ImportSourceSpecification",
    ),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::SecretsManager::Secret": ("Name",),
}

TABLE = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
}
KEPT: dict[str, dict[str, Any]] = {
    "EventsTable": TABLE,
    "ApiSecret": {},
    "DeadLetterQueue": {"QueueName": f"{stack.STACK}-dead-letters"},
    **{
        f"{logical_name(kind)}Queue": {"QueueName": f"{stack.STACK}-events-{module_name(kind)}"}
        for kind in (
            "call.completed",
            "call.missed",
            "sms.received",
            "sms.sent",
            "voicemail.received",
            "contact.created",
            "call.updated",
            "message.status",
            "consent.changed",
            "appointment.scheduled",
        )
    },
}


def replacing(logical_id: str) -> dict[str, Any]:
    """Return those of a resource's properties whose change would replace it."""
    kind = stack.resources()[logical_id]["Type"]
    own = stack.properties(logical_id)
    return {name: own[name] for name in REPLACING[kind] if name in own}


@pytest.mark.parametrize("logical_id", KEPT)
def test_resource_that_holds_events_is_never_replaced(logical_id: str) -> None:
    assert logical_id in stack.resources(), "CloudFormation would delete it, with what it holds"
    assert replacing(logical_id) == KEPT[logical_id]


def test_every_resource_that_holds_events_is_listed() -> None:
    """Add a new kind's queue to the list above."""
    kept = {name for kind in REPLACING for name in stack.resources(kind)}
    assert kept == set(KEPT)
    assert len(KEPT) == 3 + len(KINDS)


def test_table_and_secret_outlive_the_stack() -> None:
    """Both are retained on deletion and replacement; in production the table can't be deleted."""
    for name in ("EventsTable", "ApiSecret"):
        resource = stack.resources()[name]
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    protected = stack.resources()["EventsTable"]["Properties"]["DeletionProtectionEnabled"]
    assert protected == {"Fn::If": ["IsProd", True, False]}


def test_a_replacement_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself goes red for a renamed queue and another key."""
    monkeypatch.setitem(stack.resources()["SmsSentQueue"]["Properties"], "QueueName", "other")
    assert replacing("SmsSentQueue") != KEPT["SmsSentQueue"]
    properties = stack.resources()["EventsTable"]["Properties"]
    monkeypatch.setitem(properties, "KeySchema", properties["KeySchema"][:1])
    assert replacing("EventsTable") != KEPT["EventsTable"]
