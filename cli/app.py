"""The program `hooks`: its commands by name, and how it ends."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import CALLED, __version__, output
from cli.commands import (
    console,
    contact,
    deliveries,
    destinations,
    dismiss,
    dlq,
    doctor,
    events,
    export,
    listen,
    logs,
    missed,
    publish,
    recording,
    replay,
    secret,
    send,
    show,
    stats,
    subscriptions,
    tail,
    timeline,
    verify,
)
from cli.errors import EXPECTED, NotFoundError, explain
from cli.options import TAKES_KEYS

app = typer.Typer(
    help="Send sample events to a stack, list and show events, and replay them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(send.send)
app.command()(verify.verify)
app.command()(verify.sign)
app.command()(events.events)
app.command()(tail.tail)
app.command()(listen.listen)
app.command(context_settings=TAKES_KEYS)(show.show)
app.command()(timeline.timeline)
app.command()(contact.contact)
app.command(context_settings=TAKES_KEYS)(recording.recording)
app.command()(console.console)
app.command()(missed.missed)
app.command()(stats.stats)
app.command()(export.export)
app.command()(logs.refused)
app.command(context_settings=TAKES_KEYS)(logs.logs)
app.command(context_settings=TAKES_KEYS)(replay.replay)
app.command(context_settings=TAKES_KEYS)(publish.publish)
app.command(context_settings=TAKES_KEYS)(dismiss.dismiss)
app.add_typer(dlq.app, name="dlq")
app.add_typer(destinations.app, name="destinations")
app.command()(deliveries.deliveries)
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
    if arguments is None:  # in UTF-8 too, whatever the locale
        arguments = [os.fsencode(one).decode(errors="replace") for one in sys.argv[1:]]
    try:
        app(arguments, prog_name=CALLED)
    except EXPECTED as error:
        output.note(explain(error))
        sys.exit(1 if isinstance(error, NotFoundError) else 2)
