"""What telling people needs of AWS."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aws import clients, settings
from ledger.notices import Notices
from notices.topic import Topic

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Ports(NamedTuple):
    """The table, the topic, and what the template says of both."""

    client: Callable[[], "DynamoDBClient"]
    table: str
    notices: Notices
    topic: Topic
    hourly: bool
    with_content: bool


@cache
def ports() -> Ports:
    """Return this process's ports. Raises SettingMissing."""
    own = settings.notifier_settings()
    return Ports(
        clients.dynamodb,
        own.events_table,
        Notices(clients.dynamodb, own.events_table, own.retention_days),
        Topic(clients.sns, own.topic_arn),
        own.hourly,
        own.with_content,
    )
