"""Printing events as they come, until Ctrl-C."""

import time
from collections.abc import Iterator
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from cli import output
from cli.errors import explain
from cli.options import Session
from cli.reading.events import Wanted
from cli.reading.following import Follower
from cli.reading.table import Document

# Each poll asks 16 shards of each status.
POLL_SECONDS = 2.0


def run(session: Session, wanted: Wanted) -> NoReturn:
    """Print each event when it arrives, and again when its state changes."""
    follower = Follower(session.stack, wanted)
    output.note("Waiting for events. Press Ctrl-C to end.")
    while True:
        for event in polled(follower):
            show(session, event)
        time.sleep(POLL_SECONDS)


def polled(follower: Follower) -> Iterator[Document]:
    """Yield what is new; when AWS fails, say so: the next poll returns it."""
    try:
        yield from follower.poll()
    except (ClientError, BotoCoreError) as error:
        output.note(explain(error))


def show(session: Session, event: Document) -> None:
    """Print an event as one line: of JSON if asked for."""
    if session.as_json:
        output.json_line(event)
        return
    parts = (output.when(event["received_at"]), f"{event['state']:<11}", event["key"], event["why"])
    output.text(output.line("  ".join(one for one in parts if one)))
