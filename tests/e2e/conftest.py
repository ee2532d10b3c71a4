"""A stack of the tests' own, on its own port, deployed from the same template."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from urllib3 import BaseHTTPResponse

from ledger.bodies import unpack_entry
from ledger.schema import TIMELINE_INDEX
from local import demo, deploy, ministack
from local.place import Place
from tests.support.polling import until


class Stack(NamedTuple):
    """A running stack, and what one does with it."""

    place: Place
    process: ministack.Process
    described: Mapping[str, Any]

    def client(self, service: str) -> Any:
        return deploy.client(self.process, service)

    def post(self, body: bytes, signature: str | None) -> BaseHTTPResponse:
        return demo.post(self.described, body, signature)

    def items(self, partition: str) -> list[dict[str, Any]]:
        """Return all items of one partition of the events table."""
        answer = self.client("dynamodb").query(
            TableName=self.described["events_table"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        found: list[dict[str, Any]] = answer["Items"]
        return found

    def ledger_item(self, key: str) -> dict[str, Any]:
        """Return the ledger item of an event, empty if there is none."""
        items = [item for item in self.items(f"event#{key}") if item["sk"]["S"] == "ledger"]
        return items[0] if items else {}

    def wait_for(self, key: str, status: str) -> dict[str, Any]:
        """Poll until the event has a status; return its ledger item."""

        def reached() -> bool:
            return bool(self.ledger_item(key).get("status") == {"S": status})

        until(reached, f"{key} to be {status}")
        return self.ledger_item(key)

    def timeline(self, contact: str) -> list[dict[str, Any]]:
        """Return the timeline entries of a number, or of `call:ID`."""
        answer = self.client("dynamodb").query(
            TableName=self.described["events_table"],
            IndexName=TIMELINE_INDEX,
            KeyConditionExpression="contact = :contact",
            ExpressionAttributeValues={":contact": {"S": contact}},
        )
        return [unpack_entry(item) for item in answer["Items"]]

    def everything(self) -> str:
        """Return all that the table holds, as text to search."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.described["events_table"])
        )
        return repr([item for page in pages for item in page["Items"]])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Deploy into a MiniStack that is stopped at the end."""
    place = Place(tmp_path_factory.mktemp("stack"))
    try:
        process = ministack.start(place)
        yield Stack(place, process, deploy.deploy(place, process, print))
    finally:
        ministack.stop(place)
