"""Registering a URL with JustCall: the existing subscriptions are read first, then changed."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from cli.errors import UsageError
from cli.justcall_api import Api, RefusedError, UncertainError, Webhook
from cli.samples import is_url_signed
from justcall import catalogue

# JustCall's whole list of url-signed types; each has a sample.
TYPES = tuple(one for one in catalogue.TYPES if is_url_signed(one))
SUBSCRIBED, ALREADY, REMOVED = "subscribed", "already", "removed"
FAILED, NOT_THERE = "failed", "not there"
_BACKOFF_SECONDS = (1.0, 3.0)
_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
# JavaScript, Python and PHP encode these differently, and the signature covers the encoded URL.
_AMBIGUOUS = re.compile(r"[!'()* ]")


class Outcome(NamedTuple):
    """The result for one type, or in a dry run the expected one; `note` is the reason."""

    type: str
    outcome: str
    note: str | None = None


def read_types(text: str | None) -> tuple[str, ...]:
    """Return the types that `a,b,c` names, every known one without a text. Raises UsageError."""
    if text is None:
        return TYPES
    types = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    wrong = [one for one in types if not _TYPE.fullmatch(one)]
    if wrong or not types:
        raise UsageError(f"--types {text}: write for example call.completed,sms.sent.")
    return types


def check_url(url: str) -> None:
    """Raise UsageError unless JustCall can post to it and signatures for it can be checked."""
    try:
        where = parse_url(url)
    except LocationParseError as error:
        raise UsageError(f"{url} is not a URL.") from error
    host = where.host or ""
    if where.scheme != "https" or host in ("", "localhost") or host.endswith(".localhost"):
        raise UsageError(
            f"JustCall can't post to {url}. Name a deployed --stack, or an https --url."
        )
    if _AMBIGUOUS.search(url):
        raise UsageError(f"{url} contains one of !'()* or a space. Its signatures are ambiguous.")


def subscribe(api: Api, types: Sequence[str], url: str, *, dry_run: bool) -> Iterator[Outcome]:
    """Register the URL for each type that is missing; yield each outcome."""
    registered = [one.type for one in api.webhooks() if one.url == url]
    for event_type in types:
        times = registered.count(event_type)
        if times:
            yield Outcome(event_type, ALREADY, f"{times} times" if times > 1 else None)
        elif dry_run:
            yield Outcome(event_type, SUBSCRIBED)
        else:
            yield _subscribe(api, event_type, url)


def unsubscribe(
    api: Api, types: Sequence[str] | None, url: str, *, dry_run: bool
) -> Iterator[Outcome]:
    """Remove the URL, and no other, from these types, or from all; yield each outcome."""
    webhooks = api.webhooks()
    own = [one for one in webhooks if one.url == url and (types is None or one.type in types)]
    # An id that also stands for other subscriptions is not removed.
    others = {one.id for one in webhooks if one not in own}
    for one in own:
        if one.id in others:
            yield Outcome(one.type, FAILED, f"its id {one.id} also stands for others")
        else:
            yield Outcome(one.type, REMOVED) if dry_run else _unsubscribe(api, one)
    for event_type in types or ():
        if not any(one.type == event_type for one in own):
            yield Outcome(event_type, NOT_THERE)


def missing(webhooks: Sequence[Webhook], url: str, types: Sequence[str] = TYPES) -> list[str]:
    """Return the types that JustCall does not send to the URL."""
    registered = {one.type for one in webhooks if one.url == url}
    return [one for one in types if one not in registered]


def _subscribe(api: Api, event_type: str, url: str) -> Outcome:
    """Register one type; after an unclear failure, read the list before a retry."""
    for seconds in (*_BACKOFF_SECONDS, None):
        try:
            api.subscribe(event_type, url)
        except RefusedError as error:
            return Outcome(event_type, FAILED, str(error))
        except UncertainError as error:
            failure = str(error)
        else:
            return Outcome(event_type, SUBSCRIBED)
        if seconds is not None:
            api.wait(seconds, failure)
        if not missing(api.webhooks(), url, (event_type,)):
            return Outcome(event_type, SUBSCRIBED)
    return Outcome(event_type, FAILED, failure)


def _unsubscribe(api: Api, webhook: Webhook) -> Outcome:
    try:
        api.unsubscribe(webhook.id)
    except RefusedError as error:
        return Outcome(webhook.type, FAILED, str(error))
    return Outcome(webhook.type, REMOVED)
