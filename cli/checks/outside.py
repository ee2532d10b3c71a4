"""Checks from outside: how the receiver answers, and whether one event is processed."""

import secrets
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from cli import samples
from cli.checks.finding import OK, WARN, WRONG, Check, Deployment, Result
from cli.reading import table
from cli.send import body_signed, key_of
from ledger import schema
from local.post import Receiver

# Reserved for fiction: nobody's timeline is touched.
NUMBER = "+12025550142"
KIND = "contact.created"
PROCESSED_SECONDS = 60.0
_POLL_SECONDS = 0.25
_SKEW_SECONDS, _LARGE_SKEW_SECONDS = 5.0, 120.0


def _reachable(at: Deployment) -> Result:
    status = _look(at).status
    if status == 200:
        return OK, f"{at.stack.webhook_url} answers 200", None
    return WRONG, f"{at.stack.webhook_url} answers {status} to GET", at.redeploy


def _skew(at: Deployment) -> Result:
    date = _look(at).headers.get("date")
    if not date:
        return WARN, "the receiver sends no Date", None
    ahead = at.clock() - parsedate_to_datetime(date).timestamp()
    if abs(ahead) <= _SKEW_SECONDS:
        return OK, "this machine and the receiver agree", None
    verdict = WARN if abs(ahead) <= _LARGE_SKEW_SECONDS else WRONG
    order = "ahead of" if ahead > 0 else "behind"
    return verdict, f"this machine is {abs(ahead):.0f} s {order} the receiver", "timedatectl"


def _refused(at: Deployment, secret: str | None) -> Result:
    status = _post(at, samples.fresh("call.completed", []), secret)
    if status == 401:
        return OK, "401, no effect", None
    if status == 503:
        what = "503: signatures can't be checked now"
        return WARN, what, at.hooks("secret show")
    return WRONG, f"answered {status} instead of 401", at.redeploy


def _processed(at: Deployment) -> Result:
    """Send an event of a fictional contact, wait until it is processed, and remove it."""
    settings = [f'data.phone="{NUMBER}"', 'data.first_name="hooks"', 'data.last_name="doctor"']
    body = samples.fresh(KIND, settings)
    started = at.clock()
    status = _post(at, body, at.stack.secret)
    if status != 200:
        what = f"answered {status} instead of 200"
        return WRONG, what, at.hooks("secret show")
    key = key_of(body) or ""
    became = _wait(at, key)
    seconds = at.clock() - started
    if became != "processed":
        # Not removed: its message may still be processed.
        return WRONG, f"{became} after {seconds:.0f} s: {key}", at.hooks(f"show {key}")
    left = _remove(at, key)
    if left:
        return WARN, f"processed, but {left} of its items could not be removed", None
    return OK, f"processed after {seconds:.1f} s, and removed", None


def _not_utf8(at: Deployment) -> Result:
    """Send signed bytes that are not UTF-8 as JSON: does API Gateway hand them over unaltered?"""
    body = b'{"hooks": "doctor \xff ' + secrets.token_hex(4).encode() + b'"}'
    status = _post(at, body, at.stack.secret)
    if status == 401:
        return OK, "401, no effect: API Gateway alters such bytes. JustCall sends UTF-8", None
    if status != 200:
        return WARN, f"answered {status} instead of 200 or 401", at.hooks("secret show")
    left = _remove(at, key_of(body) or "")
    if left:
        return WARN, f"quarantined, but {left} of its items could not be removed", None
    return OK, "quarantined, and removed: API Gateway does not alter such bytes", None


def _look(at: Deployment) -> Any:
    with Receiver(at.stack.webhook_url) as receiver:
        return receiver.look("GET")


def _post(at: Deployment, body: bytes, secret: str | None) -> int:
    with Receiver(at.stack.webhook_url) as receiver:
        return receiver.post(body, body_signed(body, secret)).status


def _wait(at: Deployment, key: str) -> str:
    """Return the event's status once it is final, or after a minute."""
    end = at.clock() + PROCESSED_SECONDS
    while True:
        items = table.ledger_items(at.stack, key)
        status: str = items[0]["status"]["S"] if items else "not on the ledger"
        if status in ("processed", "failed", "stuck") or at.clock() >= end:
            return status
        at.sleep(_POLL_SECONDS)


def _remove(at: Deployment, key: str) -> int:
    """Delete an event, and with it its timeline entry; return how many items are left."""
    client, name = at.stack.client("dynamodb"), schema.event_partition(key)
    for item in table.partition(at.stack, name):
        where = {"pk": item["pk"], "sk": item["sk"]}
        client.delete_item(TableName=at.stack.events_table, Key=where)
    return len(table.partition(at.stack, name))


CHECKS: Mapping[str, Check] = {
    "reachable": (_reachable, ""),
    "clock": (_skew, ""),
    "unsigned refused": (lambda at: _refused(at, None), ""),
    "forged refused": (lambda at: _refused(at, "not JustCall's secret"), ""),
    "not UTF-8": (_not_utf8, "secret show"),
    "signed processed": (_processed, "send call.completed"),
}
