"""The state of each recording: one item for each link of a call or message.

| item      | pk               | sk       | holds                                       |
|-----------|------------------|----------|---------------------------------------------|
| recording | `recording#NAME` | `DIGEST` | where it is in the bucket, or why it is not |

NAME is `Link.name`, such as `call:CA12`, DIGEST the hash of the link. The cell `recording-failed`
of the index `by_status` lists those that were given up.

An archived recording stays archived, whatever another attempt that runs at the same time reports.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.table import Table
from recordings.bucket import File
from recordings.links import Link

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARCHIVED, WAITING, FAILED = "archived", "waiting", "failed"
FAILED_CELL = "recording-failed"
_NOT_ARCHIVED = "attribute_not_exists(pk) OR phase <> :archived"


class Recording(NamedTuple):
    """A recording as its item says. `sidecar` and `file` are for archived ones, `error` for others.

    `is_announced` says whether its end, good or bad, is known to be on the bus.
    """

    phase: str
    event_key: str
    what: str
    at: str
    attempts: int = 0
    error: str = ""
    host: str = ""
    file: File | None = None
    sidecar: str = ""
    is_announced: bool = False


class Register:
    """The recordings of one deployment. Every method raises LedgerUnavailable."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, expiry_days: int
    ) -> None:
        self._table = Table(client, table, expiry_days)

    def find(self, link: Link) -> Recording | None:
        """Return the recording of a link as it is now; None if nobody has tried it."""
        item = self._table.find(place(link.name, link.digest))
        return recording_of(item) if item else None

    def keep(self, link: Link, one: Recording, now: float) -> None:
        """Write a recording's state; it does not replace an archived one by another phase."""
        item = {
            **place(link.name, link.digest),
            **_attributes(one),
            "expires_at": self._table.expiry(now),
        }
        condition: Any = {}
        if one.phase != ARCHIVED:
            condition = {
                "ConditionExpression": _NOT_ARCHIVED,
                "ExpressionAttributeValues": {":archived": {"S": ARCHIVED}},
            }
        self._table.put(item, **condition)


def partition(name: str) -> str:
    """Return the partition of the recordings of a call or message."""
    return f"recording#{name}"


def place(name: str, digest: str) -> dict[str, Any]:
    """Return the key of a recording's item."""
    return {"pk": {"S": partition(name)}, "sk": {"S": digest}}


def recording_of(item: Mapping[str, Any]) -> Recording:
    """Return the recording of an item."""
    file = None
    if "object_key" in item:
        file = File(
            item["bucket"]["S"],
            item["object_key"]["S"],
            item["media_type"]["S"],
            int(item["size"]["N"]),
            item["sha256"]["S"],
        )
    return Recording(
        phase=item["phase"]["S"],
        event_key=item["event_key"]["S"],
        what=item["what"]["S"],
        at=item["received_at"]["S"],
        attempts=int(item["attempts"]["N"]),
        error=item.get("error", {}).get("S", ""),
        host=item.get("host", {}).get("S", ""),
        file=file,
        sidecar=item.get("sidecar", {}).get("S", ""),
        is_announced="announced" in item,
    )


def _attributes(one: Recording) -> dict[str, Any]:
    item: dict[str, Any] = {
        "phase": {"S": one.phase},
        "event_key": {"S": one.event_key},
        "what": {"S": one.what},
        # The index by_status sorts by this name; without a cell an item is not in it.
        "received_at": {"S": one.at},
        "attempts": {"N": str(one.attempts)},
    }
    texts = {"error": one.error, "host": one.host, "sidecar": one.sidecar}
    item |= {name: {"S": text} for name, text in texts.items() if text}
    if one.phase == FAILED:
        item["cell"] = {"S": FAILED_CELL}
    if one.is_announced:
        item["announced"] = {"BOOL": True}
    if one.file:
        item |= {
            "bucket": {"S": one.file.bucket},
            "object_key": {"S": one.file.key},
            "media_type": {"S": one.file.media_type},
            "size": {"N": str(one.file.size)},
            "sha256": {"S": one.file.sha256},
        }
    return item
