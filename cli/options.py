"""What several commands have in common: their options, and how these are read."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli import CALLED
from cli.errors import UsageError
from cli.samples import EVENTS
from justcall.catalogue import KINDS, module_name

StackName = Annotated[
    str | None, typer.Option("--stack", help="A deployed stack's name; else the local stack.")
]
Region = Annotated[str | None, typer.Option(help="With --stack: its region.")]
Profile = Annotated[str | None, typer.Option(help="With --stack: the AWS profile to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document (docs/cli.md).")]
Kind = Annotated[str | None, typer.Option(help="Only this type, for example sms.sent.")]
Since = Annotated[
    str | None, typer.Option(help="90s, 15m, 2h, 3d ago, or an ISO time (UTC if it says nothing).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def api_key(help_text: str) -> Any:
    """Return the option that holds JustCall's API key."""
    return typer.Option(envvar="JUSTCALL_API_KEY", show_envvar=True, help=help_text)


def moment(since: str | None) -> datetime | None:
    """Return the moment in UTC. Raises UsageError."""
    if since is None:
        return None
    ago = _AGO.fullmatch(since)
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        read = datetime.fromisoformat(since)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # no time, or one before the year 1
        raise UsageError(f"--since {since}: write 90s, 15m, 2h, 3d or an ISO time") from error


def span(option: str, text: str) -> float:
    """Return the seconds that `24h` stands for. Raises UsageError."""
    read = _AGO.fullmatch(text)
    try:
        if read:
            return timedelta(**{_UNITS[read[2]]: int(read[1])}).total_seconds()
    except OverflowError:
        pass
    raise UsageError(f"{option} {text}: write 0s, 90m, 24h or 7d")


def known_kind(text: str) -> str:
    """Return the kind that `call.completed` or `call_completed` names. Raises UsageError."""
    kind = any_type(text)
    if kind not in KINDS:
        raise UsageError(f"no kind {text}; there are {', '.join(KINDS)}")
    return kind


def url_signed_type(text: str) -> str:
    """Return the file name of a url-signed type's sample. Raises UsageError."""
    name = f"url_{module_name(text)}"
    if not (EVENTS / f"{name}.json").is_file():
        raise UsageError(f"no url-signed type {text}; events/README.md lists them")
    return name


def any_type(text: str) -> str:
    """Return the kind that `call_completed` names, any other text as it is.

    Events of other types than our kinds are kept too, so one can look for any.
    """
    return next((kind for kind in KINDS if text == module_name(kind)), text)


def why_none(status: str | None, kind: str | None, since: datetime | None) -> str:
    """Return what to say when there are no such events."""
    if not (status or kind or since):
        return f"no events; send one: {CALLED} send call.completed"
    if kind and kind not in KINDS:
        return f"none fit; {kind} is no kind with a processor: {', '.join(KINDS)}"
    return "none fit"
