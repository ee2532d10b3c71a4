"""The stack inside moto: table, queues and secret made from template.yaml, in this process.

Use it under `moto.mock_aws()`. What moto has not, the mapping from a queue to its function, is
`poll`: it takes what lies in a kind's queue to the kind's processor as Lambda would.
"""

import importlib
import json
from typing import Any

from aws import clients
from justcall.catalogue import KINDS, logical_name, module_name
from justcall.consent import states_of
from justcall.event import Event
from ledger.bodies import unpack_entry
from ledger.consent import history
from ledger.schema import LEDGER, TIMELINE_INDEX, consent_partition, event_partition
from tests.support import stack
from tests.support.moto_once import share_names
from tests.support.records import batch
from tests.support.samples import SECRET

share_names()

type Item = dict[str, Any]


class Cloud:
    """One deployment, empty at first."""

    def __init__(self) -> None:
        self.dynamodb = clients.dynamodb()
        self.sqs = clients.sqs()
        self.secretsmanager = clients.secretsmanager()
        self.table = stack.physical_name("EventsTable")
        self._make_table()
        self._make_queues()
        self.secretsmanager.create_secret(
            Name=stack.physical_name("ApiSecret"), SecretString=SECRET
        )

    # ------------------------------------------------------------ what lies in the table

    def ledger(self, key: str) -> Item:
        """Return an event's ledger item in Python's types, empty if there is none."""
        answer = self.dynamodb.get_item(
            TableName=self.table,
            Key={"pk": {"S": event_partition(key)}, "sk": {"S": LEDGER}},
            ConsistentRead=True,
        )
        return _plain(answer.get("Item", {}))

    def timeline(self, contact: str) -> list[Item]:
        """Return the entries of a number's timeline, or of `call:ID`, in their order."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=TIMELINE_INDEX,
            KeyConditionExpression="contact = :contact",
            ExpressionAttributeValues={":contact": {"S": contact}},
        )
        return [unpack_entry(item) for page in pages for item in page["Items"]]

    def consent(self, number: str) -> dict[str, bool]:
        """Return a number's consent state."""
        states = states_of(history(self.raw(consent_partition(number))))
        return {flag: one.value for flag, one in states.items()}

    def raw(self, partition: str) -> list[dict[str, Any]]:
        """Return the items of a partition in their order, as the client gives them."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        return [item for page in pages for item in page["Items"]]

    def items(self) -> list[Item]:
        """Return every item of the table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        return [_plain(item) for page in pages for item in page["Items"]]

    def statuses(self) -> dict[str, str]:
        """Return the status of every event on the ledger by its key."""
        return {
            item["pk"].removeprefix("event#"): item["status"]
            for item in self.items()
            if item["sk"] == LEDGER
        }

    def forget(self, key: str) -> None:
        """Delete an event's ledger item."""
        self.dynamodb.delete_item(
            TableName=self.table,
            Key={"pk": {"S": event_partition(key)}, "sk": {"S": LEDGER}},
        )

    def predate(self, event: Event | str, moment: str) -> None:
        """Let an event have come at another time."""
        key = event if isinstance(event, str) else event.key
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": event_partition(key)}, "sk": {"S": LEDGER}},
            UpdateExpression="SET received_at = :moment",
            ExpressionAttributeValues={":moment": {"S": moment}},
        )

    # ------------------------------------------------------------ what lies in the queues

    def queued(self, kind: str, *, dead: bool = False) -> int:
        """Return how many messages lie in a kind's queue, or in the dead-letter queue."""
        name = "DeadLetterQueue" if dead else f"{logical_name(kind)}Queue"
        answer = self.sqs.get_queue_attributes(
            QueueUrl=stack.queue_url(name),
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def receive(self, kind: str) -> list[dict[str, Any]]:
        """Take what lies in a kind's queue, at most one batch, as Lambda's records."""
        answer = self.sqs.receive_message(
            QueueUrl=stack.queue_url(f"{logical_name(kind)}Queue"),
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": stack.arn(f"{logical_name(kind)}Queue"),
                "awsRegion": stack.REGION,
            }
            for message in answer.get("Messages", [])
        ]

    def poll(self, kind: str) -> list[str]:
        """Let the kind's processor take one batch; return the ids of the records that failed.

        Those that succeeded are deleted; those that failed are visible again at once.
        """
        records = self.receive(kind)
        failed = process(kind, *records) if records else []
        url = stack.queue_url(f"{logical_name(kind)}Queue")
        for record in records:
            handle = record["receiptHandle"]
            if record["messageId"] in failed:
                self.sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
                )
            else:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        return failed

    # ------------------------------------------------------------ making it

    def _make_table(self) -> None:
        wanted = stack.properties("EventsTable")
        ttl = wanted.pop("TimeToLiveSpecification")
        recovery = wanted.pop("PointInTimeRecoverySpecification")
        wanted["StreamSpecification"]["StreamEnabled"] = True  # CloudFormation's has no such field
        self.dynamodb.create_table(TableName=self.table, **wanted)
        self.dynamodb.update_time_to_live(TableName=self.table, TimeToLiveSpecification=ttl)
        self.dynamodb.update_continuous_backups(
            TableName=self.table, PointInTimeRecoverySpecification=recovery
        )

    def _make_queues(self) -> None:
        # The dead-letter queues first: the others refer to them.
        names = sorted(stack.resources("AWS::SQS::Queue"), key=lambda n: "DeadLetter" not in n)
        for name in names:
            wanted = stack.properties(name)
            self.sqs.create_queue(
                QueueName=wanted.pop("QueueName"),
                Attributes={key: _attribute(value) for key, value in wanted.items()},  # type: ignore[misc]  # the template's names are SQS's
            )


def process(kind: str, *records: dict[str, Any]) -> list[str]:
    """Hand records to the kind's processor in one batch; return the ids of those that failed."""
    module: Any = importlib.import_module(f"processors.{module_name(kind)}")
    answer = module.handler(batch(*records), None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def poll_everything(cloud: Cloud) -> None:
    """Let every kind's processor take what lies in its queue."""
    for kind in KINDS:
        cloud.poll(kind)


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _plain(item: dict[str, Any]) -> Item:
    """Return an item with numbers as int and without the client's type tags."""
    return {
        name: int(value["N"]) if "N" in value else next(iter(value.values()))
        for name, value in item.items()
    }
