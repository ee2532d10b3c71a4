"""The redesigned ledger as the program reads it: the table, and events written straight to it."""

import json
import time
import zlib
from datetime import timedelta
from typing import Any

from justcall.keys import content_hash
from justcall.moments import iso
from ledger import schema
from ledger.dictionary import DICTIONARY
from tests.support.samples import CALL_COMPLETED, body, changed

TABLE = "events"
QUEUES = "https://sqs.us-east-1.amazonaws.com/123456789012/hooks-"

# The body of a text, for tests that look at nothing else of it.
BODY = b'{"event": "sms.sent", "data": {"message_id": "1"}}'

type Entry = dict[str, Any]


def ago(**span: float) -> str:
    """Return a moment in the past."""
    return iso(time.time() - timedelta(**span).total_seconds())


def letter(key: str, body: str | None = "{}", received_at: str = "2026-03-12T14:30:01.000Z") -> str:
    """Return an event's message, as a processor or the dead-letter queue has it."""
    fields = {
        "key": key,
        "type": schema.type_of(key),
        "dialect": "body-signed",
        "delivery_id": "d",
        "received_at": received_at,
        "body_hash": "h",
        "body": body,
    }
    return json.dumps(fields)


def create_table(dynamodb: Any) -> None:
    """Create the events table as template.yaml describes it."""
    names = ("pk", "sk", "contact", "at", "cell", "received_at")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in names],
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            _index(
                schema.TIMELINE_INDEX,
                _keys("contact", "at"),
                "dialect",
                "received_at",
                "text",
                "packed",
                "entry",
            ),
            _index(
                schema.STATUS_INDEX, _keys("cell", "received_at"), "sent_at", "sweeps", "attempts"
            ),
        ],
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _index(name: str, keys: list[dict[str, str]], *included: str) -> dict[str, Any]:
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(included)}
    return {"IndexName": name, "KeySchema": keys, "Projection": projection}


class Rows:
    """Writes events to the table, in any status."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb

    def put(
        self,
        key: str,
        status: str = "received",
        received_at: str | None = None,
        body: bytes = b"{}",
        entry: Entry | None = None,
        contact: str = "+14155559876",
        **more: Any,
    ) -> str:
        """Write an event; with an entry it is processed and on the timeline of `contact`."""
        status = "processed" if entry else status
        received_at = received_at or iso(time.time() - 60)
        item = {
            "pk": {"S": schema.event_partition(key)},
            "sk": {"S": schema.LEDGER},
            "dialect": {"S": "body-signed"},
            "delivery_id": {"S": f"delivery of {key}"},
            "status": {"S": status},
            "received_at": {"S": received_at},
            "deliveries": {"N": "1"},
            "body_hash": {"B": bytes.fromhex(content_hash(body))},
            "expires_at": {"N": "1900000000"},
            "cell": {"S": schema.cell(status, key, received_at)},
            **_body(body),
            **{name: _typed(value) for name, value in more.items()},
        }
        if entry:
            whole = {"at": received_at, "key": key, "type": schema.type_of(key), **entry}
            item["entry"] = {"B": pack_entry(whole, body)}
            item |= {"contact": {"S": contact}, "at": {"S": whole["at"]}}
        self.dynamodb.put_item(TableName=TABLE, Item=item)
        return key

    def put_call(self, status: str = "failed", name: str = "call_1", **more: Any) -> str:
        """Write an event of the sample call."""
        content = body(changed(CALL_COMPLETED, call_id=name))
        return self.put(f"call.completed:{name}", status, body=content, **more)

    def evidence(self, key: str, body: bytes, digest: str = "") -> str:
        """Write a url-signed delivery with the same key and another body; return its hash."""
        digest = digest or content_hash(body)
        item = {
            "pk": {"S": f"event#{key}"},
            "sk": {"S": schema.evidence(digest)},
            "dialect": {"S": "url-signed"},
            "delivery_id": {"S": "delivery of evidence"},
            "status": {"S": "received"},
            "received_at": {"S": "2026-03-12T14:31:00.000Z"},
            "event_time": {"S": "2026-03-12T14:30:59.000Z"},
            "deliveries": {"N": "1"},
            "body_hash": {"B": bytes.fromhex(digest)},
            "expires_at": {"N": "1900000000"},
        }
        self.dynamodb.put_item(TableName=TABLE, Item=item | _body(body))
        return digest

    def consent(self, number: str, change: str) -> None:
        """Write a change of a contact's consent, `FLAG#AT#CHANGE#HASH#KEY`."""
        item = {"pk": {"S": schema.consent_partition(number)}, "sk": {"S": change}}
        self.dynamodb.put_item(TableName=TABLE, Item=item)

    def get(self, key: str) -> dict[str, Any]:
        """Return an event's ledger item without type tags, empty if there is none."""
        where = {"pk": {"S": f"event#{key}"}, "sk": {"S": schema.LEDGER}}
        item = self.dynamodb.get_item(TableName=TABLE, Key=where).get("Item", {})
        return {name: next(iter(value.values())) for name, value in item.items()}

    def everything(self) -> list[dict[str, Any]]:
        """Return all items."""
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName=TABLE)["Items"]
        return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def pack_entry(entry: Entry, body: bytes = b"") -> bytes:
    """Compress an entry as a processor does."""
    packer = zlib.compressobj(zdict=(DICTIONARY + body)[-32768:])
    return packer.compress(json.dumps(entry).encode()) + packer.flush()


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"text": {"S": body.decode()}}
    except UnicodeDecodeError:
        packer = zlib.compressobj(zdict=DICTIONARY)
        return {"packed": {"B": packer.compress(body) + packer.flush()}}


def _typed(value: Any) -> dict[str, Any]:
    return {"N": str(value)} if isinstance(value, int) else {"S": value}
