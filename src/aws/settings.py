"""The deployment's settings; the only reader of the environment."""

import os
from typing import NamedTuple

from errors import SettingMissing


class HandlerSettings(NamedTuple):
    """The handler's settings, from the template."""

    events_table: str
    secret_arn: str
    queue_url_prefix: str
    retention_days: int
    dialects: frozenset[str]
    urls: tuple[str, ...]
    past_seconds: int
    future_seconds: int


class ProcessorSettings(NamedTuple):
    """A processor's settings, from the template; `max_receives` is its queue's maxReceiveCount."""

    events_table: str
    max_receives: int
    retention_days: int


class SweeperSettings(NamedTuple):
    """The sweeper's settings, from the template."""

    events_table: str
    queue_url_prefix: str
    dead_letter_queue_url: str
    retention_days: int


class PublisherSettings(NamedTuple):
    """The publisher's settings, from the template."""

    events_table: str
    event_bus: str
    retention_days: int


class TimerSettings(NamedTuple):
    """What the template tells the timer of the deliveries."""

    events_table: str
    queue_url: str
    retention_days: int


class DelivererSettings(NamedTuple):
    """What the template tells the sender; `networks` are private ones that it may send to."""

    events_table: str
    queue_url: str
    retention_days: int
    secret_arn: str
    networks: str
    http_to_loopback: bool


class NotifierSettings(NamedTuple):
    """What the template tells the notifier; `hourly` means by a digest, else at once."""

    events_table: str
    topic_arn: str
    retention_days: int
    hourly: bool
    with_content: bool


class ArchiverSettings(NamedTuple):
    """The archiver's settings, from the template; `hosts` are those that it may download from."""

    events_table: str
    event_bus: str
    bucket: str
    queue_url: str
    hosts: str
    expiry_days: int
    http_to_loopback: bool


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


def consent_words() -> tuple[str, str, str]:
    """Return the deployment's words of `justcall.consent.Words`, each list empty for ours."""
    return (
        _optional("OPT_OUT_WORDS"),
        _optional("OPT_IN_WORDS"),
        _optional("OPT_IN_AFTER_OPT_OUT_WORDS"),
    )


def sweeper_settings() -> SweeperSettings:
    """Read the sweeper's settings. Raises SettingMissing."""
    return SweeperSettings(
        events_table=_text("EVENTS_TABLE"),
        queue_url_prefix=_text("QUEUE_URL_PREFIX"),
        dead_letter_queue_url=_text("DEAD_LETTER_QUEUE_URL"),
        retention_days=_number("RETENTION_DAYS"),
    )


def publisher_settings() -> PublisherSettings:
    """Read the publisher's settings. Raises SettingMissing."""
    return PublisherSettings(
        events_table=_text("EVENTS_TABLE"),
        event_bus=_text("EVENT_BUS"),
        retention_days=_number("RETENTION_DAYS"),
    )


def timer_settings() -> TimerSettings:
    """Read the settings of the deliveries' timer. Raises SettingMissing."""
    return TimerSettings(
        events_table=_text("EVENTS_TABLE"),
        queue_url=_text("DELIVERIES_QUEUE_URL"),
        retention_days=_number("RETENTION_DAYS"),
    )


def deliverer_settings() -> DelivererSettings:
    """Read the sender's settings. Raises SettingMissing."""
    return DelivererSettings(
        *timer_settings(),
        secret_arn=_text("DELIVERY_SECRET_ARN"),
        networks=_optional("DELIVERY_NETWORKS"),
        http_to_loopback=_optional("HTTP_TO_LOOPBACK") == "yes",
    )


def notifier_settings() -> NotifierSettings:
    """Read the notifier's settings. Raises SettingMissing."""
    return NotifierSettings(
        events_table=_text("EVENTS_TABLE"),
        topic_arn=_text("NOTICE_TOPIC"),
        retention_days=_number("RETENTION_DAYS"),
        hourly=_text("NOTICES") == "hourly",
        with_content=_text("NOTICE_CONTENT") == "on",
    )


def archiver_settings() -> ArchiverSettings:
    """Read the archiver's settings. Raises SettingMissing."""
    return ArchiverSettings(
        events_table=_text("EVENTS_TABLE"),
        event_bus=_text("EVENT_BUS"),
        bucket=_text("RECORDINGS_BUCKET"),
        queue_url=_text("RECORDINGS_QUEUE_URL"),
        hosts=_text("RECORDING_HOSTS"),
        expiry_days=_number("RECORDING_EXPIRY_DAYS"),
        http_to_loopback=_optional("HTTP_TO_LOOPBACK") == "yes",
    )


def _text(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingMissing
    return value


def _optional(name: str) -> str:
    return os.environ.get(name, "")


def _words(name: str) -> tuple[str, ...]:
    return tuple(_text(name).split())


def _number(name: str) -> int:
    try:
        return int(_text(name))
    except ValueError as error:
        raise SettingMissing from error


class Account(NamedTuple):
    """AWS credentials and region; `token` is empty for a key that is not temporary."""

    key_id: str
    secret: str
    token: str
    region: str


# Options of a connection to AWS that only botocore supports.
_NEEDS_BOTOCORE = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)


def account() -> Account | None:
    """Return the credentials and the region in the environment, where Lambda puts them.

    None if one is missing, or if the environment sets an option that only botocore supports.
    """
    candidate = Account(
        os.environ.get("AWS_ACCESS_KEY_ID", ""),
        os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        os.environ.get("AWS_SESSION_TOKEN", ""),
        os.environ.get("AWS_DEFAULT_REGION", "") or os.environ.get("AWS_REGION", ""),
    )
    complete = candidate.key_id and candidate.secret and candidate.region
    return None if not complete or any(map(os.environ.get, _NEEDS_BOTOCORE)) else candidate


def is_lean() -> bool:
    """Return whether this is the handler's process and it needs no botocore.

    Lambda sets `_HANDLER`. Elsewhere the answer is no, which costs time and nothing else.
    """
    return os.environ.get("_HANDLER", "").startswith("handler.") and account() is not None


def endpoint(service: str) -> str:
    """Return the URL that the environment sets for a service, empty for AWS's own."""
    return os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL", "")


def ca_bundle() -> str | None:
    """Return the file of certificates to trust instead of the system's."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or None


def trace() -> str:
    """Return this invocation's trace, which Lambda sets anew each time; empty elsewhere."""
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    return os.environ.get("_X_AMZN_TRACE_ID", "") if in_lambda else ""


def service_name() -> str:
    """Return the metrics' dimension `service`, by Powertools' name."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "service_undefined")


def namespace() -> str:
    """Return the metrics' namespace, by Powertools' name."""
    return os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "")
