"""The deployment's settings; the only reader of the environment."""

import os
from typing import NamedTuple

from errors import SettingMissing


class HandlerSettings(NamedTuple):
    """What the template tells the handler."""

    events_table: str
    secret_arn: str
    queue_url_prefix: str
    retention_days: int
    dialects: frozenset[str]
    urls: tuple[str, ...]
    past_seconds: int
    future_seconds: int


class ProcessorSettings(NamedTuple):
    """What the template tells a processor; `max_receives` is its queue's maxReceiveCount."""

    events_table: str
    max_receives: int
    retention_days: int


class SweeperSettings(NamedTuple):
    """What the template tells the sweeper."""

    events_table: str
    queue_url_prefix: str
    dead_letter_queue_url: str
    retention_days: int


def handler_settings() -> HandlerSettings:
    """Read the handler's settings. Raises SettingMissing."""
    return HandlerSettings(
        events_table=_text("EVENTS_TABLE"),
        secret_arn=_text("SECRET_ARN"),
        queue_url_prefix=_text("QUEUE_URL_PREFIX"),
        retention_days=_number("RETENTION_DAYS"),
        dialects=frozenset(_words("ACCEPTED_DIALECTS")),
        urls=_words("WEBHOOK_URLS"),
        past_seconds=60 * _number("TIMESTAMP_PAST_MINUTES"),
        future_seconds=60 * _number("TIMESTAMP_FUTURE_MINUTES"),
    )


def processor_settings() -> ProcessorSettings:
    """Read a processor's settings. Raises SettingMissing."""
    return ProcessorSettings(
        events_table=_text("EVENTS_TABLE"),
        max_receives=_number("MAX_RECEIVES"),
        retention_days=_number("RETENTION_DAYS"),
    )


def sweeper_settings() -> SweeperSettings:
    """Read the sweeper's settings. Raises SettingMissing."""
    return SweeperSettings(
        events_table=_text("EVENTS_TABLE"),
        queue_url_prefix=_text("QUEUE_URL_PREFIX"),
        dead_letter_queue_url=_text("DEAD_LETTER_QUEUE_URL"),
        retention_days=_number("RETENTION_DAYS"),
    )


def _text(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingMissing
    return value


def _words(name: str) -> tuple[str, ...]:
    return tuple(_text(name).split())


def _number(name: str) -> int:
    try:
        return int(_text(name))
    except ValueError as error:
        raise SettingMissing from error
