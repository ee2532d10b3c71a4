"""`hooks tail`: events as they come."""

from cli import options, tailing
from cli.commands.events import Number, Status, Text, wanted
from cli.options import Session


@options.command
def tail(
    session: Session,
    status: Status = None,
    kind: options.Kind = None,
    number: Number = None,
    text: Text = None,
    since: options.Since = None,
) -> None:
    """Print each event when it arrives and when its state changes, until Ctrl-C.

    With --json each is one line of JSON, as in `hooks events --json`.
    """
    tailing.run(session, wanted(status, kind, since, number=number, text=text))
