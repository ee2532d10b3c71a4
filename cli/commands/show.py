"""`hooks show`: everything about one event."""

import shlex

from botocore.exceptions import ClientError

from cli import CALLED, dead_letters, options, output
from cli.errors import explain
from cli.options import Session
from cli.reading import details, failures
from cli.reading.table import Document
from cli.stack import Stack
from justcall.event import PROCESSED, QUARANTINED, UNHANDLED

_APART = (
    "state", "body", "conflicts", "recordings", "replays", "dismissals", "dead_letter",
    "max_attempts",
)  # fmt: skip


@options.command
def show(session: Session, key: options.Key) -> None:
    """Show one event: status, times, failures, replays, dead letter, body and conflicts."""
    event = details.event(session.stack, key)
    event |= _schedule(session.stack, event)
    event["dead_letter"] = _dead_letter(session.stack, event)
    session.show(event, _print)


def _schedule(stack: Stack, event: Document) -> Document:
    try:
        return failures.schedule(stack, event)
    except ClientError as error:
        output.note(f"The next attempt is not known. {explain(error)}")
        return failures.NO_SCHEDULE


def _dead_letter(stack: Stack, event: Document) -> Document | None:
    # Only an event that some processor tried can have one.
    if event["status"] in (PROCESSED, UNHANDLED, QUARANTINED):
        return None
    try:
        return dead_letters.find(stack, event["key"])
    except ClientError as error:
        output.note(f"The dead letters are not included. {explain(error)}")
        return None


def _print(event: Document) -> None:
    _print_fields(event)
    if letter := event["dead_letter"]:
        sent = output.when(letter["sent_at"])
        _row("dead_letter", f"message {letter['message_id']}, sent {sent}")
    for one in event["recordings"]:
        _row(one["what"], place_of(one))
    for name, decisions in (("replayed", event["replays"]), ("dismissed", event["dismissals"])):
        for one in decisions:
            _row(name, f"{output.when(one['at'])}, was {one['was']}: {one['reason']}")
    output.text(f"\n{output.pretty(event['body'])}")
    for conflict in event["conflicts"]:
        short = conflict["hash"][:12]
        origin = f"{conflict['dialect']}, received {conflict['received_at']}"
        output.text(f"\nConflict {short}: another body with the same key, {output.line(origin)}")
        act = f"replay {shlex.quote(event['key'])} --conflict {short} --reason TEXT"
        output.text(f"To process it as an event of its own: {CALLED} {output.line(act)}")
        output.text(output.pretty(conflict["body"]))


def _print_fields(event: Document) -> None:
    shown = event | {"status": event["state"]}
    if event["max_attempts"]:
        shown["attempts"] = f"{event['attempts']} of {event['max_attempts']}"
    for name, value in shown.items():
        if name not in _APART and value not in (None, 0):
            _row(name, value)


def _row(name: str, value: object) -> None:
    output.text(f"{name:<17}{output.line(value)}")


def place_of(one: Document) -> str:
    """Return where a recording is kept, or why it is not, as a person reads it."""
    if one["object_key"]:
        return f"s3://{one['bucket']}/{one['object_key']}"
    return f"{one['state']}: {one['error']}"
