"""`hooks listen`: every event at a developer's own server, and again when a key is pressed."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import options, output, tailing
from cli.commands.events import Number, Text, wanted
from cli.errors import UsageError
from cli.forwarding import Answer, Forwarder, Parcel
from cli.keyboard import Keyboard
from cli.options import Session
from cli.reading.following import Follower
from deliveries import signature as standard_webhooks

_HELP = "Keys: r posts again what was not accepted, l posts the last again, q ends."
_MAX_FAILED = 100

Forward = Annotated[str, typer.Option(help="URL of your server, such as http://127.0.0.1:8000/.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Post each delivery as it came, signed as JustCall signs it.")
]
Secret = Annotated[
    str | None,
    typer.Option(help="Sign with this secret; default: a new whsec_… one, --raw: the stack's."),
]


@options.command
def listen(
    session: Session,
    forward: Forward,
    raw: Raw = False,
    secret: Secret = None,
    kind: options.Kind = None,
    number: Number = None,
    text: Text = None,
    since: options.Since = None,
) -> None:
    """Post each processed event to your own server as the stack's deliveries are, until Ctrl-C.

    The body is the CloudEvent, with a Standard Webhooks signature. At a terminal keys post again.
    """
    chosen = wanted(None, kind, since, number=number, text=text)
    forwarder = Forwarder(session.stack, forward, _secret(session, secret, raw=raw), raw=raw)
    follower = Follower(session.stack, chosen)
    with Keyboard() as keyboard:
        if keyboard.works:
            output.note(_HELP)
        Listening(session, forwarder, follower).run(keyboard)


def _secret(session: Session, given: str | None, *, raw: bool) -> str:
    """Return the secret to sign with; a new one is printed, because the server needs it."""
    if raw:
        return session.stack.secret if given is None else given
    if given is None:
        given = standard_webhooks.new_secret()
        output.note(f"Signed with the secret {given}")
    if not standard_webhooks.is_secret(given):
        raise UsageError("--secret: write whsec_ and the base64 of 24 to 64 bytes.")
    return given


class Listening:
    """Posts events, and remembers those that were not accepted."""

    def __init__(self, session: Session, forwarder: Forwarder, follower: Follower) -> None:
        self._session, self._forwarder, self._follower = session, forwarder, follower
        self._failed: dict[str, Parcel] = {}
        self._last: Parcel | None = None

    def run(self, keyboard: Keyboard) -> None:
        """Post what comes and what is asked for, until q or Ctrl-C."""
        while True:
            for event in tailing.polled(self._follower):
                if parcel := self._forwarder.parcel(event):
                    self._post(parcel)
            match keyboard.wait(tailing.POLL_SECONDS):
                case "q":
                    return
                case "l" if self._last:
                    self._post(self._last)
                case "r":
                    for parcel in list(self._failed.values()):
                        self._post(parcel)

    def _post(self, parcel: Parcel) -> None:
        answer = self._forwarder.post(parcel)
        self._last = parcel
        self._failed.pop(parcel.key, None)
        if not answer.accepted and len(self._failed) < _MAX_FAILED:
            self._failed[parcel.key] = parcel
        self._show(answer)

    def _show(self, answer: Answer) -> None:
        if self._session.as_json:
            output.json_line({**answer._asdict(), "accepted": answer.accepted})
            return
        at = datetime.now(UTC).strftime("%H:%M:%S")
        said = answer.status or f"no answer ({answer.error})"
        output.text(output.line(f"{at}  {said}  {answer.milliseconds} ms  {answer.key}"))
