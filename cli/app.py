"""The program `hooks`: its commands by name, and how it ends."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import CALLED, __version__, output
from cli.commands import (
    contact,
    dlq,
    doctor,
    events,
    publish,
    replay,
    secret,
    send,
    show,
    subscriptions,
    timeline,
)
from cli.errors import EXPECTED, exit_code, explain

app = typer.Typer(
    help="Send sample events to a receiver, see what became of events, replay them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(send.send)
app.command()(events.events)
app.command()(show.show)
app.command()(timeline.timeline)
app.command()(contact.contact)
app.command()(replay.replay)
app.command()(publish.publish)
app.add_typer(dlq.app, name="dlq")
app.add_typer(secret.app, name="secret")
app.command()(subscriptions.subscribe)
app.command("subscriptions")(subscriptions.list_subscriptions)
app.command()(subscriptions.unsubscribe)
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version if asked."""
    if version:
        output.text(__version__)
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; an expected failure is one line on stderr and an exit code."""
    output.use_utf8()
    try:
        app(arguments, prog_name=CALLED)
    except EXPECTED as error:
        output.note(explain(error))
        sys.exit(exit_code(error))
